/** Variables of the environment that would lead requests around the proxy, or to another one. */
import { freePort, listen, listenAsProxy } from "#host/broker/counterpart.fixture.ts";
import { answer, createGatekeeper, performingHttp } from "./gatekeeper.ts";
import type { Hazard } from "./hazard.ts";

const EXECUTE = `async ({ url }) => { try { return await (await fetch(url)).text(); } catch (error) { return error.message; } }`;

interface DenoFetch {
  createHttpClient(options: { proxy: { url: string } }): unknown;
}

/** As each runtime's own fetch is told of a proxy; Node's cannot be. */
function throughProxy(url: string): RequestInit {
  const { Deno } = globalThis as { Deno?: DenoFetch };
  const options: object =
    Deno === undefined ? { proxy: url } : { client: Deno.createHttpClient({ proxy: { url } }) };
  return options;
}

export const hazard: Hazard = {
  name: "NO_PROXY, HTTP_PROXY and ALL_PROXY in the environment of the host",
  wall: "broker: one dispatcher, made for the configured proxy alone",
  canary: "a server that sees a request which did not come through the proxy",
  without: "the runtime's own `fetch` with the same proxy",
  everyRuntime: true,
  attack: async (wall, files) => {
    await using server = await listen((request, response) =>
      response.end(request.headers["x-by-proxy"] === undefined ? "direct" : "by proxy"),
    );
    await using proxied = await listen((_request, response) => response.end("by proxy"));
    await using proxy = await listenAsProxy(() => proxied.port);
    const other = `http://127.0.0.1:${await freePort()}`;
    for (const name of ["NO_PROXY", "no_proxy"]) process.env[name] = "*,127.0.0.1";
    for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
      process.env[name] = other;
    await using gatekeeper = createGatekeeper({
      files,
      execute: EXECUTE,
      proxy: proxy.url,
      rights: { domains: [`127.0.0.1:${server.port}`] },
      instead:
        wall === "down"
          ? () =>
              performingHttp(async ({ url }) => {
                const response = await fetch(url, throughProxy(proxy.url));
                return answer(url, response.status, await response.text());
              })
          : undefined,
    });
    const text = await gatekeeper.call({ url: server.url("127.0.0.1") });
    return {
      harm: server.seen.length > 0 ? `a request went around the proxy, and was answered "${text}"` : null,
      control: text === "by proxy" || wall === "down" ? text : null,
    };
  },
};
