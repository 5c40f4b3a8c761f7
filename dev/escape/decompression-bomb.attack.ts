/** An answer of a few kilobytes that unpacks to more than its reader should hold. */
import { gzipSync } from "node:zlib";
import { listen } from "#host/broker/counterpart.fixture.ts";
import { createGatekeeper } from "./gatekeeper.ts";
import type { Hazard } from "./hazard.ts";

const MiB = 1024 * 1024;
const CAP = 4 * MiB;

const EXECUTE = `async ({ url }) => {
  const response = await fetch(url);
  let read = 0;
  try { for await (const bytes of response.body) read += bytes.byteLength; } catch {}
  return String(read);
}`;

export const hazard: Hazard = {
  name: "a decompression bomb",
  wall: "broker: a cap on what comes out",
  canary: "memory beyond the cap",
  without: "a cap of a gibibyte",
  attack: async (wall, files) => {
    const bomb = gzipSync(gzipSync(new Uint8Array(32 * MiB)));
    await using server = await listen((request, response) => {
      if (request.url === "/honest") response.end("works");
      else response.writeHead(200, { "content-encoding": "gzip, gzip" }).end(bomb);
    });
    await using gatekeeper = createGatekeeper({
      files,
      execute: EXECUTE,
      rights: { domains: [`127.0.0.1:${server.port}`] },
      limits: { maxResponseBytes: wall === "stands" ? CAP : 1024 * MiB },
    });
    const read = Number(await gatekeeper.call({ url: server.url("127.0.0.1") }));
    const control = await gatekeeper.call({ url: server.url("127.0.0.1", "/honest") });
    return {
      harm: read > CAP ? `${bomb.length} bytes became ${read / MiB} MiB` : null,
      control: control === "5" ? "works" : null,
    };
  },
};
