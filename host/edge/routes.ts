/**
 * One HTTP exchange inside the isolate: the call's arguments as a `Request`, the handler's `Response` as effects.
 *
 * The request's body is asked for when it is first read, and comes no faster than it is read; the answer's goes out no
 * faster than its caller takes it. The call ends when the answer is out and what `waitUntil` was given has settled.
 */
import { ReadableStream } from "web-streams-polyfill";
import { Request } from "undici/lib/web/fetch/request.js";
import { performEffect } from "./effect.ts";
import type { RouteContext, RouteHandler } from "#host/sdk/routes.ts";
import type { ToolContext } from "#host/sdk/tool.ts";

type World = Omit<ToolContext, "update">;

interface RouteCall {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly hasBody: boolean;
  readonly base: string;
  readonly account: string | null;
}

/** What the handler gave back, as far as it is read. */
interface Answer {
  readonly status: number;
  readonly headers: Iterable<[string, string]>;
  readonly body: ReadableStream<Uint8Array> | null;
}

/** Past these the host would refuse the frame, and with it the isolate. */
const MAX_HEADERS = 128;
const MAX_HEADER_CHARS = 32 * 1024;

export async function answerRoute(handler: RouteHandler, args: unknown, base: World): Promise<null> {
  const call = args as RouteCall;
  const waiting: Promise<unknown>[] = [];
  const ctx = routeContext(call, base, waiting);
  const answer = checkAnswer(await handler(requestOf(call, base.signal) as never, ctx, ctx));
  const { status } = answer;
  // A head alone has no body, whatever its length would be.
  const body = call.method === "HEAD" ? null : answer.body;
  const request = {
    kind: "route.answer",
    status,
    headers: headersOf(answer),
    hasBody: body !== null,
  } as const;
  await performEffect({ request, body, signal: base.signal, errorKind: Error });
  await settled(waiting);
  return null;
}

function routeContext(
  { base, account }: RouteCall,
  context: World,
  waiting: Promise<unknown>[],
): RouteContext {
  return {
    ...context,
    base,
    account,
    waitUntil: (promise) => void waiting.push(Promise.resolve(promise)),
    passThroughOnException: () => {},
    props: {},
  };
}

function requestOf({ method, url, headers, hasBody }: RouteCall, signal: AbortSignal): Request {
  const init = { method, headers, signal };
  return new Request(url, hasBody ? { ...init, body: bodyOf(signal), duplex: "half" } : init);
}

/** Nothing is asked for until somebody reads. */
function bodyOf(signal: AbortSignal): ReadableStream<Uint8Array> {
  let opening: Promise<{
    read(): Promise<{ done: boolean; value?: Uint8Array }>;
    cancel(reason: unknown): unknown;
  } | null> | null = null;
  const open = async () => {
    const { body } = await performEffect({
      request: { kind: "route.body" },
      body: null,
      signal,
      errorKind: TypeError,
    });
    return body === null ? null : body.getReader();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        opening ??= open() as never;
        const next = await (await opening)?.read();
        if (next?.value === undefined) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel(reason) {
        await (await opening)?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function checkAnswer(answer: unknown): Answer {
  if (answer instanceof Response) return answer as unknown as Answer;
  const what = answer === null ? "null" : typeof answer;
  throw new TypeError(`Cannot answer the request: "fetch" gave back ${what}, and must give back a Response`);
}

function headersOf({ headers }: Answer): [string, string][] {
  const lines = [...headers];
  const chars = lines.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (lines.length <= MAX_HEADERS && chars <= MAX_HEADER_CHARS) return lines;
  throw new RangeError(
    `Cannot answer the request: its ${lines.length} headers have ${chars} characters, the limits are ${MAX_HEADERS} and ${MAX_HEADER_CHARS}`,
  );
}

/** Also what is added while it waits. A rejection is the plugin's own, and told on its console. */
async function settled(waiting: readonly Promise<unknown>[]): Promise<void> {
  for (let at = 0; at < waiting.length; at += 1) {
    await waiting[at]?.catch((thrown: unknown) =>
      console.error("A promise given to waitUntil failed:", thrown),
    );
  }
}

declare const Response: new () => object;
declare const console: { error(...parts: unknown[]): void };
