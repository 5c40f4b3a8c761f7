/**
 * Whether an effect is one that the host takes at all: the bounds of the pipe's schema, as an author reads them.
 *
 * The host ends a process that sends what may not be sent, since an honest runtime never does. So what a plugin was
 * given by a model (an empty path, a URL of a megabyte) is an error of that one call, here.
 */
import type { EffectFailure } from "./failure.ts";
import type { EffectFrame } from "#host/pipe/protocol.ts";

type Request = EffectFrame["request"];

/** Characters, from and to, by field; `host/pipe/frame-schema.ts` has the same numbers. */
const TEXTS: Readonly<Record<string, readonly [from: number, to: number]>> = {
  path: [1, 16_384],
  to: [1, 16_384],
  url: [1, 16_384],
  command: [1, 16_384],
  cwd: [1, 16_384],
  key: [0, 16_384],
  prefix: [0, 16_384],
  after: [0, 16_384],
  name: [1, 64],
  host: [1, 256],
};
const ARGS = 4_096;
const ARG_CHARS = 256 * 1024;
const HEADER_LINES = 256;
const HEADER_CHARS = 64 * 1024;

/** Null if it may be sent. */
export function whyNotSent(request: Request): EffectFailure | null {
  const [rule] = rulesBroken(request);
  if (rule === undefined) return null;
  return { code: "invalid", message: `Cannot do "${request.kind}": ${rule}`, fix: "Correct the argument" };
}

function* rulesBroken(request: Request): Generator<string> {
  for (const [field, value] of Object.entries(request)) {
    const bounds = TEXTS[field];
    if (bounds !== undefined) yield* textRule(field, value, bounds);
    if (field === "offset" || field === "length")
      yield* wholeNumber(field, value, 0, Number.MAX_SAFE_INTEGER);
    if (field === "port") yield* wholeNumber(field, value, 1, 65_535);
  }
  if ("headers" in request) yield* headerRules(request.headers);
  if (request.kind === "command.run") yield* commandRules(request);
}

function* textRule(field: string, value: unknown, [from, to]: readonly [number, number]): Generator<string> {
  if (typeof value !== "string") yield `its ${field} is no text`;
  else if (value.length < from) yield `its ${field} is empty`;
  else if (value.length > to) yield `its ${field} has ${value.length} characters, the limit is ${to}`;
}

function* wholeNumber(field: string, value: unknown, from: number, to: number): Generator<string> {
  if (!Number.isSafeInteger(value) || Number(value) < from || Number(value) > to)
    yield `its ${field} must be a whole number from ${from} to ${to}`;
}

function* headerRules(headers: readonly (readonly [string, string])[]): Generator<string> {
  const chars = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (headers.length > HEADER_LINES) yield `it has ${headers.length} headers, the limit is ${HEADER_LINES}`;
  if (chars > HEADER_CHARS) yield `its headers have ${chars} characters, the limit is ${HEADER_CHARS}`;
}

function* commandRules({ args, env }: Extract<Request, { kind: "command.run" }>): Generator<string> {
  if (args.length > ARGS) yield `it has ${args.length} arguments, the limit is ${ARGS}`;
  const longest = Math.max(0, ...[...args, ...Object.values(env)].map((text) => text.length));
  if (longest > ARG_CHARS) yield `one of its arguments has ${longest} characters, the limit is ${ARG_CHARS}`;
}
