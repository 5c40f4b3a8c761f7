import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_RIGHTS, type Rights } from "#manifests/rights.ts";
import { systemClock } from "#host/base/clock.ts";
import { createLog } from "#host/base/log.ts";
import type { PluginSummary } from "#host/base/plugin.ts";
import { forgetPlugins } from "./forget-plugins.ts";

function watched() {
  const rights = new Map<string, Rights>();
  const forgotten: string[] = [];
  const always: string[] = [];
  let changed = () => {};
  forgetPlugins({
    registry: {
      plugins: () => [...rights.keys()].map((id) => ({ id }) as PluginSummary),
      rightsOf: (id) => ({ rights: rights.get(id) ?? NO_RIGHTS, folder: null, config: {} }),
      onChange: (listener) => ((changed = listener), () => {}),
    },
    broker: { forget: async (id) => void forgotten.push(id) },
    forgetAlways: async (id) => void always.push(id),
    log: createLog({ clock: systemClock, level: "error", format: "text", write: () => {} }),
  });
  const set = (id: string, held: Partial<Rights> | null) => {
    if (held === null) rights.delete(id);
    else rights.set(id, { ...NO_RIGHTS, ...held });
    changed();
  };
  return { set, forgotten, always };
}

test("a plugin that goes loses its answers, also those for ever", () => {
  const { set, forgotten, always } = watched();
  set("a", { domains: ["ask"] });
  set("b", { domains: ["ask"] });
  set("a", null);
  assert.deepEqual([forgotten, always], [["a"], ["a"]]);
});

test("rights that are taken away end what was allowed for ever; rights that change end the session's answers", () => {
  const { set, forgotten, always } = watched();
  set("a", { domains: ["ask"] });
  set("a", { domains: ["ask", "example.org"] });
  assert.deepEqual([forgotten, always], [["a"], []]);
  set("a", {});
  assert.deepEqual([forgotten, always], [["a", "a"], ["a"]]);
});

test("a change that leaves the rights alone forgets nothing", () => {
  const { set, forgotten } = watched();
  set("a", { domains: ["ask"] });
  set("b", {});
  set("a", { domains: ["ask"] });
  assert.deepEqual(forgotten, []);
});
