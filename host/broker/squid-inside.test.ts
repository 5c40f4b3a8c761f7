/** Names that lead to this machine or its networks, in a real Squid with the configuration that is written for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { listen } from "./counterpart.fixture.ts";
import { answerNames, start, worldBehind } from "./squid-world.fixture.ts";
import { squidIsMissing } from "./squid.fixture.ts";
import { expectFailure, expectOk, get } from "./world.fixture.ts";

test("a name that leads inside is refused, unless it was granted as a name or address of the inside", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  await using server = await listen((_request, response) => response.end("inside"));
  const { port } = server;
  const domains = [`.inside.test:${port}`, `nas.internal:${port}`, `127.0.0.1:${port}`];
  const allowlist = [".inside.test", "nas.internal", "127.0.0.1"];
  await using squid = await start({
    allowlist,
    plugins: [{ id: "fetcher", domains }],
    refusedNetworks: null,
  });
  await using world = worldBehind(squid, domains);
  for (const host of ["hidden.inside.test", "ten.inside.test"]) {
    assert.equal(expectFailure(await world.perform(get(server.url(host)))).code, "denied", host);
    assert.equal(expectFailure(await world.perform(get(`https://${host}:${port}/`))).code, "denied", host);
  }
  assert.deepEqual(server.seen, []);
  for (const host of ["nas.internal", "127.0.0.1"])
    assert.equal((await expectOk(await world.perform(get(server.url(host))))).text, "inside", host);
});

test("a name that changes its address between two requests keeps, for a minute, the one that was checked", async (t) => {
  if (squidIsMissing !== null) return t.skip(squidIsMissing);
  if (process.getuid?.() !== 0) return t.skip("only root may answer on the DNS port");
  await using inside = await listen((_request, response) => response.end("inside"));
  await using dns = await answerNames("127.0.0.5", ["127.0.0.2", "127.0.0.1"]);
  const domains = [`rebind.test:${inside.port}`];
  await using squid = await start({
    allowlist: ["rebind.test"],
    plugins: [{ id: "fetcher", domains }],
    more: ["dns_nameservers 127.0.0.5"],
  });
  await using world = worldBehind(squid, domains);
  const request = async () => {
    const { head } = await expectOk(await world.perform(get(inside.url("rebind.test"))));
    return head["status"];
  };
  // 503: Squid tried the address of the first answer, where nobody listens on this port.
  assert.equal(await request(), 503);
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // the answers ask to be forgotten at once
  assert.equal(await request(), 503);
  assert.deepEqual([dns.answered, inside.seen], [["127.0.0.2"], []]);
});
