/** `ctx.commands`: the broker's `command.run` as the methods that a plugin author sees. */
import { joinBytes } from "./bytes.ts";
import { readRecords } from "./command-records.ts";
import { performEffect } from "./effect.ts";
import type { CommandOptions, PluginCommands } from "#host/sdk/commands.ts";
import type { ByteSource } from "./outgoing.ts";

const MAX_OUTPUT_BYTES = 1024 * 1024;

export function createCommands(signal: AbortSignal): PluginCommands {
  const stream: PluginCommands["stream"] = async function* (command, args = [], options = {}) {
    const body = inputOf(options);
    const { cwd } = options;
    const reply = await performEffect({
      request: {
        kind: "command.run",
        command: String(command),
        args: [...args].map(String),
        env: Object.fromEntries(
          Object.entries(options.env ?? {}).map(([name, value]) => [name, String(value)]),
        ),
        ...(cwd === undefined ? {} : { cwd: String(cwd) }),
        hasStdin: body !== null,
      },
      body,
      signal: options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]),
      errorKind: Error,
    });
    if (reply.body !== null) yield* readRecords(reply.body);
  };

  return {
    stream,
    async run(command, args, { maxOutputBytes = MAX_OUTPUT_BYTES, ...options } = {}) {
      const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
      let bytes = 0;
      for await (const event of stream(command, args, options)) {
        if (event.type === "exit")
          return { exitCode: event.exitCode, stdout: textOf(parts.stdout), stderr: textOf(parts.stderr) };
        bytes += event.bytes.byteLength;
        if (bytes > maxOutputBytes) throw tooLarge(command, maxOutputBytes);
        parts[event.type].push(event.bytes);
      }
      throw new Error(`Cannot tell how "${command}" ended: its output broke off`);
    },
  };
}

function inputOf({ stdin }: CommandOptions): ByteSource | null {
  return typeof stdin === "string" ? new TextEncoder().encode(stdin) : (stdin ?? null);
}

function textOf(parts: readonly Uint8Array[]): string {
  return new TextDecoder().decode(joinBytes(parts));
}

function tooLarge(command: string, limit: number): Error {
  const message = `Cannot run "${command}" to its end: it wrote more than ${limit} bytes`;
  return Object.assign(new Error(message), {
    code: "too-large",
    fix: "Raise maxOutputBytes, or use ctx.commands.stream",
  });
}
