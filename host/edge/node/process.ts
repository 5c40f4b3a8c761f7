/**
 * `node:process` and the global `process`: neutral answers. There is no environment, no arguments, no exit.
 *
 * It says that it is Node, since libraries that ask take their Node path, which the shims are for.
 */
import EventEmitter from "node:events";
import { absent } from "./absent.ts";

const NANOSECONDS = 1e9;
const VERSION = "26.0.0";

function nextTick(callback: (...args: unknown[]) => void, ...args: unknown[]): void {
  queueMicrotask(() => callback(...args));
}

function hrtime(since?: readonly [number, number]): [number, number] {
  const now = BigInt(Math.round(performance.now() * 1e6));
  const then = since === undefined ? 0n : BigInt(since[0]) * BigInt(NANOSECONDS) + BigInt(since[1]);
  const passed = now - then;
  return [Number(passed / BigInt(NANOSECONDS)), Number(passed % BigInt(NANOSECONDS))];
}

/** What a program writes to its output is a line on the plugin's console. */
function output(fd: number, write: (line: string) => void) {
  return Object.assign(new EventEmitter(), {
    fd,
    isTTY: false,
    writable: true,
    write(chunk: unknown, ...rest: unknown[]): boolean {
      write(String(chunk).replace(/\n$/, ""));
      const done = rest.find((each) => typeof each === "function");
      if (done !== undefined) nextTick(done as () => void);
      return true;
    },
    end(): void {},
  });
}

function emitWarning(warning: unknown): void {
  console.warn(String(warning));
}

const exit = absent("process.exit", "a plugin ends when its host ends it");

export default Object.assign(new EventEmitter(), {
  title: "plugin",
  // Libraries that look for Node's name find it; the machine's own they do not.
  platform: "linux",
  arch: "x64",
  version: `v${VERSION}`,
  versions: { node: VERSION },
  release: { name: "node" },
  pid: 1,
  ppid: 0,
  argv: ["node", "/plugin.js"],
  argv0: "node",
  execArgv: [] as string[],
  execPath: "/node",
  exitCode: undefined,
  env: {} as Record<string, string>,
  features: {},
  config: {},
  browser: false,
  nextTick,
  hrtime: Object.assign(hrtime, { bigint: () => BigInt(Math.round(performance.now() * 1e6)) }),
  uptime: () => performance.now() / 1_000,
  cwd: () => "/",
  chdir: absent("process.chdir", "it has no folders"),
  umask: () => 0o022,
  memoryUsage: Object.assign(() => ({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 }), {
    rss: () => 0,
  }),
  cpuUsage: () => ({ user: 0, system: 0 }),
  emitWarning,
  exit,
  abort: exit,
  kill: absent("process.kill", "it has no processes"),
  binding: absent("process.binding", "it has no native modules"),
  dlopen: absent("process.dlopen", "it has no native modules"),
  getBuiltinModule: () => undefined,
  stdin: Object.assign(new EventEmitter(), { fd: 0, isTTY: false }),
  stdout: output(1, (line) => console.log(line)),
  stderr: output(2, (line) => console.error(line)),
});
