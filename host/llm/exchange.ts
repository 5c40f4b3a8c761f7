/**
 * One request to a model server: the same care for every provider.
 *
 * Guarantees that it ends: when the caller aborts (the socket closes at once), when the server falls
 * silent, when it cannot be reached. Whatever goes wrong is explained as a HostError that names the server,
 * the rule and the fix. Refuses redirects: they could carry a key to another host. Never retries.
 */
import { HostError, isAbort, type ErrorCode } from "#host/base/errors.ts";
import { isJsonObject } from "#host/base/json.ts";
import { MODEL } from "#host/base/limits.ts";

export interface ModelServer {
  /** For people: `Ollama at http://127.0.0.1:11434`. */
  readonly label: string;
  /** Asked for any answer at all when the server takes long to begin. */
  readonly aliveUrl: string;
  /** What to do if it cannot be reached. */
  readonly startFix: string;
  readonly fetch?: Fetch;
  readonly limits?: Partial<ExchangeLimits>;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Milliseconds, as in `MODEL`. */
export interface ExchangeLimits {
  readonly connectTimeoutMs: number;
  readonly aliveTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface Exchange {
  /** This text is shown in no error, whatever the server echoes. */
  hide(secret: string): void;
  /** As `fetch`, but rejects with a HostError for a status other than 2xx, and watches the body. */
  send(url: string, init: RequestInit): Promise<Response>;
  /** What `send`, or reading its body, threw. */
  explain(thrown: unknown): HostError;
  /** Closes the socket if the answer was not read to its end. Call it always. */
  close(): void;
}

/** A chunk of the body on its way to the caller; what it throws becomes the body's error. */
export interface BodyCheck {
  push(chunk: Uint8Array): void;
  end(): void;
}

export function openExchange(server: ModelServer, signal: AbortSignal, check?: BodyCheck): Exchange {
  const limits: ExchangeLimits = { ...MODEL, ...server.limits };
  const fetchIt: Fetch = server.fetch ?? ((url, init) => fetch(url, init));
  const controller = new AbortController();
  const giveUp = (code: ErrorCode, message: string, fix?: string) =>
    controller.abort(new HostError(code, message, fix === undefined ? {} : { fix }));
  const onAbort = () => giveUp("aborted", "The answer was stopped");
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });

  const silence = () =>
    giveUp("model.broken", `${server.label} sent nothing for ${limits.idleTimeoutMs / 1000} s`, "Try again");
  let silenceTimer = setTimeout(silence, limits.idleTimeoutMs);
  const heard = () => {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(silence, limits.idleTimeoutMs);
  };
  let answered = false;
  let secret = "";

  const checkAlive = async () => {
    const either = AbortSignal.any([controller.signal, AbortSignal.timeout(limits.aliveTimeoutMs)]);
    try {
      const response = await fetchIt(server.aliveUrl, { signal: either, redirect: "manual" });
      await response.body?.cancel();
    } catch {
      if (!answered) giveUp("model.unreachable", `Cannot reach ${server.label}: no answer`, server.startFix);
    }
  };

  return {
    hide(text) {
      secret = text;
    },
    async send(url, init) {
      const slow = setTimeout(() => void checkAlive(), limits.connectTimeoutMs);
      try {
        const response = await fetchIt(url, { ...init, signal: controller.signal, redirect: "manual" });
        answered = true;
        heard();
        if (!response.ok) throw await refusal(server.label, response, secret);
        return watched(response, heard, check);
      } finally {
        clearTimeout(slow);
      }
    },
    explain(thrown) {
      const { reason } = controller.signal;
      if (reason instanceof HostError) return reason;
      if (thrown instanceof HostError) return thrown;
      if (isAbort(thrown)) return new HostError("aborted", "The answer was stopped", { cause: thrown });
      return answered ? cutOff(server, thrown) : unreachable(server, thrown);
    },
    close() {
      clearTimeout(silenceTimer);
      signal.removeEventListener("abort", onAbort);
      controller.abort();
    },
  };
}

function watched(response: Response, heard: () => void, check: BodyCheck | undefined): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          check?.end();
          controller.close();
          return;
        }
        heard();
        check?.push(value);
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: response.status, headers: response.headers });
}

function unreachable(server: ModelServer, cause: unknown): HostError {
  return new HostError("model.unreachable", `Cannot reach ${server.label}`, { fix: server.startFix, cause });
}

function cutOff(server: ModelServer, cause: unknown): HostError {
  return new HostError("model.broken", `${server.label} closed the connection in the middle of its answer`, {
    fix: "Try again; if it happens again, look at the model server's log",
    cause,
  });
}

async function refusal(label: string, response: Response, secret: string): Promise<HostError> {
  const { status } = response;
  if (status >= 300 && status < 400) {
    const target = response.headers.get("location") ?? "nowhere";
    return new HostError("model.refused", `${label} answered with a redirect to ${target}`, {
      fix: "Configure the address that it redirects to",
    });
  }
  const told = errorText(await readStart(response));
  const text = secret === "" ? told : told.replaceAll(secret, "[redacted]");
  const message = `${label} answered ${status}${text === "" ? "" : `: ${text}`}`;
  const fix = REFUSAL_FIXES[status];
  if (status === 404) return new HostError("model.missing", message);
  return new HostError("model.refused", message, fix === undefined ? {} : { fix });
}

const REFUSAL_FIXES: Readonly<Record<number, string>> = {
  401: "Check its API key",
  403: "Check what its API key may do",
  429: "Wait a while, or check the quota of its API key",
  500: "Look at the model server's log",
};

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MODEL.maxErrorChars) break;
  }
  return text.slice(0, MODEL.maxErrorChars);
}

/** The sentence inside `{"error": "…"}`, `{"error": {"message": "…"}}`, or the text itself. */
export function errorText(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (!isJsonObject(value)) return body.trim();
    if (typeof value.error === "string") return value.error;
    if (isJsonObject(value.error) && typeof value.error.message === "string") return value.error.message;
  } catch {
    // Not JSON: a proxy's page or plain text. Shown as it is.
  }
  return body.trim();
}

/** True for a refusal that says that this model, or this server, takes no tools. */
export function refusesTools(error: HostError): boolean {
  return (
    error.code === "model.refused" &&
    /does not support (tools|function)|tool choice requires|tools? (is|are) not supported/i.test(
      error.message,
    )
  );
}

/** Listing asks whether a server can be used now: whatever is wrong with it, the answer is no. */
export function asUnreachable(error: HostError): HostError {
  if (error.code === "model.unreachable" || error.code === "aborted") return error;
  const fix = error.fix === undefined ? {} : { fix: error.fix };
  return new HostError("model.unreachable", error.message, { ...fix, cause: error });
}
