/** What counts as having been outside. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EffectContext, EffectRequest, PerformEffect } from "#host/base/effect.ts";
import { createOutsideWatch } from "./outside.ts";

const done: PerformEffect = async () => ({ ok: false, failure: { code: "network", message: "no" } });
const identity = (plugin: string, session: string) => ({ plugin, session, run: "r", call: "c" });

async function perform(watch: ReturnType<typeof createOutsideWatch>, kind: string, session = "s") {
  await watch.around(done)(identity("fetcher", session), { kind } as EffectRequest, {} as EffectContext);
}

test("a request or a socket counts as soon as it left, answered or not, for this plugin in this session", async () => {
  const watch = createOutsideWatch();
  await perform(watch, "file.read");
  assert.equal(watch.hasBeenOutside("fetcher", "s"), false);
  await perform(watch, "http.request");
  assert.equal(watch.hasBeenOutside("fetcher", "s"), true);
  assert.equal(watch.hasBeenOutside("fetcher", "other"), false);
  assert.equal(watch.hasBeenOutside("reader", "s"), false);
  await perform(watch, "socket.open", "other");
  assert.equal(watch.hasBeenOutside("fetcher", "other"), true);
});

test("what the host refused never was outside", async () => {
  const watch = createOutsideWatch();
  const refused: PerformEffect = async () => ({ ok: false, failure: { code: "denied", message: "no" } });
  const request = { kind: "http.request" } as EffectRequest;
  await watch.around(refused)(identity("fetcher", "s"), request, {} as EffectContext);
  assert.equal(watch.hasBeenOutside("fetcher", "s"), false);
});

test("where too many are remembered everything counts as from outside", async () => {
  const watch = createOutsideWatch(2);
  await perform(watch, "http.request", "a");
  assert.equal(watch.hasBeenOutside("reader", "s"), false);
  await perform(watch, "http.request", "b");
  assert.equal(watch.hasBeenOutside("reader", "s"), true);
});
