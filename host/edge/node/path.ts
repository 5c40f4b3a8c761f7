/** `node:path`: the paths of POSIX, whatever the host runs on. */
import path from "path-browserify";

path.toNamespacedPath ??= (name: string) => name;
path.posix = path as never;
path.win32 = path as never;

export default path;
