/** A Telegram of one chat with one message. */
import assert from "node:assert/strict";
import { listen } from "../counterpart.ts";
import type { Trial } from "../trial.ts";

const bot = { id: 1, is_bot: true, first_name: "b", username: "bot" };
const chat = { id: 9, type: "private", first_name: "u" };
const message = {
  message_id: 5,
  date: 1,
  chat,
  from: { id: 9, is_bot: false, first_name: "u" },
  text: "hello",
};

export const grammy: Trial = {
  name: "grammy",
  folder: "grammy",
  async start() {
    const sent: string[] = [];
    const service = await listen({
      answer({ path, body }) {
        const method = path.split("/").at(-1);
        if (method === "getMe") return ok(bot);
        if (method === "sendMessage") {
          sent.push((JSON.parse(body) as { text: string }).text);
          return ok({ ...message, message_id: 6 });
        }
        if (method !== "getUpdates") return ok(true);
        const { offset = 0 } = JSON.parse(body === "" ? "{}" : body) as { offset?: number };
        return offset > 1 ? { ...ok([]), afterMs: 500 } : ok([{ update_id: 1, message }]);
      },
    });
    return {
      port: service.port,
      check(answer) {
        assert.equal(answer, "hello");
        assert.deepEqual(sent, ["echo: hello"]);
      },
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    };
  },
};

function ok(result: unknown) {
  return { json: { ok: true, result } };
}
