/** Where the roots really are. */
import { realpathSync } from "node:fs";

/** A root may be reached through a link; what is compared and opened is where it leads. */
export function createRealPaths(): (path: string) => string {
  const known = new Map<string, string>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    try {
      const real = realpathSync(path);
      known.set(path, real);
      return real;
    } catch {
      return path; // not there yet: looked at again next time
    }
  };
}
