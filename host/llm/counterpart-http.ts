/**
 * The HTTP side that the counterpart servers share: a real server on a loopback port, and a record of what
 * it was asked and of which requests the client gave up.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as timer } from "node:timers/promises";
import type { Script } from "./counterpart-script.ts";

export interface RecordedRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
  /** When the client closed the socket before the answer was complete, by `performance.now()`; else pending. */
  readonly givenUp: Promise<number>;
}

export interface Counterpart {
  readonly address: string;
  readonly requests: RecordedRequest[];
  /** Resolves with the next request to this path. */
  next(path: string): Promise<RecordedRequest>;
  close(): Promise<void>;
}

export type Answer = (request: RecordedRequest, response: ServerResponse) => Promise<void> | void;

export async function serveCounterpart(answer: Answer, port = 0, keepRecord = true): Promise<Counterpart> {
  const requests: RecordedRequest[] = [];
  const waiting: { path: string; resolve: (request: RecordedRequest) => void }[] = [];
  const server = createServer(async (incoming, response) => {
    response.on("error", () => {});
    try {
      const request = await record(incoming, response);
      if (keepRecord) requests.push(request);
      for (const one of waiting.splice(0)) {
        if (one.path === request.path) one.resolve(request);
        else waiting.push(one);
      }
      await answer(request, response);
    } catch (thrown) {
      if (response.headersSent) response.destroy();
      else sendJson(response, { error: String(thrown) }, 400);
    }
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    next: (path) => new Promise((resolve) => waiting.push({ path, resolve })),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function record(incoming: IncomingMessage, response: ServerResponse): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const givenUp = new Promise<number>((resolve) => {
    response.on("close", () => {
      if (!response.writableFinished) resolve(performance.now());
    });
  });
  return {
    path: (incoming.url ?? "/").split("?")[0] ?? "/",
    headers: incoming.headers,
    body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
    givenUp,
  };
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** Plays a script's words at its pace, failing where it says so. True if the answer may be completed. */
export async function playWords(
  script: Script,
  response: ServerResponse,
  write: (word: string) => void,
): Promise<boolean> {
  const half = Math.floor(script.words.length / 2);
  for (const [index, word] of script.words.entries()) {
    if (response.destroyed) return false;
    if (index === half && failHere(script, response)) return false;
    write(word);
    if (script.paceMs > 0) await wait(script.paceMs);
  }
  return !(script.words.length === 0 && failHere(script, response));
}

function failHere(script: Script, response: ServerResponse): boolean {
  if (script.failsBy === "garbage") response.write("<html>no model here</html>\n\n");
  // What was written first must arrive: a socket that is destroyed drops what it still holds.
  if (script.failsBy === "die") setTimeout(() => response.destroy(), 20);
  return script.failsBy === "die" || script.failsBy === "silence";
}

/** Waits without keeping a process alive for it. */
export function wait(ms: number): Promise<void> {
  return timer(ms, undefined, { ref: false });
}
