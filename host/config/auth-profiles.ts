/**
 * API keys of model providers: upstream's `auth-profiles.json`, and the variables that everyone uses.
 *
 * Read when they are wanted, so that a new key works at once. A profile goes before a variable. No message
 * shows a piece of the file. What became of a key is kept in it, as upstream does (`usageStats`).
 */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { HostError } from "#host/base/errors.ts";
import { type Environment, variableOf } from "./environment.ts";
import { errnoOf } from "./state.ts";

const VARIABLES: Readonly<Record<string, string>> = {
  anthropic: "ANTHROPIC_API_KEY",
  openai: "OPENAI_API_KEY",
};

/** Times are milliseconds since 1970. Upstream's words; `keyDigest` and `cooldownReason` are ours. */
const StatsSchema = v.object({
  errorCount: v.optional(v.number()),
  lastFailureAt: v.optional(v.number()),
  cooldownUntil: v.optional(v.number()),
  cooldownReason: v.optional(v.string()),
  disabledUntil: v.optional(v.number()),
  disabledReason: v.optional(v.string()),
  keyDigest: v.optional(v.string()),
});

/** What became of a key, as the file keeps it. */
export type KeyUsage = v.InferOutput<typeof StatsSchema>;

/**
 * `{version, profiles: {"anthropic:default": {type: "api_key", provider, key | keyRef}}, order?, usageStats?}`.
 * Upstream adds keys with every version, so what is not read here is left alone.
 */
const AuthProfilesSchema = v.object({
  profiles: v.optional(
    v.record(
      v.string(),
      v.object({
        type: v.string(),
        provider: v.string(),
        key: v.optional(v.string()),
        keyRef: v.optional(v.object({ source: v.string(), id: v.string() })),
      }),
    ),
  ),
  order: v.optional(v.record(v.string(), v.array(v.string()))),
  usageStats: v.optional(v.record(v.string(), StatsSchema)),
});

type AuthProfiles = v.InferOutput<typeof AuthProfilesSchema>;
type Profile = NonNullable<AuthProfiles["profiles"]>[string];

export interface AuthKey {
  /** `anthropic:work`, or `anthropic:env` for a variable's. */
  readonly profile: string;
  readonly secret: string;
  readonly stats: KeyUsage;
}

export type AuthKeys = ReadonlyMap<string, readonly AuthKey[]>;

/**
 * Keys by provider: `anthropic`, `openai`, … Those of profiles first, in the owner's order, the variable's last; none
 * twice. Rejects with a HostError `config.invalid` or `config.unreadable`.
 */
export async function readAuthKeys(path: string, environment: Environment): Promise<AuthKeys> {
  const keys = new Map<string, AuthKey[]>();
  const { profiles = {}, order = {}, usageStats = {} } = parseProfiles(await readText(path), path);
  const add = (provider: string, profile: string, secret: string | undefined): void => {
    const known = keys.get(provider) ?? [];
    if (!secret || known.some((one) => one.secret === secret)) return;
    const stats = Object.hasOwn(usageStats, profile) ? usageStats[profile] : undefined;
    keys.set(provider, [...known, { profile, secret, stats: stats ?? {} }]);
  };
  for (const [name, profile] of inOrder(profiles, order))
    add(profile.provider, name, keyOf(profile, environment));
  for (const [provider, name] of Object.entries(VARIABLES))
    add(provider, `${provider}:env`, environment[name]);
  return keys;
}

/** The owner's order first, then the file's. */
function inOrder(
  profiles: Readonly<Record<string, Profile>>,
  order: Readonly<Record<string, string[]>>,
): (readonly [string, Profile])[] {
  const names = new Set([...Object.values(order).flat(), ...Object.keys(profiles)]);
  return [...names].flatMap((name) => {
    const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    return profile === undefined ? [] : [[name, profile] as const];
  });
}

/**
 * The file's text with what became of a key; null takes that away. Everything else stays. Null for a file that is
 * broken: it is its owner's, and not written over.
 */
export function withKeyUsage(text: string, profile: string, usage: KeyUsage | null): string | null {
  const file = parseJson(text);
  if (!v.is(AuthProfilesSchema, file)) return null;
  const { [profile]: before = {}, ...others } = file.usageStats ?? {};
  const kept = Object.fromEntries(Object.entries(before).filter(([name]) => !(name in StatsSchema.entries)));
  const usageStats = { ...others, [profile]: { ...kept, ...usage } };
  return `${JSON.stringify({ ...file, usageStats }, null, 2)}\n`;
}

function keyOf(profile: Profile, environment: Environment): string | undefined {
  if (profile.type !== "api_key") return undefined;
  if (profile.keyRef?.source === "env") return variableOf(environment, profile.keyRef.id);
  const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(profile.key ?? "")?.[1];
  return name === undefined ? profile.key : variableOf(environment, name);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return "{}";
    throw new HostError("config.unreadable", `Cannot read "${path}": ${errnoOf(cause)}`, {
      fix: "Make the file readable for the user who runs the gateway",
      cause,
    });
  }
}

function parseProfiles(text: string, path: string): AuthProfiles {
  const parsed = v.safeParse(AuthProfilesSchema, parseJson(text));
  if (parsed.success) return parsed.output;
  // The parser's own words may quote the file, and the file is keys.
  const where = v.getDotPath(parsed.issues[0]);
  throw new HostError(
    "config.invalid",
    `Cannot use "${path}": ${where ?? "it"} is not as OpenClaw writes it`,
    {
      fix: 'Write {"version": 1, "profiles": {"openai:default": {"type": "api_key", "provider": "openai", "key": "…"}}}',
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
