/**
 * The shape of a gateway method, and the one dispatcher for all of them: known? allowed? well-formed? then
 * run. Whatever a method throws becomes an error frame; no stack and no host path leaves.
 */
import * as v from "valibot";
import { asHostError, explain, type ErrorCode, type HostError } from "#host/base/errors.ts";
import {
  invalidRequest,
  missingScope,
  type ErrorShape,
  type WireCode,
} from "#host/gateway/protocol/errors.ts";
import { describeIssues } from "#host/gateway/protocol/wording.ts";
import { hasScope, type Scope } from "#host/gateway/scopes.ts";

/** A connected client, as methods and events see it. */
export interface Client {
  readonly connId: string;
  readonly clientId: string;
  readonly scopes: ReadonlySet<string>;
  readonly caps: ReadonlySet<string>;
  /** What it subscribed to: changes of all sessions, messages of some. */
  readonly watched: { sessions: boolean; readonly messages: Set<string> };
}

export interface MethodCall {
  readonly client: Client;
  /** Sends a first answer under the request's id; the result follows as the second. */
  readonly early: (payload: object) => void;
}

export interface Method<Params> {
  readonly name: string;
  readonly scope: Scope;
  readonly params: v.GenericSchema<unknown, Params>;
  run(params: Params, call: MethodCall): unknown;
  /** Upstream's own answer to some bad parameters; null for the usual one. */
  explain?(params: unknown): ErrorShape | null;
}

export type AnyMethod = Method<never>;

/** Ties the type of `params` to `run`, then forgets it: the dispatcher checks before it calls. */
export function defineMethod<Params>(method: Method<Params>): AnyMethod {
  return method as unknown as AnyMethod;
}

/** What a method returns to answer with an error of its own. */
export class Refusal {
  readonly error: ErrorShape;

  constructor(error: ErrorShape) {
    this.error = error;
  }
}

export type Answer =
  { readonly ok: true; readonly payload: unknown } | { readonly ok: false; readonly error: ErrorShape };

/** Never rejects. */
export type Dispatch = (
  name: string,
  params: unknown,
  client: Client,
  early: (payload: object) => void,
) => Promise<Answer>;

export function createDispatch(
  methods: ReadonlyMap<string, AnyMethod>,
  failed: (method: string, error: HostError) => void,
): Dispatch {
  return async (name, params, client, early) => {
    const method = methods.get(name);
    if (method === undefined) return refuse(invalidRequest(`unknown method: ${name.slice(0, 200)}`));
    if (!hasScope(client.scopes, method.scope)) return refuse(missingScope(method.scope));
    const parsed = v.safeParse(method.params, params ?? {});
    if (!parsed.success) {
      const words = `invalid ${name} params: ${describeIssues(parsed.issues)}`;
      return refuse(method.explain?.(params) ?? invalidRequest(words));
    }
    try {
      const result = await method.run(parsed.output, { client, early });
      return result instanceof Refusal ? refuse(result.error) : { ok: true, payload: result };
    } catch (thrown) {
      const error = asHostError(thrown);
      failed(name, error);
      return refuse(toErrorShape(error));
    }
  };
}

function refuse(error: ErrorShape): Answer {
  return { ok: false, error };
}

const WIRE_CODES: Partial<Record<ErrorCode, WireCode>> = {
  "request.invalid": "INVALID_REQUEST",
  "request.forbidden": "FORBIDDEN",
  "manifest.invalid": "INVALID_REQUEST",
  "plugin.unknown": "INVALID_REQUEST",
  "plugin.broken": "INVALID_REQUEST",
  "plugin.bundle": "INVALID_REQUEST",
  "plugin.refused": "INVALID_REQUEST",
};

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(["limit.exceeded", "store.busy", "model.unreachable"]);

/** An error of the host as a client may see it. What nobody expected is told in the log, not here. */
export function toErrorShape(error: HostError): ErrorShape {
  if (error.code === "internal") {
    return {
      code: "UNAVAILABLE",
      message: "internal error: see the gateway's log",
      details: { code: "internal" },
    };
  }
  return {
    code: WIRE_CODES[error.code] ?? "UNAVAILABLE",
    message: explain(error),
    details: { code: error.code, ...(error.fix === undefined ? {} : { fix: error.fix }) },
    ...(RETRYABLE.has(error.code) ? { retryable: true } : {}),
  };
}
