import assert from "node:assert/strict";
import { test } from "node:test";
import type { PathRoots } from "#manifests/paths.ts";
import { planMounts, showsPath } from "./mounts.ts";

const ROOTS: PathRoots = {
  home: "/home/u",
  state: "/home/u/.openclaw",
  workspace: "/home/u/.openclaw/workspace",
  plugin: "/home/u/.openclaw/plugins/echo",
};

function plan(read: string[], write: string[] = []) {
  const { mounts, masks } = planMounts({ read, write }, ROOTS);
  return { mounts: mounts.map(({ path, access }) => `${access} ${path}`), masks };
}

test("granted folders are mounted as granted, outer ones first, and each once", () => {
  assert.deepEqual(plan(["$WORKSPACE/docs", "$PLUGIN"], ["$WORKSPACE/docs/out", "$WORKSPACE/docs/out"]), {
    mounts: [
      "read /home/u/.openclaw/plugins/echo",
      "read /home/u/.openclaw/workspace/docs",
      "write /home/u/.openclaw/workspace/docs/out",
    ],
    masks: [],
  });
  assert.deepEqual(plan(["$WORKSPACE", "$WORKSPACE/a"], ["$WORKSPACE"]).mounts, [
    "write /home/u/.openclaw/workspace",
  ]);
  assert.deepEqual(plan([]), { mounts: [], masks: [] });
});

test("a folder that holds files of the host is not mounted", () => {
  for (const path of [
    "$STATE",
    "~/.openclaw",
    "$STATE/credentials/x",
    "$STATE/agents",
    "$STATE/agents/main",
    "$STATE/Agents/main",
    "$STATE/agents/main/sessions",
  ]) {
    assert.deepEqual(plan([path]), { mounts: [], masks: [] }, path);
  }
  assert.deepEqual(plan([], ["$STATE/plugins"]).mounts, []);
  assert.deepEqual(plan(["$STATE/plugins"]).mounts, ["read /home/u/.openclaw/plugins"]);
  assert.deepEqual(plan([], ["$PLUGIN"]).mounts, ["write /home/u/.openclaw/plugins/echo"]);
});

test("the state folder is masked within the home folder, and what is granted in it stays", () => {
  assert.deepEqual(plan([], ["~", "$WORKSPACE"]), {
    mounts: ["write /home/u", "write /home/u/.openclaw/workspace"],
    masks: ["/home/u/.openclaw"],
  });
});

test("what lies around a root in a writable mount is a mount too, so that nobody inside can move it away", () => {
  const roots = { ...ROOTS, state: "/home/u/a/b/state", workspace: "/home/u/w/ws", plugin: null };
  const paths = (rights: { read: string[]; write: string[] }) =>
    planMounts(rights, roots).mounts.map(({ path, access }) => `${access} ${path}`);
  assert.deepEqual(paths({ read: [], write: ["~"] }), [
    "write /home/u",
    "write /home/u/a",
    "write /home/u/w",
    "write /home/u/a/b",
    "write /home/u/w/ws",
  ]);
  assert.deepEqual(paths({ read: ["~"], write: [] }), ["read /home/u"]);
  assert.deepEqual(paths({ read: ["~/w"], write: ["~/a/b", "~/w/ws/out"] }), [
    "read /home/u/w",
    "write /home/u/a/b",
    "write /home/u/w/ws/out",
  ]);
});

test("a command may stand where it sees something", () => {
  const shown = planMounts({ read: ["~", "$WORKSPACE"], write: [] }, ROOTS);
  assert.ok(showsPath(shown, "/home/u/notes"));
  assert.ok(showsPath(shown, "/home/u/.openclaw/workspace/a"));
  assert.ok(!showsPath(shown, "/home/u/.openclaw"));
  assert.ok(!showsPath(shown, "/home/u/.openclaw/agents"));
  assert.ok(!showsPath(shown, "/etc"));
});
