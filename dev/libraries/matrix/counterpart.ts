/** A homeserver of one room with one message. */
import assert from "node:assert/strict";
import { listen, type Answer, type Asked } from "../counterpart.ts";
import type { Trial } from "../trial.ts";

const ROOM = "!r:hs";
const state = (type: string, stateKey: string, content: object, sender = "@u:hs") => ({
  type,
  state_key: stateKey,
  content,
  sender,
  event_id: `$${type}${stateKey}`,
  origin_server_ts: 1,
});
const joined = [
  state("m.room.create", "", { creator: "@u:hs", room_version: "10" }),
  state("m.room.member", "@u:hs", { membership: "join" }),
  state("m.room.member", "@bot:hs", { membership: "join" }, "@bot:hs"),
];
const message = {
  type: "m.room.message",
  content: { msgtype: "m.text", body: "hello" },
  sender: "@u:hs",
  event_id: "$m1",
  origin_server_ts: 2,
};

export const matrix: Trial = {
  name: "matrix-js-sdk",
  folder: "matrix",
  async start() {
    const sent: string[] = [];
    const service = await listen({ answer: (asked) => answer(asked, sent) });
    return {
      port: service.port,
      check(text) {
        assert.equal(text, "hello");
        assert.deepEqual(sent, ["echo: hello"]);
      },
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    };
  },
};

function answer({ path, body }: Asked, sent: string[]): Answer {
  const url = new URL(path, "http://hs");
  const is = (part: string) => url.pathname.includes(part);
  if (is("/versions")) return { json: { versions: ["v1.1", "v1.11"], unstable_features: {} } };
  if (is("/capabilities")) return { json: { capabilities: {} } };
  if (is("/pushrules")) {
    return { json: { global: { content: [], override: [], room: [], sender: [], underride: [] } } };
  }
  if (is("/filter")) return { json: { filter_id: "1" } };
  if (is("/send/m.room.message/")) {
    sent.push((JSON.parse(body) as { body: string }).body);
    return { json: { event_id: "$reply" } };
  }
  if (is("/sync")) return sync(url.searchParams.get("since"));
  return { status: 404, json: { errcode: "M_UNRECOGNIZED", error: path } };
}

/** The room, then its message, then nothing more. */
function sync(since: string | null): Answer {
  if (since === null) return { json: { next_batch: "1", rooms: { join: { [ROOM]: room(joined, []) } } } };
  if (since === "1") return { json: { next_batch: "2", rooms: { join: { [ROOM]: room([], [message]) } } } };
  return { json: { next_batch: since }, afterMs: 500 };
}

function room(events: readonly object[], timeline: readonly object[]) {
  return {
    state: { events },
    timeline: { events: timeline, limited: false, prev_batch: "p" },
    ephemeral: { events: [] },
    account_data: { events: [] },
  };
}
