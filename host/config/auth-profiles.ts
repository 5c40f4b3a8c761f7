/**
 * API keys of model providers: upstream's `auth-profiles.json`, and the variables that everyone uses.
 *
 * Read when they are wanted, so that a new key works at once. A profile goes before a variable. No message
 * shows a piece of the file.
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

/**
 * `{version, profiles: {"anthropic:default": {type: "api_key", provider, key | keyRef}}, order?}`. Upstream
 * adds keys with every version, so what is not read here is left alone.
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
});

type AuthProfiles = v.InferOutput<typeof AuthProfilesSchema>;
type Profile = NonNullable<AuthProfiles["profiles"]>[string];

/** Keys by provider: `anthropic`, `openai`, … Rejects with a HostError `config.invalid` or `config.unreadable`. */
export async function readApiKeys(
  path: string,
  environment: Environment,
): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  for (const [provider, name] of Object.entries(VARIABLES)) {
    const value = environment[name];
    if (value) keys.set(provider, value);
  }
  const { profiles = {}, order = {} } = parseProfiles(await readText(path), path);
  for (const profile of inOrder(profiles, order).reverse()) {
    const key = keyOf(profile, environment);
    if (key) keys.set(profile.provider, key);
  }
  return keys;
}

/** The owner's order first, then the file's: the first one of a provider that has a key is the one. */
function inOrder(
  profiles: Readonly<Record<string, Profile>>,
  order: Readonly<Record<string, string[]>>,
): Profile[] {
  const names = new Set([...Object.values(order).flat(), ...Object.keys(profiles)]);
  return [...names].flatMap((name) => profiles[name] ?? []);
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
