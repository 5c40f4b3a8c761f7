/**
 * The API keys of one provider, as its adapter uses them: which may be tried now, and what became of each.
 *
 * A key is given to the server that it is for and to nobody else; what is told of it is its profile's name.
 */
import { HostError } from "#host/base/errors.ts";
import { isRefusal } from "./refusal.ts";

export interface ApiKey {
  /** `anthropic:work`; what people see of it. */
  readonly profile: string;
  readonly secret: string;
}

/** `auth`: it is not taken. `rate_limit`: not now. `billing`: nothing is left on its account. */
export type KeyTrouble = "auth" | "rate_limit" | "billing";

export interface KeyRing {
  /** Keys that may be tried now, in order. Rejects with `model.refused` where there is none, or all have to rest. */
  usable(): Promise<readonly [ApiKey, ...ApiKey[]]>;
  succeeded(key: ApiKey): Promise<void>;
  /** `retryAfterMs` as the server said it; null where it did not. */
  failed(key: ApiKey, trouble: KeyTrouble, retryAfterMs: number | null): Promise<void>;
}

/** One key that never rests. */
export function fixedKey(secret: string): KeyRing {
  return {
    usable: async () => [{ profile: "fixed", secret }],
    succeeded: async () => {},
    failed: async () => {},
  };
}

export interface Verdict {
  /** Why this key has to rest; null where it is not the key's fault. */
  readonly trouble: KeyTrouble | null;
  /** Whether another key may do better. */
  readonly rotates: boolean;
  readonly retryAfterMs: number | null;
}

const BILLING =
  /insufficient_quota|insufficient (credit|balance|quota)|credit balance|billing|payment required/i;

/** What an error says of the key that it came with. */
export function judgeKey(error: HostError): Verdict {
  if (!isRefusal(error)) return { trouble: null, rotates: false, retryAfterMs: null };
  const { status, retryAfterMs } = error;
  const isBilling = status === 402 || ([400, 403, 429].includes(status) && BILLING.test(error.message));
  if (isBilling) return { trouble: "billing", rotates: true, retryAfterMs };
  if (status === 401 || status === 403) return { trouble: "auth", rotates: true, retryAfterMs };
  if (status === 429) return { trouble: "rate_limit", rotates: true, retryAfterMs };
  // A server in trouble may serve another account; the key is not to blame and need not rest.
  return { trouble: null, rotates: status >= 500, retryAfterMs };
}

/**
 * Does `use` with one key after the other until one works or the trouble is no key's. Of a server in trouble one
 * more key is tried, not all. Throws the last error.
 */
export async function withKeys<Result>(
  ring: KeyRing | null,
  use: (secret: string) => Promise<Result>,
): Promise<Result> {
  if (ring === null) return await use("");
  for (const turn of turnsOf(await ring.usable())) {
    try {
      const result = await use(turn.key.secret);
      await ring.succeeded(turn.key);
      return result;
    } catch (thrown) {
      if (!(thrown instanceof HostError) || !(await mayRotate(ring, turn, thrown))) throw thrown;
    }
  }
  throw new Error("a provider without keys was given keys");
}

export interface KeyTurn {
  readonly key: ApiKey;
  readonly isLast: boolean;
  /** Counts the servers' own failures. */
  readonly outages: { count: number };
}

export function turnsOf(keys: readonly ApiKey[]): KeyTurn[] {
  const outages = { count: 0 };
  return keys.map((key, at) => ({ key, isLast: at === keys.length - 1, outages }));
}

/** Takes down what became of a key; true if the next one is to be tried. */
export async function mayRotate(
  ring: KeyRing,
  { key, isLast, outages }: KeyTurn,
  error: HostError,
): Promise<boolean> {
  const { trouble, rotates, retryAfterMs } = judgeKey(error);
  if (trouble !== null) await ring.failed(key, trouble, retryAfterMs);
  else if (rotates) outages.count++;
  return rotates && !isLast && outages.count < 2;
}
