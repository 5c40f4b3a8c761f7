/** `node:fs/promises`: a plugin's own small file tree, below `/tmp` in memory, elsewhere in its storage. */
import { absent } from "./absent.ts";
import { calls } from "./fs-calls.ts";
import { FileHandle } from "./fs-handle.ts";
import { run, type Operation } from "./fs-store.ts";
import { pathOf } from "./fs-tree.ts";

type Call = (...args: never[]) => Operation<unknown>;

/** Operations on one path go one after another: two writers of a file would mix their parts. */
const running = new Map<unknown, Promise<unknown>>();
/** Those that touch more than one path have the tree for themselves. */
const ALONE: ReadonlySet<string> = new Set(["copyFile", "mkdir", "mkdtemp", "rename", "rm", "rmdir"]);
let alone: Promise<unknown> = Promise.resolve();

function ordered<Result>(name: string, path: unknown, start: () => Operation<Result>): Promise<Result> {
  const isAlone = ALONE.has(name);
  const before = isAlone ? [alone, ...running.values()] : [alone, running.get(path)];
  const result = Promise.all(before).then(() => run(start()));
  const settled = result.catch(() => {});
  if (isAlone) alone = settled;
  else {
    running.set(path, settled);
    void settled.then(() => running.get(path) === settled && running.delete(path));
  }
  return result;
}

/** A path that is none is told by the operation itself, as a rejection. */
function keyOf(path: unknown): unknown {
  try {
    return pathOf(path);
  } catch {
    return path;
  }
}

const promised = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [
    name,
    async (...args: unknown[]) =>
      ordered(name, keyOf(args[0]), () => Reflect.apply(call as Call, undefined, args) as Operation<unknown>),
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
