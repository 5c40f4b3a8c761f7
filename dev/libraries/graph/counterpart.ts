/** A Graph of one chat with one message. */
import assert from "node:assert/strict";
import { listen } from "../counterpart.ts";
import type { Trial } from "../trial.ts";

interface Sent {
  readonly body: { readonly content: string };
}

export const graph: Trial = {
  name: "@microsoft/microsoft-graph-client",
  folder: "graph",
  async start() {
    const sent: string[] = [];
    const asked: string[] = [];
    const service = await listen({
      answer({ method, path, body }) {
        asked.push(`${method} ${path}`);
        if (method === "GET") return { json: { value: [{ id: "1", body: { content: "hello" } }] } };
        sent.push((JSON.parse(body) as Sent).body.content);
        return { status: 201, json: { id: "2" } };
      },
    });
    return {
      port: service.port,
      check(text) {
        assert.equal(text, "hello");
        assert.deepEqual(sent, ["echo: hello"]);
        assert.deepEqual(asked, ["GET /v1.0/chats/c1/messages?$top=1", "POST /v1.0/chats/c1/messages"]);
      },
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    };
  },
};
