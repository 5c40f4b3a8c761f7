/** The text of the profile alone: it has not been tried on a Mac. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "#host/base/limits.ts";
import { profileFor } from "./seatbelt.ts";

const mount = (path: string, access: "read" | "write") => ({
  grant: path,
  path,
  access,
  root: path,
  names: [],
  identity: "1:2",
});

test("a profile denies first, names what is granted, and hides what lies within it and is not", () => {
  const profile = profileFor({
    program: { path: "/usr/bin/git", real: "/usr/bin/git" },
    args: [],
    variables: 0,
    cwd: "/",
    mounts: [mount('/Users/u/a "b"', "write"), mount("/Users/u", "read")],
    masks: ["/Users/u/.openclaw"],
    mark: "begins",
    limits: COMMANDS,
  });
  const lines = profile.split("\n");
  assert.equal(lines[1], "(deny default)");
  const [outer, inner, hidden] = [
    '(allow file-read* (subpath "/Users/u"))',
    '(allow file-read* file-write* (subpath "/Users/u/a \\"b\\""))',
    '(deny file-read* file-write* (subpath "/Users/u/.openclaw"))',
  ].map((line) => lines.indexOf(line));
  assert.ok(outer !== undefined && inner !== undefined && hidden !== undefined);
  assert.ok(outer > 1 && inner > outer && hidden > outer, profile);
  assert.deepEqual(lines.slice(-2), ["(deny network*)", "(deny process-fork)"]);
});
