import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SQUID } from "#host/base/limits.ts";
import { freePort, listenAsProxy } from "./counterpart.fixture.ts";
import {
  connectTo,
  listenForTcp,
  listenWithEcho,
  messagesOf,
  nextOf,
  open,
  Outgoing,
} from "./socket.fixture.ts";
import { renderSquidConfig } from "./squid-config.ts";
import { squidAuthProgram, squidIsMissing, startSquid } from "./squid.fixture.ts";
import { renderSquidUsers } from "./squid-users.ts";
import { createWorld, expectFailure, textOf, type WorldOptions } from "./world.fixture.ts";

/** With a proxy the host resolves nothing. */
function worldBehind(proxy: string, port: number, more: WorldOptions = {}) {
  return createWorld({
    rights: {
      domains: [`x.test:${port}`, `unlisted.test:${port}`],
      tcp: [`x.test:${port}`, `unlisted.test:${port}`],
    },
    resolve: () => Promise.reject(new Error("the host resolved a name")),
    proxy,
    ...more,
  });
}

test("a socket goes through a tunnel of the proxy, with the plugin as its user", async () => {
  await using server = await listenWithEcho();
  await using proxy = await listenAsProxy(() => server.port);
  await using world = worldBehind(proxy.url, server.port);
  const outgoing = new Outgoing();
  const messages = messagesOf(await world.perform(open(server.url("x.test")), { body: outgoing }));
  outgoing.text("through");
  assert.deepEqual(await nextOf(messages), { text: "through" });
  assert.deepEqual(proxy.seen, [`fetcher x.test:${server.port}`]);
});

test("what a TCP server says at once comes through the tunnel, too", async () => {
  await using server = await listenForTcp((socket) => socket.end("220 ready"));
  await using proxy = await listenAsProxy(() => server.port);
  await using world = worldBehind(proxy.url, server.port);
  const reply = await world.perform(connectTo("x.test", server.port));
  assert.equal(reply.ok && (await textOf(reply.body)), "220 ready");
});

test("what the proxy refuses is denied, with the command that the operator needs", async () => {
  await using server = await listenWithEcho();
  await using proxy = await listenAsProxy(() => server.port);
  await using world = worldBehind(proxy.url, server.port);
  for (const [refusal, command] of [
    [403, /^Run: openclaw allowlist add x.test$/],
    [407, /openclaw allowlist render/],
  ] as const) {
    proxy.refusal = refusal;
    for (const request of [open(server.url("x.test")), connectTo("x.test", server.port)]) {
      const { code, fix } = expectFailure(await world.perform(request));
      assert.equal(code, "denied");
      assert.match(fix ?? "", command);
    }
  }
  assert.equal(server.clients.size, 0);
});

test("a dead proxy, one that talks nonsense and one that says nothing are errors, never a direct try", async () => {
  let came = 0;
  await using server = await listenForTcp(() => (came += 1));
  await using nonsense = await listenForTcp((socket) => socket.end("SSH-2.0-x\r\n\r\n"));
  await using mute = await listenForTcp(() => undefined);
  for (const port of [await freePort(), nonsense.port, mute.port]) {
    const target = `127.0.0.1:${server.port}`;
    await using world = worldBehind(`http://127.0.0.1:${port}`, server.port, {
      rights: { domains: [target], tcp: [target] },
      limits: { connectTimeoutMs: 200 },
    });
    for (const request of [open(`ws://${target}/`), connectTo("127.0.0.1", server.port)]) {
      assert.match(expectFailure(await world.perform(request)).code, /network|timeout/);
    }
  }
  assert.equal(came, 0);
});

test("a real Squid tunnels to its list, refuses the rest, and knows the plugin by name", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  // For this Squid all of 127.0.0.0/8 but 127.0.0.1 is the internet.
  await using server = await listenWithEcho("127.0.0.2");
  await using squid = await startWith([`x.test:${server.port}`, `unlisted.test:${server.port}`]);
  await using world = worldBehind(squid.url, server.port);
  const outgoing = new Outgoing();
  const messages = messagesOf(await world.perform(open(server.url("x.test")), { body: outgoing }));
  outgoing.text("through squid");
  assert.deepEqual(await nextOf(messages), { text: "through squid" });
  for (const request of [open(server.url("unlisted.test")), connectTo("unlisted.test", server.port)]) {
    assert.equal(expectFailure(await world.perform(request)).code, "denied");
  }
  const stranger = world.perform(open(server.url("x.test")), { identity: { plugin: "stranger" } });
  assert.equal(expectFailure(await stranger).code, "denied");
  assert.equal(server.clients.size, 1);
  outgoing.close(1000);
  assert.deepEqual(await nextOf(messages), { code: 1000, reason: "" });
});

const SECRET = "a secret of this test";

/** A Squid that knows the plugin `fetcher` with these rights, and lists `x.test` alone. */
async function startWith(domains: readonly string[]) {
  const squid = await startSquid(
    ({ port, folder, accessLog }) => {
      const usersFile = join(folder, "users");
      writeFileSync(usersFile, renderSquidUsers(SECRET, ["fetcher"]));
      return renderSquidConfig({
        listen: `127.0.0.1:${port}`,
        allowlist: ["x.test"],
        plugins: [{ id: "fetcher", domains }],
        usersFile,
        authProgram: squidAuthProgram,
        accessLog,
        limits: SQUID,
        refusedNetworks: ["127.0.0.1/32"],
      });
    },
    { hosts: "127.0.0.2 x.test unlisted.test" },
  );
  const url = `http://openclaw:${encodeURIComponent(SECRET)}@127.0.0.1:${squid.port}`;
  return Object.assign(squid, { url });
}
