/** The file of secrets, on a real disk. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "#host/base/clock.ts";
import { createVault, type SecretVault } from "./vault.ts";

const VALUE = "a-value-that-nobody-reads";

async function open(
  t: TestContext,
): Promise<{ vault: SecretVault; folder: string; reopen: () => SecretVault }> {
  const folder = await mkdtemp(join(tmpdir(), "vault-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const reopen = () => createVault({ folder, clock: systemClock });
  return { vault: reopen(), folder, reopen };
}

async function valueOf(vault: SecretVault, plugin: string, name: string): Promise<string | undefined> {
  return (await vault.values(plugin)).get(name);
}

test("a secret is there after a restart, encrypted, in files for their owner alone", async (t) => {
  const { vault, folder, reopen } = await open(t);
  assert.equal(await valueOf(vault, "weather", "apiKey"), undefined);
  await vault.set("weather", "apiKey", VALUE);
  await vault.set("weather", "other", "äöü \n 12345");
  assert.equal(await valueOf(reopen(), "weather", "apiKey"), VALUE);
  assert.equal(await valueOf(vault, "weather", "other"), "äöü \n 12345");
  for (const path of [join(folder, "key"), join(folder, "plugins", "weather.json")]) {
    assert.equal((await stat(path)).mode & 0o777, 0o600, path);
    const text = await readFile(path, "utf8");
    assert.ok(!text.includes(VALUE) && !text.includes(Buffer.from(VALUE).toString("base64")));
  }
  assert.deepEqual(await readdir(join(folder, "plugins")), ["weather.json"]);
});

test("secrets are set at once without losing one, and removed for good", async (t) => {
  const { vault, reopen } = await open(t);
  await Promise.all(Array.from({ length: 20 }, (_, at) => vault.set("weather", `key${at}`, `${VALUE}${at}`)));
  assert.equal((await reopen().values("weather")).size, 20);
  assert.equal(await vault.remove("weather", "key7"), true);
  assert.equal(await vault.remove("weather", "key7"), false);
  assert.equal(await valueOf(reopen(), "weather", "key7"), undefined);
  assert.deepEqual([...new Set((await vault.list()).map(({ pluginId }) => pluginId))], ["weather"]);
  await vault.clear("weather");
  assert.deepEqual(await vault.list(), []);
});

test("two hosts that make the key at once agree on one", async (t) => {
  const { reopen } = await open(t);
  await Promise.all(["a", "b", "c", "d"].map((plugin) => reopen().set(plugin, "apiKey", VALUE)));
  for (const plugin of ["a", "b", "c", "d"]) assert.equal(await valueOf(reopen(), plugin, "apiKey"), VALUE);
});

test("an entry that was moved to another plugin or changed does not open, and the message shows no value", async (t) => {
  const { vault, folder, reopen } = await open(t);
  await vault.set("weather", "apiKey", VALUE);
  const file = (plugin: string) => join(folder, "plugins", `${plugin}.json`);
  const text = await readFile(file("weather"), "utf8");
  await writeFile(file("thief"), text);
  await writeFile(file("weather"), text.replace("apiKey", "stolen"));
  for (const plugin of ["thief", "weather"]) {
    await assert.rejects(reopen().values(plugin), (error: Error) => {
      assert.match(error.message, new RegExp(`^Cannot open the secret "\\w+" of "${plugin}"`));
      return !error.message.includes(VALUE);
    });
  }
  await rename(join(folder, "key"), join(folder, "lost"));
  await writeFile(file("weather"), text);
  await assert.rejects(reopen().values("weather"), { code: "config.unreadable", message: /another key/ });
});

test("a damaged file is named, and works as soon as it is mended", async (t) => {
  const { vault, folder } = await open(t);
  await vault.set("weather", "apiKey", VALUE);
  const path = join(folder, "plugins", "weather.json");
  const text = await readFile(path, "utf8");
  await vault.set("weather", "again", VALUE);
  await writeFile(path, "{");
  await assert.rejects(vault.values("weather"), {
    code: "config.unreadable",
    message: /not a file of secrets/,
  });
  await assert.rejects(vault.set("weather", "more", VALUE), { code: "config.unreadable" });
  await writeFile(path, text);
  assert.equal(await valueOf(vault, "weather", "apiKey"), VALUE);
});

test("names that would leave the folder, and values that would be found everywhere, are refused", async (t) => {
  const { vault, folder } = await open(t);
  for (const plugin of ["../weather", "", "A", "a/b"]) {
    await assert.rejects(vault.set(plugin, "apiKey", VALUE), { code: "request.invalid" });
    assert.equal((await vault.values(plugin)).size, 0);
  }
  await assert.rejects(vault.set("weather", "no spaces", VALUE), { code: "request.invalid" });
  await assert.rejects(vault.set("weather", "apiKey", "short"), {
    code: "request.invalid",
    message: 'Cannot set the secret "apiKey": its value must have 8 to 8192 characters',
  });
  assert.deepEqual(await readdir(folder), []);
});
