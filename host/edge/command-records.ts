/** The records in which a command's output comes (`CommandRunEffect`), as events. */
import { joinBytes } from "./bytes.ts";
import type { CommandRecords } from "#host/base/effect.ts";
import type { CommandEvent } from "#host/sdk/commands.ts";

const RECORDS: CommandRecords = { stdout: 1, stderr: 2, exit: 3 };
const HEADER_BYTES = 5;

/** A long record is given in pieces, as they come; only the last, `exit`, is waited for as a whole. */
export async function* readRecords(body: AsyncIterable<Uint8Array>): AsyncGenerator<CommandEvent, void> {
  let held: Uint8Array = new Uint8Array(0);
  let kind = 0;
  /** What is left of the record that is being read; zero between two. */
  let left = 0;
  for await (const chunk of body) {
    held = held.byteLength === 0 ? chunk : joinBytes([held, chunk]);
    for (;;) {
      if (left === 0) {
        if (held.byteLength < HEADER_BYTES) break;
        const view = new DataView(held.buffer, held.byteOffset);
        kind = view.getUint8(0);
        left = view.getUint32(1, true);
        held = held.subarray(HEADER_BYTES);
      }
      if (kind === RECORDS.exit || held.byteLength === 0) break;
      const bytes = held.subarray(0, left);
      left -= bytes.byteLength;
      held = held.subarray(bytes.byteLength);
      yield { type: kind === RECORDS.stdout ? "stdout" : "stderr", bytes };
    }
  }
  // Given once the stream has ended: whoever leaves the loop here gives nothing up any more.
  if (kind === RECORDS.exit) yield { type: "exit", exitCode: exitCodeOf(held) };
}

function exitCodeOf(bytes: Uint8Array): number {
  return (JSON.parse(new TextDecoder().decode(bytes)) as { exitCode: number }).exitCode;
}
