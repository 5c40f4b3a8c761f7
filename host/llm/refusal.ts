/**
 * What a model server says when it refuses: its status and words as a HostError with the fix.
 *
 * Reads a bounded part of the body. Refuses redirects, and to show a key.
 */
import { HostError } from "#host/base/errors.ts";
import { isJsonObject } from "#host/base/json.ts";
import { MODEL } from "#host/base/limits.ts";

/** A refusal with what the server said of it in numbers. */
export class ModelRefusal extends HostError {
  readonly status: number;
  /** Null where the server does not say. */
  readonly retryAfterMs: number | null;

  constructor(
    status: number,
    retryAfterMs: number | null,
    ...error: ConstructorParameters<typeof HostError>
  ) {
    super(...error);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export function isRefusal(error: HostError): error is ModelRefusal {
  return error instanceof ModelRefusal;
}

/** Reads an answer whose status is not 2xx. `secret` is blanked out, whatever the server echoes. */
export async function readRefusal(label: string, response: Response, secret: string): Promise<HostError> {
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
  const options = fix === undefined ? {} : { fix };
  return new ModelRefusal(status, retryAfterMs(response.headers), "model.refused", message, options);
}

/** Seconds, or a date (RFC 9110); some services tell milliseconds beside it. */
function retryAfterMs(headers: Headers): number | null {
  const exact = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (exact >= 0) return exact;
  const written = headers.get("retry-after");
  if (written === null) return null;
  const seconds = Number(written);
  const ms = Number.isNaN(seconds) ? Date.parse(written) - Date.now() : seconds * 1_000;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

const REFUSAL_FIXES: Readonly<Record<number, string>> = {
  401: "Check its API key",
  402: "Check the account of its API key",
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
