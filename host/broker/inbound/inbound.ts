/**
 * The way in: every HTTP request for a plugin's route is decided, verified, bounded and put on record here.
 *
 * Guarantees that the plugin gets nothing of a request whose caller is not who the manifest demands, that so many
 * exchanges are open at once and no more, and that each has one record, what was refused included. Refuses everything
 * once it is closed, and everything while the audit cannot be kept.
 */
import { randomUUID } from "node:crypto";
import { accountKey, routesKey } from "#host/base/account.ts";
import type { CallPort } from "#host/base/effect.ts";
import type { Clock } from "#host/base/clock.ts";
import { ROUTES } from "#host/base/limits.ts";
import type { HeaderLines, InboundAnswer, InboundRefusal, InboundRequest } from "#host/base/inbound.ts";
import type { Audit } from "#host/broker/audit.ts";
import { decideRoute, type RouteFacts } from "#host/broker/decide-route.ts";
import { EffectError } from "#host/broker/failure.ts";
import { routeRoot, type Route } from "#manifests/routes.ts";
import { createExchange } from "./exchange.ts";
import { createRates } from "./rates.ts";
import { boundedBody, wholeBody, type RequestBody } from "./request-body.ts";
import { verifyCaller } from "./verify.ts";

export type InboundLimits = { readonly [Name in keyof typeof ROUTES]: number };

export interface Inbound {
  /** Lets a request in, or says why not. Who gets an exchange concludes it, once. Never rejects. */
  open(request: InboundRequest, facts: Omit<RouteFacts, "routes">): Promise<Opened>;
}

export type Opened =
  | { readonly ok: true; readonly exchange: OpenExchange }
  | { readonly ok: false; readonly refusal: InboundRefusal };

export interface OpenExchange {
  readonly callId: string;
  /** Without what proved who the caller is. */
  readonly headers: HeaderLines;
  readonly hasBody: boolean;
  readonly port: CallPort;
  readonly answer: Promise<InboundAnswer>;
  readonly isOver: () => boolean;
  /** What the request's body itself was at fault for. */
  readonly bodyFault: () => 408 | 413 | null;
  conclude(outcome: "done" | "failed", note: string): void;
}

export interface InboundDeps {
  /** What the plugin may do now; throws once nothing may be done any more. */
  readonly routesOf: (plugin: string) => readonly Route[];
  readonly secretsOf: (plugin: string) => Promise<ReadonlyMap<string, string>>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly limits?: Partial<InboundLimits>;
}

export function createInbound(deps: InboundDeps): Inbound {
  return new WayIn(deps);
}

/** In the place of a plugin's name, for an address that names none that is there. */
const NOBODY = "(no such route)";
const MAX_TARGET_CHARS = 512;

class WayIn implements Inbound {
  readonly #deps: InboundDeps;
  readonly #limits: InboundLimits;
  readonly #rates;
  readonly #failures;
  readonly #openBy = new Map<string, number>();
  #open = 0;
  #heldBytes = 0;

  constructor(deps: InboundDeps) {
    this.#deps = deps;
    this.#limits = { ...ROUTES, ...deps.limits };
    const { requestsPerSecond, burst, failuresPerSecond } = this.#limits;
    this.#rates = createRates(deps.clock, requestsPerSecond, burst);
    this.#failures = createRates(deps.clock, failuresPerSecond, burst);
  }

  async open(request: InboundRequest, facts: Omit<RouteFacts, "routes">): Promise<Opened> {
    const { plugin, method, path } = request;
    const routes = this.#deps.routesOf(plugin);
    const decision = decideRoute({ ...facts, routes }, request);
    if (!decision.allowed) return this.#refuse(request, decision.refusal, routes.length > 0);
    if (this.#deps.audit.isFull()) {
      return {
        ok: false,
        refusal: { status: 503, reason: "The audit cannot be written", retryAfterMs: 10_000 },
      };
    }
    const cannot = `Cannot ${method} ${routeRoot(plugin)}${path}`;
    const { openPerPlugin, open } = this.#limits;
    if (this.#open >= open || (this.#openBy.get(plugin) ?? 0) >= openPerPlugin) {
      const reason = `${cannot}: ${this.#open} requests are being answered, ${this.#openBy.get(plugin) ?? 0} of them by it`;
      return this.#refuse(request, { status: 503, reason, retryAfterMs: 1_000 });
    }
    const leave = this.#enter(plugin);
    try {
      const opened = await this.#verified(request, decision, cannot, leave);
      if (!opened.ok) leave();
      return opened;
    } catch (thrown) {
      leave();
      const status = thrown instanceof EffectError && thrown.failure.code === "too-large" ? 413 : 408;
      const what = thrown instanceof EffectError ? thrown.message : "its body broke off";
      return this.#refuse(request, { status, reason: `${cannot}: ${what}` });
    }
  }

