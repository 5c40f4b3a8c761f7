/** A name that resolves to a public address when it is checked and to this machine when it is used. */
import { request as httpRequest } from "node:http";
import { listen } from "#host/broker/counterpart.fixture.ts";
import { networkOf } from "#host/broker/addresses.ts";
import type { Resolve } from "#host/broker/checked-lookup.ts";
import { answer, createGatekeeper, performingHttp } from "./gatekeeper.ts";
import type { Hazard } from "./hazard.ts";

/** In a block that IANA has not given out: public to every rule, and nobody is there. */
const PUBLIC = { address: "2d00::1", family: 6 };
const INSIDE = { address: "127.0.0.1", family: 4 };

const EXECUTE = `async ({ urls }) => {
  const got = [];
  for (const url of urls) { try { got.push(await (await fetch(url, { signal: AbortSignal.timeout(1000) })).text()); } catch {} }
  return JSON.stringify(got);
}`;

/** Answers in turn, beginning with the public address, as a hostile name server does. */
function rebinding(): Resolve {
  let asked = 0;
  return async (host) => {
    if (host === "good.localhost") return [INSIDE];
    asked += 1;
    return [asked % 2 === 1 ? PUBLIC : INSIDE];
  };
}

/** The usual way: resolve and check, then let the client resolve again. */
function checkThenConnect(resolve: Resolve) {
  return performingHttp(async ({ url }) => {
    const { hostname, port, pathname: path } = new URL(url);
    const [checked] = await resolve(hostname);
    if (checked === undefined || networkOf(checked.address) !== "public") throw new Error("inside");
    const [used = checked] = await resolve(hostname);
    return new Promise((done, fail) => {
      const sent = httpRequest({ host: used.address, port, path }, (response) => {
        response.setEncoding("utf8");
        response.once("data", (text: string) => done(answer(url, 200, text)));
      });
      sent.once("error", fail).end();
    });
  });
}

export const hazard: Hazard = {
  name: "DNS rebinding: a name that changes its address between the check and the connection",
  wall: "broker: the socket gets the address that was checked",
  canary: "a server on this machine, behind a granted public name",
  without: "a broker that checks the name and connects by name",
  everyRuntime: true,
  attack: async (wall, files) => {
    await using canary = await listen((_request, response) => response.end("secret"));
    await using good = await listen((_request, response) => response.end("works"));
    const resolve = rebinding();
    await using gatekeeper = createGatekeeper({
      files,
      execute: EXECUTE,
      resolve,
      limits: { connectTimeoutMs: 300 },
      rights: { domains: [`rebind.example.org:${canary.port}`, `good.localhost:${good.port}`] },
      instead: wall === "down" ? () => checkThenConnect(resolve) : undefined,
    });
    const control =
      wall === "down" ? '["works"]' : await gatekeeper.call({ urls: [good.url("good.localhost")] });
    const url = canary.url("rebind.example.org");
    await gatekeeper.call({ urls: Array.from({ length: 6 }, () => url) });
    return {
      harm: canary.seen.length > 0 ? `${canary.seen.length} requests reached it` : null,
      control: control === '["works"]' ? "works" : null,
    };
  },
};
