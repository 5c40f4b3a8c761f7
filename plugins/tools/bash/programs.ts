/**
 * Real programs as commands of the shell: those that the owner lists, each run by the host in a sandbox of its own.
 *
 * No shell reads their arguments: what the script's own parser made of them is the argv. They see the workspace where
 * the script stands in it. Output comes as it is written, and no more of it is kept than the shell may hold.
 */
import type { PluginCommands } from "openclaw/sdk";
import { defineCommand } from "just-bash/browser";
import { MOUNT } from "./mount.ts";

type Command = ReturnType<typeof defineCommand>;

export interface ProgramsDeps {
  readonly commands: PluginCommands;
  readonly signal: AbortSignal;
  /** Told of output as it comes. */
  readonly onOutput: (text: string) => void;
}

/** As a shell ends for what it may not run, and for what it cannot find. */
const REFUSED = 126;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/** The names in the settings' list. */
export function programNames(listed: unknown): string[] {
  if (!Array.isArray(listed)) return [];
  const names = listed.flatMap((text) => (typeof text === "string" ? [text.split(" ")[0] ?? ""] : []));
  return [...new Set(names)].filter((name) => name !== "");
}

export function createPrograms(names: readonly string[], deps: ProgramsDeps): Command[] {
  return names.map((name) =>
    defineCommand(name, async (args, { cwd, stdin }) => {
      const folder = folderOf(cwd);
      if (folder === null) return failed(`${name}: runs in ${MOUNT} only, not in ${cwd}`);
      const own = args.map((arg) => ownPath(arg, cwd));
      try {
        return await run(name, own, { cwd: folder, stdin: bytesOf(String(stdin)) }, deps);
      } catch (thrown) {
        if (deps.signal.aborted) throw thrown;
        const { message, fix } = thrown as { message: string; fix?: string };
        return failed(fix === undefined ? message : `${message}. ${fix}`);
      }
    }),
  );
}

async function run(
  name: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly stdin: Uint8Array },
  { commands, signal, onOutput }: ProgramsDeps,
) {
  const texts = { stdout: "", stderr: "" };
  const decoder = new TextDecoder();
  for await (const event of commands.stream(name, args, { ...options, signal })) {
    if (event.type === "exit")
      return { ...texts, stderr: utf8(texts.stderr), exitCode: event.exitCode, stdoutKind: "bytes" as const };
    if (texts.stdout.length + texts.stderr.length + event.bytes.length > MAX_OUTPUT_BYTES) {
      return failed(`${name}: ended, since it wrote more than ${MAX_OUTPUT_BYTES} bytes. Write to a file`);
    }
    texts[event.type] += latin1(event.bytes);
    onOutput(decoder.decode(event.bytes, { stream: true }));
  }
  return failed(`${name}: its output broke off`);
}

/** In the host's terms; null outside of the workspace. */
function folderOf(cwd: string): string | null {
  if (cwd === MOUNT) return "$WORKSPACE";
  return cwd.startsWith(`${MOUNT}/`) ? `$WORKSPACE${cwd.slice(MOUNT.length)}` : null;
}

/** The workspace lies elsewhere for a real program: what is named by its absolute path is named from where it runs. */
function ownPath(arg: string, cwd: string): string {
  if (arg !== MOUNT && !arg.startsWith(`${MOUNT}/`)) return arg;
  const up = cwd
    .slice(MOUNT.length)
    .split("/")
    .filter(Boolean)
    .map(() => "..");
  const down = arg.slice(MOUNT.length).split("/").filter(Boolean);
  return [...up, ...down].join("/") || ".";
}

function failed(text: string) {
  return { stdout: "", stderr: `${text}\n`, exitCode: REFUSED };
}

/** The shell's own bytes: one character each. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function utf8(text: string): string {
  return new TextDecoder().decode(bytesOf(text));
}
