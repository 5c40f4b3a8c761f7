import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#host/base/clock.ts";
import { createMachine } from "./machine.ts";

test("a program is an executable file on the PATH, by its name alone, looked up again after seconds", async (t) => {
  const home = await mkdtemp(join(tmpdir(), "machine-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, "folder"));
  await writeFile(join(home, "kettle"), "#!/bin/sh\n");
  await writeFile(join(home, "plain"), "");
  await chmod(join(home, "kettle"), 0o755);
  let now = 0;
  const clock = { ...systemClock, monotonic: () => now };
  const variables = { PATH: ["", ".", home].join(delimiter), EMPTY: "", KEY: "x" };
  const machine = createMachine({ platform: "linux", variables, settings: () => null, clock });
  const found = ["kettle", "plain", "folder", join(home, "kettle"), "../kettle", "..", "", "a\0b"];
  assert.deepEqual(
    found.map((name) => machine.hasProgram(name)),
    [true, false, false, false, false, false, false, false],
  );
  await rm(join(home, "kettle"));
  assert.equal(machine.hasProgram("kettle"), true);
  now += 5_001;
  assert.equal(machine.hasProgram("kettle"), false);
  assert.deepEqual(
    ["KEY", "EMPTY", "toString", "NONE"].map((name) => machine.hasVariable(name)),
    [true, false, false, false],
  );
});

test("a setting counts if openclaw.json has something there, and no name that every object has", () => {
  const settings = { channels: { tea: { enabled: false, token: "x", empty: " " } } };
  const machine = createMachine({
    platform: "linux",
    variables: {},
    settings: () => settings,
    clock: systemClock,
  });
  const paths = ["channels.tea", "channels.tea.token", "channels.tea.enabled", "channels.tea.empty"];
  assert.deepEqual(
    [...paths, "channels.coffee", "constructor", "channels.tea.token.length"].map((path) =>
      machine.hasSetting(path),
    ),
    [true, true, false, false, false, false, false],
  );
});