  async #verified(
    request: InboundRequest,
    { route, maxBodyBytes }: { readonly route: Route; readonly maxBodyBytes: number },
    cannot: string,
    leave: () => void,
  ): Promise<Opened> {
    const { plugin, headers } = request;
    const name = `${plugin} ${route.path}`;
    const { idleMs, heldMs } = this.#limits;
    // What is not held is bounded by the deadline of the call that reads it.
    const totalMs = isSigned(route) ? heldMs : Number.POSITIVE_INFINITY;
    const bounds = { maxBytes: maxBodyBytes, idleMs, totalMs };
    const body = request.body === null ? null : boundedBody(request.body, bounds);
    const secrets = await this.#deps.secretsOf(plugin);
    const hold = this.#holds(route, request, maxBodyBytes);
    if (hold === null) {
      const reason = `${cannot}: too many bodies wait for the check of their signature`;
      return this.#refuse(request, { status: 503, reason, retryAfterMs: 1_000 });
    }
    try {
      const readBody = async () => (body === null ? new Uint8Array() : wholeBody(body.stream));
      const { verify } = route;
      const checked = await verifyCaller({ plugin, verify, headers, secrets, readBody });
      if (checked.problem !== null) {
        hold.release();
        return this.#unverified(request, `${cannot}: ${checked.problem}`, name);
      }
      const wait = this.#rates.take(name);
      if (wait > 0) {
        hold.release();
        return this.#refuse(request, {
          status: 429,
          reason: `${cannot}: too many requests`,
          retryAfterMs: wait,
        });
      }
      const done = () => {
        hold.release();
        leave();
      };
      return { ok: true, exchange: this.#exchange(request, checked, body, done) };
    } catch (thrown) {
      hold.release();
      throw thrown;
    }
  }

  /** Wrong tries have an allowance of their own: whoever makes them does not use up that of honest callers. */
  #unverified(request: InboundRequest, reason: string, name: string): Opened {
    const wait = this.#failures.take(name);
    if (wait > 0) return this.#refuse(request, { status: 429, reason, retryAfterMs: wait });
    return this.#refuse(request, { status: 401, reason });
  }

  #exchange(
    request: InboundRequest,
    checked: { readonly held: Uint8Array | null; readonly headers: HeaderLines },
    body: RequestBody | null,
    done: () => void,
  ): OpenExchange {
    const callId = `exchange-${randomUUID()}`;
    const stream = checked.held === null ? (body?.stream ?? null) : once(checked.held);
    const { port, answer, isOver } = createExchange(stream);
    let concluded = false;
    return {
      callId,
      headers: checked.headers,
      hasBody: stream !== null,
      port,
      answer,
      isOver,
      bodyFault: () => body?.fault() ?? null,
      conclude: (outcome, note) => {
        if (concluded) return;
        concluded = true;
        done();
        this.#deps.audit.record({ ...entryOf(request, callId), decision: "allowed", reason: note, outcome });
      },
    };
  }

  #enter(plugin: string): () => void {
    this.#open += 1;
    this.#openBy.set(plugin, (this.#openBy.get(plugin) ?? 0) + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.#open -= 1;
      const left = (this.#openBy.get(plugin) ?? 1) - 1;
      if (left === 0) this.#openBy.delete(plugin);
      else this.#openBy.set(plugin, left);
    };
  }

  /** Memory for a body that is held while its signature is checked; null if there is none left. */
  #holds(route: Route, request: InboundRequest, maxBodyBytes: number): { release(): void } | null {
    const isHeld = isSigned(route) && request.body !== null;
    const bytes = isHeld ? Math.min(maxBodyBytes, request.contentLength ?? maxBodyBytes) : 0;
    if (this.#heldBytes + bytes > this.#limits.heldBytes) return null;
    this.#heldBytes += bytes;
    let left = bytes;
    return {
      release: () => {
        this.#heldBytes -= left;
        left = 0;
      },
    };
  }

  #refuse(request: InboundRequest, refusal: InboundRefusal, isKnown = true): Opened {
    const entry = { ...entryOf(request, null), ...(isKnown ? {} : { plugin: NOBODY, session: null }) };
    this.#deps.audit.record({ ...entry, decision: "denied", reason: refusal.reason, outcome: "not-done" });
    return { ok: false, refusal };
  }
}

function isSigned({ verify }: Route): boolean {
  return typeof verify === "object" && "hmac" in verify;
}

/** Of a denial equal ones are counted, so it names no call. */
function entryOf({ plugin, account, method, path }: InboundRequest, call: string | null) {
  const session = account === null ? routesKey(plugin) : accountKey({ plugin, account });
  const target = `${method} ${routeRoot(plugin)}${path}`.slice(0, MAX_TARGET_CHARS);
  return {
    plugin,
    session,
    run: null,
    call,
    kind: "route.request",
    target,
  } as const;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.byteLength > 0) yield bytes;
}
