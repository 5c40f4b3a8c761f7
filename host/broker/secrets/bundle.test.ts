import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "#host/base/clock.ts";
import { exportSecrets, importSecrets } from "./bundle.ts";
import { createVault, type SecretVault } from "./vault.ts";

async function open(t: TestContext): Promise<SecretVault> {
  const folder = await mkdtemp(join(tmpdir(), "vault-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return createVault({ folder, clock: systemClock });
}

test("exported secrets can be imported elsewhere with the passphrase, and are not to be read without", async (t) => {
  const [here, there] = [await open(t), await open(t)];
  await here.set("weather", "apiKey", "value-of-weather");
  await here.set("chat", "token", "value-of-chat-äö");
  const text = await exportSecrets(here, "correct horse");
  assert.doesNotMatch(text, /value-of|weather/);
  await assert.rejects(importSecrets(there, text, "wrong horse"), {
    code: "request.invalid",
    message: /passphrase/,
  });
  assert.deepEqual(await there.list(), []);
  assert.equal(await importSecrets(there, text, "correct horse"), 2);
  assert.deepEqual([...(await there.values("weather"))], [["apiKey", "value-of-weather"]]);
  assert.deepEqual([...(await there.values("chat"))], [["token", "value-of-chat-äö"]]);
});

test("a short passphrase, another file and a changed one are refused by name", async (t) => {
  const vault = await open(t);
  await assert.rejects(exportSecrets(vault, "short"), { message: /at least 8 characters/ });
  await assert.rejects(importSecrets(vault, "{}", "correct horse"), {
    message: /no file of exported secrets/,
  });
  const text = await exportSecrets(vault, "correct horse");
  const { salt } = JSON.parse(text) as { salt: string };
  const changed = text.replace(salt, Buffer.alloc(16).toString("base64"));
  await assert.rejects(importSecrets(vault, changed, "correct horse"), { message: /file was changed/ });
});
