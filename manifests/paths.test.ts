import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hostOwn, isBeneath, namesBelow, resolvePath, type PathRoots } from "./paths.ts";

const ROOTS: PathRoots = {
  workspace: "/home/u/.openclaw/workspace",
  state: "/home/u/.openclaw",
  home: "/home/u",
  plugin: "/home/u/.openclaw/plugins/echo",
};

function pathOf(text: string, roots = ROOTS): string {
  const resolved = resolvePath(text, roots);
  return resolved.ok ? resolved.path : `refused: ${resolved.reason}`;
}

test("roots are replaced, and a relative path stands in the workspace", () => {
  assert.equal(pathOf("$STATE/media/x"), "/home/u/.openclaw/media/x");
  assert.equal(pathOf("$PLUGIN"), "/home/u/.openclaw/plugins/echo");
  assert.equal(pathOf("~/notes"), "/home/u/notes");
  assert.equal(pathOf("notes/./a//b.md/"), "/home/u/.openclaw/workspace/notes/a/b.md");
  assert.equal(pathOf("/etc/passwd"), "/etc/passwd");
  assert.equal(pathOf("./$odd"), "/home/u/.openclaw/workspace/$odd");
});

test("what no plain path needs is refused with its reason", () => {
  const refused: [string, RegExp][] = [
    ["", /empty/],
    ["a/../b", /"\.\."/],
    ["..", /"\.\."/],
    ["a\u0000b", /control character/],
    ["a\nb", /control character/],
    ["a\u007fb", /control character/],
    ["\ud800", /Unicode/],
    [`${"a/".repeat(2100)}b`, /longer than 4096/],
    ["é".repeat(128), /longer than 255/],
    ["$HOME/x", /"\$HOME"/],
    ["~root/x", /"~root"/],
  ];
  for (const [text, reason] of refused) assert.match(pathOf(text), reason, JSON.stringify(text));
  assert.match(pathOf("$PLUGIN/x", { ...ROOTS, plugin: null }), /"\$PLUGIN"/);
});

test("beneath means at or below, by whole names", () => {
  assert.ok(isBeneath("/a/b", "/a/b"));
  assert.ok(isBeneath("/a/b/c", "/a/b"));
  assert.ok(!isBeneath("/a/bc", "/a/b"));
  assert.ok(!isBeneath("/a", "/a/b"));
  assert.ok(isBeneath("/a", "/"));
  assert.deepEqual(namesBelow("/a/b/c", "/a"), ["b", "c"]);
  assert.deepEqual(namesBelow("/a", "/"), ["a"]);
});

test("the host's own files are out of reach by whatever spelling", () => {
  const own = [
    "$STATE/credentials",
    "$STATE/credentials/telegram.json",
    "~/.openclaw/Credentials/x",
    "$STATE/openclaw.json",
    "$STATE/OPENCLAW.JSON",
    "$STATE/openclaw.json.bak",
    "$STATE/agents/main/sessions/openclaw.db",
    "/home/u/.OpenClaw/agents/other/sessions",
    "$STATE/agents/main/auth-profiles.json",
    "$STATE/ｃredentials/x",
    "$STATE/credential\u017f/x",
  ];
  for (const text of own) assert.notEqual(hostOwn(pathOf(text), ROOTS, "read"), null, text);
  for (const text of ["$STATE", "$STATE/agents/main", "$STATE/workspace/credentials", "~/credentials"]) {
    assert.equal(hostOwn(pathOf(text), ROOTS, "write"), null, text);
  }
});

test("plugins' code is read but never written, except a plugin's own folder", () => {
  const other = pathOf("$STATE/plugins/other/main.ts");
  assert.equal(hostOwn(other, ROOTS, "read"), null);
  assert.equal(hostOwn(other, ROOTS, "write"), "plugins");
  assert.equal(hostOwn(pathOf("$PLUGIN/cache"), ROOTS, "write"), null);
});

test("no path that is resolved leaves the folder that its text names", () => {
  const part = fc.oneof(
    fc.constantFrom(".", "", "a", "..", "b c", "$STATE", "~"),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
      const resolved = resolvePath(["$WORKSPACE", ...parts].join("/"), ROOTS);
      return !resolved.ok || isBeneath(resolved.path, ROOTS.workspace);
    }),
  );
});

test("the host's own files are its own in spellings that some file systems take for the same", () => {
  const roots = { workspace: "/home/u/w", state: "/home/u/.openclaw", home: "/home/u", plugin: null };
  for (const name of ["CREDENTIALS", "creden\u200dtials", "\u00adcredentials"])
    assert.equal(hostOwn(`/home/u/.openclaw/${name}/key`, roots, "read"), "credentials", name);
});

test("what the system shows as files is nobody's, also where the home folder is everything", () => {
  const roots = { workspace: "/w", state: "/s", home: "/", plugin: null };
  for (const path of ["/proc/self/environ", "/sys/power/state", "/dev/mem", "/proc"])
    assert.notEqual(hostOwn(path, roots, "read"), null, path);
  assert.equal(hostOwn("/process/notes", roots, "write"), null);
});
