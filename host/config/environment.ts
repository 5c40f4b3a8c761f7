/**
 * What the environment says about the configuration. The variables arrive as an object: only `main.ts`
 * reads the process's own. A value that is set and wrong is an error, never ignored.
 */
import * as v from "valibot";
import { HostError } from "#host/base/errors.ts";
import { parseOllamaHost } from "./ollama-host.ts";
import { PortSchema, type Secret } from "./schema.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable's value; undefined where it is not set, and for names that every object has. */
export function variableOf(environment: Environment, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined;
}

/** Each is null where its variable is not set or empty. */
export interface Overrides {
  readonly port: number | null;
  readonly token: string | null;
  readonly ollamaBaseUrl: string | null;
}

export function parseOverrides(environment: Environment): Overrides {
  return {
    port: valueOf(environment, "OPENCLAW_GATEWAY_PORT", parsePort, "must be a whole number from 0 to 65535"),
    token: environment["OPENCLAW_GATEWAY_TOKEN"] || null,
    ollamaBaseUrl: valueOf(
      environment,
      "OLLAMA_HOST",
      parseOllamaHost,
      'must be an address like "127.0.0.1:11434" or "http://127.0.0.1:11434"',
    ),
  };
}

/** The secret itself. `path` is its key in the file, for the message if its variable is not set. */
export function secretOf(secret: Secret, environment: Environment, path: string): string {
  if (typeof secret !== "string") return variable(secret.id, environment, path);
  const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(secret)?.[1];
  return name === undefined ? secret : variable(name, environment, path);
}

function variable(name: string, environment: Environment, path: string): string {
  const value = variableOf(environment, name);
  if (value) return value;
  throw new HostError(
    "config.invalid",
    `Cannot use "${path}": the environment variable "${name}" is not set`,
    {
      fix: "Set the variable where the gateway is started, or write the value into the file",
    },
  );
}

/** 0 lets the system choose: of use to programs that start a gateway, not in a file. */
function parsePort(text: string): number | null {
  if (text === "0") return 0;
  const parsed = v.safeParse(PortSchema, /^\d+$/.test(text) ? Number(text) : null);
  return parsed.success ? parsed.output : null;
}

function valueOf<Value>(
  environment: Environment,
  name: string,
  parse: (text: string) => Value | null,
  rule: string,
): Value | null {
  const text = environment[name]?.trim();
  if (!text) return null;
  const value = parse(text);
  if (value !== null) return value;
  throw new HostError("config.invalid", `Cannot use ${name}="${text}": it ${rule}`, {
    fix: `Correct the environment variable, or start without it`,
  });
}
