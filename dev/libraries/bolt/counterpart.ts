/** A Slack of one channel with one message, in socket mode. */
import assert from "node:assert/strict";
import type { WebSocket } from "ws";
import { listen, type Answer, type Asked } from "../counterpart.ts";
import type { Trial } from "../trial.ts";

const event = {
  type: "message",
  channel: "C1",
  channel_type: "channel",
  user: "U2",
  text: "hello",
  ts: "1.0",
};
const envelope = {
  envelope_id: "e1",
  type: "events_api",
  accepts_response_payload: false,
  payload: {
    team_id: "T1",
    api_app_id: "A1",
    type: "event_callback",
    event_id: "Ev1",
    event_time: 1,
    authorizations: [{ team_id: "T1", user_id: "U1", is_bot: true }],
    event,
  },
};
const identity = { team: "t", user: "bot", team_id: "T1", user_id: "U1", bot_id: "B1" };

export const bolt: Trial = {
  name: "@slack/bolt",
  folder: "bolt",
  async start() {
    const sent: (string | null)[] = [];
    const acknowledged: string[] = [];
    const service = await listen({
      answer: (asked) => answer(asked, sent),
      onSocket: (socket) => serveSocketMode(socket, acknowledged),
    });
    return {
      port: service.port,
      check(text) {
        assert.equal(text, "hello");
        assert.deepEqual(sent, ["echo: hello"]);
        assert.deepEqual(acknowledged, ["e1"]);
      },
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    };
  },
};

function answer({ path, body, host }: Asked, sent: (string | null)[]): Answer {
  const method = path.split("/").at(-1);
  if (method === "apps.connections.open") return { json: { ok: true, url: `ws://${host}/link/?ticket=1` } };
  if (method === "auth.test") return { json: { ok: true, url: `http://${host}/`, ...identity } };
  if (method !== "chat.postMessage") return { json: { ok: true } };
  sent.push(new URLSearchParams(body).get("text"));
  return { json: { ok: true, channel: "C1", ts: "2.0", message: {} } };
}

function serveSocketMode(socket: WebSocket, acknowledged: string[]): void {
  socket.send(JSON.stringify({ type: "hello", num_connections: 1, connection_info: { app_id: "A1" } }));
  socket.on("message", (data) => {
    const { envelope_id: id } = JSON.parse(String(data)) as { envelope_id?: string };
    if (id !== undefined) acknowledged.push(id);
  });
  setTimeout(() => socket.send(JSON.stringify(envelope)), 100);
}
