/** `node:fs/promises`: a plugin's own small file tree, below `/tmp` in memory, elsewhere in its storage. */
import { absent } from "./absent.ts";
import { calls } from "./fs-calls.ts";
import { FileHandle } from "./fs-handle.ts";
import { run, type Operation } from "./fs-store.ts";

type Call = (...args: never[]) => Operation<unknown>;

/** Operations of one isolate go one after another: two writers of a file would mix their parts. */
let last: Promise<unknown> = Promise.resolve();

function queued<Result>(start: () => Operation<Result>): Promise<Result> {
  const result = last.then(() => run(start()));
  last = result.catch(() => {});
  return result;
}

const promised = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [
    name,
    (...args: unknown[]) => queued(() => Reflect.apply(call as Call, undefined, args) as Operation<unknown>),
  ]),
) as {
  readonly [Name in keyof typeof calls]: (...args: Parameters<(typeof calls)[Name]>) => Promise<unknown>;
};

const noLinks = "its files have no links";

export default {
  ...promised,
  constants: { F_OK: 0, X_OK: 1, W_OK: 2, R_OK: 4, COPYFILE_EXCL: 1 },
  link: absent("fs.link", noLinks),
  open: (path: unknown, flags?: string | number) => FileHandle.open(promised as never, path, flags),
  opendir: absent("fs.opendir", "use fs.readdir"),
  readlink: absent("fs.readlink", noLinks),
  symlink: absent("fs.symlink", noLinks),
  watch: absent("fs.watch", "nothing but the plugin changes its files"),
};
