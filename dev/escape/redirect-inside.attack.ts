/** A granted host that redirects to addresses which nobody granted, in every spelling of "this machine". */
import { listen } from "#host/broker/counterpart.fixture.ts";
import { answer, createGatekeeper, performingHttp } from "./gatekeeper.ts";
import type { Hazard } from "./hazard.ts";

/** All of them lead to this machine's loopback or to what listens on any address. */
const INSIDE = [
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f000001",
  "0177.0.0.1",
  "0x7f.1",
  "127.0.0.1.",
  "0.0.0.0",
  "0",
  "localhost",
  "LOCALHOST.",
  "a.localhost",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "\uff11\uff12\uff17.0.0.1",
  "127\u30020\u30020\u30021",
  "①②⑦.0.0.1",
  "user@127.0.0.1",
  "granted@127.0.0.1",
];

const EXECUTE = `async ({ urls, honest }) => {
  const got = [];
  for (const url of urls) { try { got.push(await (await fetch(url)).text()); } catch {} }
  return JSON.stringify(got);
}`;

export const hazard: Hazard = {
  name: "redirects to this machine, in every spelling of its address, and addresses written directly",
  wall: "broker: every hop is decided anew",
  canary: "a server on this machine that nobody granted",
  without: "the runtime's own `fetch`, which follows",
  everyRuntime: true,
  attack: async (wall, files) => {
    await using canary = await listen((_request, response) => response.end("secret"));
    await using granted = await listen((request, response) => {
      const to = new URL(request.url ?? "", "http://x").searchParams.get("to");
      if (to === null) response.end("works");
      // As bytes: Node's server takes no other letters, and a hostile one sends what it likes.
      else response.writeHead(302, { location: Buffer.from(to).toString("latin1") }).end();
    });
    const start = granted.url("127.0.0.1");
    await using gatekeeper = createGatekeeper({
      files,
      execute: EXECUTE,
      rights: { domains: [`127.0.0.1:${granted.port}`] },
      instead:
        wall === "down"
          ? () =>
              performingHttp(async ({ url }) => {
                const response = await fetch(url);
                return answer(response.url, response.status, await response.text());
              })
          : undefined,
    });
    const inside = INSIDE.map((host) => `http://${host}:${canary.port}/`);
    const urls = inside.flatMap((url) => [
      url,
      `${start}?to=${encodeURIComponent(url)}`,
      `${start}?to=${encodeURIComponent(url.slice(5))}`,
    ]);
    const control = await gatekeeper.call({ urls: [start] });
    const got = JSON.parse(await gatekeeper.call({ urls })) as string[];
    return {
      harm:
        canary.seen.length > 0
          ? `${canary.seen.length} requests reached it, ${got.length} answers came back`
          : null,
      control: control === '["works"]' ? "works" : null,
    };
  },
};
