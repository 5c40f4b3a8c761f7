/** `web_search`, from a message in a chat to what the model gets back: each service against a stand-in written from its documentation. */
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { listen, type Counterpart } from "#host/broker/counterpart.fixture.ts";
import { toolNames } from "./plugins.fixture.ts";
import { eventually, run } from "./processes.fixture.ts";
import { startToolWorld, type ToolWorld } from "./tools.fixture.ts";

const DUCK = `<div class="result result--ad"><a class="result__a" href="https://duckduckgo.com/y.js?ad=1">Ad</a></div>
  <div class="result"><h2><a rel="nofollow" class="result__a" href="//duckduckgo.com/l/?uddg=https%3A%2F%2Fduck.example%2Fa%3Fb%3D1&amp;rut=x">A <b>duck</b> &amp; more</a></h2>
  <a class="result__snippet" href="x">What <b>ducks</b> do.</a></div>`;

interface Seen {
  readonly path: string;
  readonly parameters: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

type Answer = readonly [status: number, body: string, headers?: Record<string, string>];

let services: Counterpart;
let world: ToolWorld;
let seen: Seen[] = [];
/** What a service answers in place of results, by its path. */
const instead = new Map<string, Answer>();

const ANSWERS: Readonly<Record<string, string>> = {
  "/brave/res/v1/web/search": JSON.stringify({
    web: {
      results: [
        {
          title: "The <strong>brave</strong>",
          url: "https://brave.example/",
          description: "A &amp; b",
          age: "2 days ago",
        },
        { title: "No web address", url: "javascript:alert(1)", description: "" },
        { title: "Second", url: "https://second.example/", description: "" },
      ],
    },
  }),
  "/ollama/api/web_search": JSON.stringify({
    results: [{ title: "Llama", url: "https://llama.example/", content: "About\nllamas" }],
  }),
  "/searxng/search": JSON.stringify({
    results: [{ title: "Searx", url: "https://searx.example/", content: null }],
  }),
  "/duck/html/": DUCK,
};

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
  let body = "";
  for await (const chunk of request) body += String(chunk);
  seen.push({ path: pathname, parameters: searchParams, headers: request.headers, body });
  const [status, text, headers = {}] = instead.get(pathname) ?? [200, ANSWERS[pathname] ?? "{}"];
  response.writeHead(status, headers).end(text);
}

before(async () => {
  services = await listen((request, response) => void serve(request, response));
  const at = (path: string) => ({ baseUrl: `http://localhost:${services.port}/${path}` });
  world = await startToolWorld({
    plugins: {
      entries: {
        web_search: {
          config: {
            brave: at("brave"),
            ollama: at("ollama"),
            searxng: at("searxng"),
            duckduckgo: at("duck"),
          },
        },
      },
    },
  });
  await eventually(
    () => toolNames(world.client),
    (names) => names.includes("web_search"),
    20_000,
  );
});
after(async () => {
  await world[Symbol.asyncDispose]();
  await services[Symbol.asyncDispose]();
});
beforeEach(() => {
  seen = [];
  instead.clear();
});

const search = async (args: object) => (await world.call("web_search", { query: "what", ...args })).content;

async function setKey(name: string, value: string): Promise<void> {
  const env = { OPENCLAW_GATEWAY_PORT: String(world.gateway.port) };
  const { code, stderr } = await run(
    world.gateway.stateDir,
    ["secret", "set", "web_search", name],
    env,
    undefined,
    value,
  );
  assert.equal(code, 0, stderr);
}

test("without a key the owner's SearXNG answers, with time and language as it takes them", async () => {
  assert.match(
    await search({ freshness: "week", region: "de-de" }),
    /1 results by searxng;[^]*1\. Searx\nhttps:\/\/searx\.example\//,
  );
  assert.deepEqual(
    seen.map(({ path, parameters }) => `${path}?${parameters}`),
    ["/searxng/search?q=what&format=json&time_range=week&language=de-DE"],
  );
});

test("where that fails DuckDuckGo answers, without its advertisements", async () => {
  instead.set("/searxng/search", [500, ""]);
  const text = await search({ freshness: "day", region: "us-en" });
  assert.match(
    text,
    /1 results by duckduckgo;[^]*1\. A duck & more\nhttps:\/\/duck\.example\/a\?b=1\nWhat ducks do\.$/,
  );
  assert.equal(seen.at(-1)?.body, "q=what&df=d&kl=us-en");
});

test("where none answers, each says why, and how a key is set", async () => {
  instead.set("/searxng/search", [429, "", { "retry-after": "17" }]);
  instead.set("/duck/html/", [202, '<form id="challenge-form">']);
  const text = await search({});
  assert.match(text, /No search service answered\./);
  assert.match(text, /brave: [^;]*openclaw secret set web_search braveApiKey/);
  assert.match(text, /searxng: rate-limited, free again after 17 s/);
  assert.match(text, /duckduckgo: it blocks this machine for now/);
});

test("a page or an answer that is not as it was is told, and the next one is asked", async () => {
  instead.set("/searxng/search", [200, "<html>"]);
  instead.set("/duck/html/", [200, "<html>something else"]);
  const text = await search({});
  assert.match(text, /searxng: its answer is not what its documentation says/);
  assert.match(text, /duckduckgo: its page is not as it was/);
});

test("with its key Brave comes first; the key stands in its header, and a result leads to the web", async () => {
  await setKey("braveApiKey", "the-key-of-brave");
  const text = await search({ count: 2, freshness: "month", region: "fr-fr" });
  assert.match(
    text,
    /2 results by brave;[^]*1\. The brave\nhttps:\/\/brave\.example\/\nA & b \(2 days ago\)\n\n2\. Second/,
  );
  assert.doesNotMatch(text, /javascript/);
  const { parameters, headers } = seen[0] as Seen;
  assert.equal(String(parameters), "q=what&count=2&freshness=pm&country=FR&search_lang=fr");
  assert.equal(headers["x-subscription-token"], "the-key-of-brave");
});

test("a refused key passes to Ollama, which says what it does not take", async () => {
  await setKey("ollamaApiKey", "the-key-of-ollama");
  instead.set("/brave/res/v1/web/search", [401, ""]);
  const text = await search({ freshness: "year" });
  assert.match(
    text,
    /1 results by ollama, which takes no freshness;[^]*1\. Llama\nhttps:\/\/llama\.example\/\nAbout llamas$/,
  );
  assert.deepEqual(JSON.parse(seen.at(-1)?.body ?? ""), { query: "what", max_results: 5 });
  assert.equal(seen.at(-1)?.headers.authorization, "Bearer the-key-of-ollama");
});

test("arguments that it does not take are named", async () => {
  assert.match(await search({ freshness: "hour" }), /freshness/);
  assert.match(await search({ region: "Germany" }), /region/);
  assert.equal(seen.length, 0);
});
