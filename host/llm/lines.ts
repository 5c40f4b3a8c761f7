/**
 * Cuts a stream of bytes into lines, whatever the chunks look like.
 *
 * Owns the decoding: a UTF-8 character may be split between chunks. `\n`, `\r\n` and a lone `\r` end a line.
 * Refuses a line without end.
 */
import { HostError } from "#host/base/errors.ts";
import { MODEL } from "#host/base/limits.ts";

export interface LineCutter {
  /** The lines that this chunk completes, without their ends. */
  push(chunk: Uint8Array): string[];
  /** What stood after the last line end; empty if nothing did. */
  end(): string;
}

export function createLineCutter(maxChars: number = MODEL.maxLineChars): LineCutter {
  const decoder = new TextDecoder();
  let rest = "";
  return {
    push(chunk) {
      const text = decoder.decode(chunk, { stream: true });
      if (!/[\r\n]/.test(text) && !rest.endsWith("\r")) {
        rest += text;
        if (rest.length > maxChars) throw tooLong(maxChars);
        return [];
      }
      const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      return lines;
    },
    end() {
      const last = rest + decoder.decode();
      rest = "";
      return last.endsWith("\r") ? last.slice(0, -1) : last;
    },
  };
}

function tooLong(maxChars: number): HostError {
  return new HostError("model.broken", `The model server sent a line of more than ${maxChars} characters`);
}
