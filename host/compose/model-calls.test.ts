import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#host/base/clock.ts";
import { createLog } from "#host/base/log.ts";
import { NO_SETTINGS } from "#host/base/session.ts";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { createOllama } from "#host/llm/ollama.ts";
import { createModelSelector } from "#host/llm/selector.ts";
import { createModelCalls } from "./model-calls.ts";

test("a plugin's call goes to the model and the level that were chosen for its session", async () => {
  const capabilities = ["completion", "thinking"];
  const server = await startOllamaCounterpart({
    models: [{ name: "usual" }, { name: "chosen", capabilities }],
  });
  try {
    const log = createLog({ clock: systemClock, level: "error", format: "json", write: () => {} });
    const settings = { primary: "ollama/usual", providers: [createOllama({ address: server.address })] };
    const models = createModelSelector({ settings: () => settings, clock: systemClock, log });
    await models.refresh();
    const choices = {
      settingsOf: (key: string) =>
        key === "agent:main:a" ? ({ model: "ollama/chosen", thinking: "off" } as const) : NO_SETTINGS,
    };
    const calls = createModelCalls({ models, choices, clock: systemClock });
    for (const session of ["agent:main:a", "agent:main:b", null]) {
      const { stream } = await calls.modelFor(session);
      const { signal } = new AbortController();
      const messages = [{ role: "user", content: "[[tokens:1]]" }] as const;
      for await (const event of stream({ messages, maxTokens: 5, signal }))
        assert.notEqual(event.type, "error");
    }
    const chats = server.requests
      .filter(({ path }) => path === "/api/chat")
      .map(({ body }) => [body.model, body.think]);
    assert.deepEqual(chats, [
      ["chosen", false],
      ["usual", undefined],
      ["usual", undefined],
    ]);
  } finally {
    await server.close();
  }
});
