/**
 * All secrets in one text, for another machine or a safe: encrypted under a passphrase, so that the text may
 * travel. The key is derived by scrypt (RFC 7914), which makes guessing slow.
 */
import { randomBytes, scrypt } from "node:crypto";
import * as v from "valibot";
import { HostError } from "#host/base/errors.ts";
import { KEY_BYTES, seal, unseal } from "./sealed.ts";
import type { SecretVault } from "./vault.ts";

const ABOUT = "openclaw secrets, version 1";
const MIN_PASSPHRASE_CHARS = 8;
/** 32 MiB and some 50 ms for each guess. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

const Bundle = v.object({
  about: v.literal(ABOUT),
  salt: v.string(),
  nonce: v.string(),
  tag: v.string(),
  data: v.string(),
});
const Values = v.array(v.strictTuple([v.string(), v.string(), v.string()]));

/** Rejects with `request.invalid` for a short passphrase, `config.unreadable` if a secret does not open. */
export async function exportSecrets(vault: SecretVault, passphrase: string): Promise<string> {
  if (passphrase.length < MIN_PASSPHRASE_CHARS) {
    throw new HostError(
      "request.invalid",
      `Cannot export secrets: a passphrase has at least ${MIN_PASSPHRASE_CHARS} characters`,
    );
  }
  const stored = await vault.list();
  const values = await Promise.all(
    stored.map(async ({ pluginId, name }) => [pluginId, name, (await vault.values(pluginId)).get(name)]),
  );
  const salt = randomBytes(16).toString("base64");
  const sealed = seal(await keyFrom(passphrase, salt), ABOUT, JSON.stringify(values));
  return `${JSON.stringify({ about: ABOUT, salt, ...sealed }, null, 2)}\n`;
}

/** Sets each secret of the text in place of what is set. Answers how many. Rejects with `request.invalid`. */
export async function importSecrets(vault: SecretVault, text: string, passphrase: string): Promise<number> {
  const parsed = v.safeParse(Bundle, parseJson(text));
  if (!parsed.success) throw refused("it is no file of exported secrets");
  const { salt, ...sealed } = parsed.output;
  const plain = unseal(await keyFrom(passphrase, salt), ABOUT, sealed);
  if (plain === null) throw refused("the passphrase is another one, or the file was changed");
  const values = v.safeParse(Values, parseJson(plain));
  if (!values.success) throw refused("what is in it are no secrets");
  for (const [pluginId, name, value] of values.output) await vault.set(pluginId, name, value);
  return values.output.length;
}

function keyFrom(passphrase: string, salt: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.from(salt, "base64"), KEY_BYTES, COST, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function refused(rule: string): HostError {
  return new HostError("request.invalid", `Cannot import secrets: ${rule}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
