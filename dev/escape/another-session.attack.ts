/** One session reading what another left behind, and spending a yes that the owner gave to another. */
import { toLoopback, listen } from "#host/broker/counterpart.fixture.ts";
import { createGatekeeper } from "./gatekeeper.ts";
import type { Hazard } from "./hazard.ts";

const VICTIM = "agent:main:victim";

const EXECUTE = `async ({ leave, url }) => {
  if (leave) {
    globalThis.left = leave; Array.prototype.left = leave; Object.prototype.leftTo = leave;
    setTimeout(() => { globalThis.later = leave; }, 1);
    try { await fetch(url); } catch {}
    return "left";
  }
  const found = [globalThis.left, [].left, ({}).leftTo, globalThis.later].filter(Boolean);
  try { found.push(await (await fetch(url, { signal: AbortSignal.timeout(300) })).text()); } catch {}
  return found.join();
}`;

export const hazard: Hazard = {
  name: "one session reading what another left in globals, and spending the yes that the owner gave to it",
  wall: "an isolate for each session; answers remembered by session",
  canary: "a value of the other session, and a host that only it may reach",
  without: "the attacker in the victim's own session",
  attack: async (wall, files) => {
    await using server = await listen((_request, response) => response.end("answered"));
    await using gatekeeper = createGatekeeper({
      files,
      execute: EXECUTE,
      resolve: toLoopback,
      rights: { domains: ["ask"] },
    });
    const { broker, records } = gatekeeper.world;
    const url = server.url("asked.example.org");
    broker.asks.subscribe((change) => {
      if (change.type === "requested" && change.approval.sessionKey === VICTIM)
        void broker.asks.resolve(change.approval.id, "allow-session");
    });
    const control = await gatekeeper.call({ leave: "secret", url }, VICTIM);
    const found = await gatekeeper.call({ url }, wall === "stands" ? "agent:main:attacker" : VICTIM);
    const spent = records.filter(({ decision }) => decision === "allowed").length;
    const harm = [found, spent > 0 ? "the yes was spent" : ""].filter(Boolean).join(", ");
    return {
      harm: harm || null,
      control: control === "left" ? "the victim's own yes was asked for and given" : null,
    };
  },
};
