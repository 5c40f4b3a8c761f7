/** The conformance suite of channels: what the host counts on, ours and a stranger's. */
import { assert } from "./testing-assert.ts";
import type { AccountOptions } from "./testing-channel.ts";
import { CONFORMS, test } from "./testing-run.ts";
import type { DefinedChannel } from "./channel.ts";
import type { OutgoingMessage } from "./message.ts";

/** How a channel is checked. Without a service, only what can be seen without one. */
export type CheckChannelOptions = Pick<AccountOptions, "config" | "service">;

/** What the host grants an account that is told to stop. */
const STOP_MS = 2_000;
const MESSAGE: OutgoingMessage = { key: "conformance-key-1", conversation: "somebody", text: "hello" };

/**
 * Declares the suite's tests for a channel. `service` must bring at least one event, and bring it again until it
 * is acknowledged, as real ones do.
 *
 * @example
 * ```ts
 * import { checkChannel } from "openclaw/sdk/testing";
 * import plugin from "./main.ts";
 *
 * checkChannel(plugin, {
 *   config: { server: "https://chat.example.org" },
 *   async service(request) {
 *     await new Promise((resolve) => setTimeout(resolve, 20));
 *     if (request.method === "POST") return Response.json({ id: "sent-1" });
 *     const isNew = request.url.endsWith("after=0");
 *     return Response.json(isNew ? [{ n: 1, from: "ada", text: "hello", at: 1_700_000_000_000 }] : []);
 *   },
 * });
 * ```
 */
export function checkChannel(plugin: DefinedChannel, options: CheckChannelOptions = {}): void {
  const { channel } = plugin;
  test(`${CONFORMS}${channel.id}: what it can do is told in full`, () => checkCapabilities(plugin));
  test(`${CONFORMS}${channel.id}: a stopped account ends in time`, async (t) => {
    const account = t.channel(plugin, options);
    const ended = account.run().then(
      () => true,
      () => true,
    );
    await sleep(30);
    account.stop();
    assert.ok(
      await Promise.race([ended, sleep(STOP_MS)]),
      `It went on for ${STOP_MS} ms after it was told to stop`,
    );
  });
  test(`${CONFORMS}${channel.id}: what could not be sent is not told as sent`, async (t) => {
    const service = () => new Response("the service is broken", { status: 503 });
    const account = t.channel(plugin, { ...options, service });
    const result = await account.send(MESSAGE).catch((thrown: unknown) => ({
      ok: false as const,
      reason: thrown instanceof Error ? thrown.message : String(thrown),
    }));
    assert.ok(!result.ok, "The service answered 503, and the message was told as sent");
    assert.ok(result.reason.trim().length >= 4, `The reason "${result.reason}" says nothing`);
  });
  if (options.service !== undefined) checkWithService(plugin, options);
}

function checkWithService(plugin: DefinedChannel, options: CheckChannelOptions): void {
  const { channel } = plugin;
  test(`${CONFORMS}${channel.id}: what the host could not store comes again`, async (t) => {
    let lost = "";
    const failing = t.channel(plugin, {
      ...options,
      receive(event) {
        lost ||= event.id;
        throw Object.assign(new Error("The inbox cannot be written"), { code: "io" });
      },
    });
    const ended = failing.run().catch(() => {});
    await until(() => lost !== "", "It received nothing from the service");
    failing.stop();
    await Promise.race([ended, sleep(STOP_MS)]);
    const again = t.channel(plugin, options);
    const running = again.run().catch(() => {});
    await until(() => again.events.some(({ id }) => id === lost), `The event "${lost}" did not come again`);
    again.stop();
    await running;
  });
  test(`${CONFORMS}${channel.id}: one message has one key, however often it is sent`, async (t) => {
    const account = t.channel(plugin, options);
    for (let times = 0; times < 2; times++) await account.send(MESSAGE);
    if (channel.capabilities.idempotentSends !== true) return;
    const texts = await Promise.all(account.requests.map(textOf));
    const withKey = texts.filter((text) => text.includes(MESSAGE.key)).length;
    assert.ok(withKey >= 2, `It says that sends are idempotent, and ${withKey} of 2 requests carry the key`);
  });
  if (channel.backfill === undefined) return;
  test(`${CONFORMS}${channel.id}: backfill hands over what it finds and ends`, async (t) => {
    const account = t.channel(plugin, options);
    await account.backfill(0);
    await account.backfill(0);
    const ids = account.events.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, "An event that comes twice must have the same id");
  });
}

function checkCapabilities({ channel }: DefinedChannel): void {
  const { chats, maxTextChars } = channel.capabilities;
  assert.match(channel.id, /^[a-z][a-z0-9_-]{0,63}$/);
  assert.ok(chats.length > 0, "It has no kind of chat");
  if (maxTextChars !== undefined)
    assert.ok(Number.isInteger(maxTextChars) && maxTextChars > 0, `maxTextChars is ${maxTextChars}`);
}

async function textOf(request: Request): Promise<string> {
  return [request.url, ...[...request.headers].flat(), await request.clone().text()].join("\n");
}

async function until(holds: () => boolean, otherwise: string): Promise<void> {
  const deadline = Date.now() + STOP_MS;
  while (!holds()) {
    assert.ok(Date.now() < deadline, otherwise);
    await sleep(5);
  }
}

function sleep(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms));
}
