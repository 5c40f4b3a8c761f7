/**
 * Every module of Node.js and what an isolate has of it, as data: for the bundler, the documentation and the tests.
 *
 * `full`: what a library uses is there. `partial`: the note says what is not. `throws`: a library that imports it loads, and
 * what it calls throws with the note; a plugin's own import of it is refused with the note when it is bundled.
 */

export interface NodeModule {
  /** Without `node:`. */
  readonly name: string;
  readonly state: "full" | "partial" | "throws";
  /** What is missing and what to use instead; empty for `full`. */
  readonly note: string;
  /** Known by `node:` alone; without it the name is a package's. */
  readonly prefixOnly?: true;
}

const full = (name: string): NodeModule => ({ name, state: "full", note: "" });
const partial = (name: string, note: string): NodeModule => ({ name, state: "partial", note });
const throws = (name: string, note: string): NodeModule => ({ name, state: "throws", note });

const prefixed = (module: NodeModule): NodeModule => ({ ...module, prefixOnly: true });

const commands = "declare a command and use ctx.commands";
const sockets = "an isolate has no sockets of its own: use fetch, WebSocket or ctx.net";
const oneThread = "an isolate is one thread and one program";
const noInspector = "nothing can look into an isolate from within";
const noNames = "the broker looks names up when it connects";
const bundled = "all code is bundled when the plugin is installed";

export const NODE_MODULES: readonly NodeModule[] = [
  partial("assert", "no CallTracker; loose equality in depth is strict"),
  partial("assert/strict", "as node:assert"),
  partial("async_hooks", "createHook never calls back; AsyncLocalStorage and AsyncResource are whole"),
  partial("buffer", "no transcode, no resolveObjectURL"),
  throws("child_process", `it cannot start programs: ${commands}`),
  throws("cluster", oneThread),
  partial("console", "no Console class"),
  full("constants"),
  partial(
    "crypto",
    "no certificates, no finite-field Diffie-Hellman, no DSA, no keys under a passphrase, no engines",
  ),
  throws("dgram", sockets),
  full("diagnostics_channel"),
  throws("dns", noNames),
  throws("dns/promises", noNames),
  throws("domain", "it is deprecated in Node.js"),
  full("events"),
  prefixed(throws("ffi", "it has no native code")),
  partial(
    "fs",
    "the plugin's own small file tree, in its storage and below /tmp in memory; Sync functions below /tmp alone; no links, no watching, no descriptors",
  ),
  partial("fs/promises", "as node:fs"),
  partial("http", "a client over fetch, its body sent when it ends; it cannot listen"),
  throws("http2", sockets),
  partial("https", "as node:http"),
  throws("inspector", noInspector),
  throws("inspector/promises", noInspector),
  partial("module", `createRequire gives a require that finds nothing: ${bundled}`),
  throws("net", sockets),
  partial("os", "neutral answers, the same on every machine"),
  full("path"),
  full("path/posix"),
  throws("path/win32", "paths are those of POSIX"),
  partial("perf_hooks", "no histograms, no event loop figures"),
  partial("process", "neutral answers; no environment, no exit, no signals"),
  full("punycode"),
  full("querystring"),
  throws("readline", "it has no terminal"),
  throws("readline/promises", "it has no terminal"),
  throws("repl", "it has no terminal"),
  prefixed(throws("sea", oneThread)),
  prefixed(throws("sqlite", "it has no files: use ctx.storage")),
  partial("stream", "readable-stream 4"),
  full("stream/consumers"),
  full("stream/promises"),
  partial("stream/web", "the isolate's own web streams"),
  partial("string_decoder", "no base64url"),
  partial("sys", "as node:util"),
  prefixed(throws("test", "tests run outside: openclaw plugin test")),
  prefixed(throws("test/reporters", "tests run outside: openclaw plugin test")),
  full("timers"),
  full("timers/promises"),
  throws("tls", sockets),
  throws("trace_events", noInspector),
  partial("tty", "nothing is a terminal"),
  full("url"),
  partial("util", "no parseArgs, MIMEType, system errors, call sites; isProxy is always false"),
  partial("util/types", "isProxy and isExternal are always false"),
  throws("v8", "it cannot look at its engine: use structuredClone in place of serialize"),
  throws("vm", "it is one realm; code from text needs eval"),
  throws("wasi", "it has no system interface"),
  partial("worker_threads", "this is the main thread, and there is no other"),
  partial("zlib", "no Zstandard, no params, no reset"),
];

/** npm packages that hold sockets of Node's, and what stands in their place. */
export interface ReplacedPackage {
  readonly name: string;
  /** The shim's file, without ending. */
  readonly file: string;
  readonly note: string;
}

export const PACKAGES: readonly ReplacedPackage[] = [
  { name: "ws", file: "package-ws", note: "over the isolate's WebSocket; no servers" },
  {
    name: "undici",
    file: "package-undici",
    note: "over the isolate's fetch and WebSocket; dispatchers are not asked",
  },
];
