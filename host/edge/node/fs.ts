/**
 * `node:fs`: a plugin's own small file tree, below `/tmp` in memory, elsewhere in its storage.
 *
 * Functions that end with `Sync` work below `/tmp` and throw elsewhere: storage is the host's, and takes a while. Not
 * there: links, watching, descriptors. The owner's files are behind `ctx.files`, not here.
 */
import promises from "node:fs/promises";
import { absent } from "./absent.ts";
import { calls } from "./fs-calls.ts";
import { runAtOnce, type Operation } from "./fs-store.ts";
import { createStreams } from "./fs-streams.ts";

type Call = (...args: unknown[]) => Operation<unknown>;
type Callback = (error: unknown, value?: unknown) => void;
const names = Object.keys(calls) as (keyof typeof calls)[];

const sync = Object.fromEntries(
  names.map((name) => [`${name}Sync`, (...args: unknown[]) => runAtOnce((calls[name] as Call)(...args))]),
);

const withCallback = Object.fromEntries(
  names.map((name) => [
    name,
    (...args: unknown[]) => {
      const done = args.pop() as Callback;
      const promise = (promises[name] as unknown as (...given: unknown[]) => Promise<unknown>)(...args);
      promise.then(
        (value) => queueMicrotask(() => done(null, value)),
        (error: unknown) => queueMicrotask(() => done(error)),
      );
    },
  ]),
);

function existsSync(path: unknown): boolean {
  try {
    runAtOnce(calls.access(path));
    return true;
  } catch (thrown) {
    if ((thrown as { code?: string }).code === "ENOSYS") throw thrown;
    return false;
  }
}

const descriptors = "its files have no descriptors; use fs.promises.open";
const { createReadStream, createWriteStream } = createStreams(promises as never);

export default {
  ...withCallback,
  ...sync,
  constants: promises.constants,
  ...promises.constants,
  createReadStream,
  createWriteStream,
  exists: (path: unknown, done: (exists: boolean) => void) =>
    void (promises.access as (path: unknown) => Promise<void>)(path).then(
      () => done(true),
      () => done(false),
    ),
  existsSync,
  promises,
  close: absent("fs.close", descriptors),
  closeSync: absent("fs.closeSync", descriptors),
  open: absent("fs.open", descriptors),
  openSync: absent("fs.openSync", descriptors),
  read: absent("fs.read", descriptors),
  readSync: absent("fs.readSync", descriptors),
  write: absent("fs.write", descriptors),
  writeSync: absent("fs.writeSync", descriptors),
  watch: promises.watch,
  watchFile: promises.watch,
  unwatchFile: () => {},
  ReadStream: absent("fs.ReadStream", "use fs.createReadStream"),
  WriteStream: absent("fs.WriteStream", "use fs.createWriteStream"),
};
