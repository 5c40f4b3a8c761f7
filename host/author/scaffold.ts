/**
 * The files of a new plugin, by kind: each works as it is, has a test that passes, and is meant to be changed.
 *
 * Pure. Everything that an author meets later stands in them once: manifest, typed context, a test, a fixture.
 */
import { HostError } from "#host/base/errors.ts";

export const KINDS = ["tool", "skill", "channel", "route"] as const;
export type PluginKind = (typeof KINDS)[number];

/** Paths within the folder, and their text. Throws `request.invalid` for an id that no manifest takes. */
export function scaffold(kind: PluginKind, id: string): Readonly<Record<string, string>> {
  checkId(kind, id);
  return { ...COMMON(id, kind), ...FILES[kind](id) };
}

function checkId(kind: PluginKind, id: string): void {
  const rule =
    kind === "skill"
      ? { pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, text: 'lower-case letters, digits and single "-"' }
      : { pattern: /^[a-z][a-z0-9_-]{0,63}$/, text: 'lower-case letters, digits, "-" and "_"' };
  if (rule.pattern.test(id) && id.length <= 64) return;
  throw new HostError("request.invalid", `Cannot name a ${kind} "${id}": it must be 1 to 64 ${rule.text}`, {
    fix: 'Choose another name, for example "word-count"',
  });
}

type Files = Readonly<Record<string, string>>;

const COMMON = (id: string, kind: PluginKind): Files => ({
  "tsconfig.json": `{ "extends": "./.openclaw/tsconfig.json" }\n`,
  ".gitignore": "node_modules/\n*.openclaw.tgz\n",
  "README.md": `# ${id}

A ${kind} for OpenClaw Edge. \`openclaw plugin dev\` runs it while you write it, \`openclaw plugin test\` tests it,
\`openclaw plugin pack\` makes the one file that others install.
`,
});

const FILES: Readonly<Record<PluginKind, (id: string) => Files>> = {
  tool: (id) => ({
    "openclaw.plugin.json": manifest(id, { contracts: { tools: [id] } }),
    "main.ts": `import { forManifest } from "openclaw/sdk";
import type { Manifest } from "./openclaw.plugin.d.ts";

const { defineTool } = forManifest<Manifest>();

export default defineTool({
  name: "${id}",
  description: "Count the words of a text.",
  parameters: {
    type: "object",
    properties: { text: { type: "string", description: "The text to count" } },
    required: ["text"],
    additionalProperties: false,
  },
  async execute({ text }) {
    const words = text.split(/\\s+/).filter((word) => word !== "");
    return \`\${words.length} words\`;
  },
});
`,
    "main.test.ts": `import { assert, test } from "openclaw/sdk/testing";
import plugin from "./main.ts";

test("it counts words", async (t) => {
  const answer = await t.call(plugin, "${id}", { text: "to be or not to be" });
  assert.equal(answer.text, "6 words");
});
`,
  }),
  skill: (id) => ({
    "openclaw.plugin.json": manifest(id, { contracts: { tools: [toolOf(id)] } }),
    "SKILL.md": `---
name: ${id}
description: Rolls dice for games, also many-sided ones. Use it when somebody asks for a roll.
---

Call \`${toolOf(id)}\` with the number of sides, and tell the result in one short sentence.
`,
    "main.ts": `import { defineSkill, forManifest } from "openclaw/sdk";
import type { Manifest } from "./openclaw.plugin.d.ts";

const { defineTool } = forManifest<Manifest>();

const roll = defineTool({
  name: "${toolOf(id)}",
  description: "Roll one die and give the number.",
  parameters: {
    type: "object",
    properties: { sides: { type: "integer", minimum: 1, maximum: 1000 } },
    required: ["sides"],
    additionalProperties: false,
  },
  async execute({ sides }) {
    return String(1 + Math.floor(Math.random() * sides));
  },
});

export default defineSkill({ tools: [roll] });
`,
    "main.test.ts": `import { assert, test } from "openclaw/sdk/testing";
import plugin from "./main.ts";

test("a die of one side gives a one", async (t) => {
  const answer = await t.call(plugin, "${toolOf(id)}", { sides: 1 });
  assert.equal(answer.text, "1");
});
`,
  }),
  route: (id) => ({
    "openclaw.plugin.json": manifest(id, {
      permissions: { routes: [{ path: "/hello", methods: ["GET"], verify: "none" }] },
    }),
    "main.ts": `import { defineRoutes } from "openclaw/sdk";

export default defineRoutes({
  async fetch(request, ctx) {
    const seen = ((await ctx.storage.get<number>("seen")) ?? 0) + 1;
    await ctx.storage.set("seen", seen);
    const who = new URL(request.url).searchParams.get("who") ?? "world";
    return Response.json({ hello: who, seen });
  },
});
`,
    "main.test.ts": `import { assert, test } from "openclaw/sdk/testing";
import plugin from "./main.ts";

test("it greets, and counts its callers", async (t) => {
  await t.fetch(plugin, "/hello");
  const answer = await t.fetch(plugin, "/hello?who=Ada");
  assert.deepEqual(await answer.json(), { hello: "Ada", seen: 2 });
});
`,
  }),
  channel: (id) => ({
    "openclaw.plugin.json": manifest(id, {
      channels: [id],
      configSchema: {
        type: "object",
        required: ["server"],
        additionalProperties: false,
        properties: { server: { type: "string", description: "Address of the service" } },
      },
      permissions: { domains: ["$config.server"] },
    }),
    "main.ts": `import { forManifest } from "openclaw/sdk";
import type { Manifest } from "./openclaw.plugin.d.ts";

const { defineChannel } = forManifest<Manifest>();

interface Line {
  readonly n: number;
  readonly from: string;
  readonly text: string;
  readonly at: number;
}

/** A service that is polled for what is new; replace it with yours. */
export default defineChannel({
  id: "${id}",
  capabilities: { chats: ["direct"], maxTextChars: 2000, idempotentSends: true },
  async run(ctx) {
    while (!ctx.signal.aborted) {
      const after = (await ctx.storage.get<number>("after")) ?? 0;
      const answer = await fetch(\`\${ctx.config.server}/poll?after=\${after}\`, { signal: ctx.signal });
      ctx.status({ state: "connected" });
      for (const { n, from, text, at } of (await answer.json()) as Line[]) {
        await ctx.receive({
          type: "message",
          id: String(n),
          sentAt: at,
          text,
          conversation: { id: from, kind: "direct" },
          sender: { id: from },
        });
        // Only now: the host has it.
        await ctx.storage.set("after", n);
      }
    }
  },
  async send(message, ctx) {
    const body = JSON.stringify({ to: message.conversation, text: message.text, key: message.key });
    const answer = await fetch(\`\${ctx.config.server}/send\`, { method: "POST", body });
    if (answer.status === 429) return { ok: false, reason: "too fast", retryAfterMs: 5_000 };
    if (!answer.ok) return { ok: false, reason: \`the service said \${answer.status}\` };
    return { ok: true, ids: [((await answer.json()) as { id: string }).id] };
  },
});
`,
    "main.test.ts": `import { assert, checkChannel, test } from "openclaw/sdk/testing";
import plugin from "./main.ts";

const config = { server: "https://chat.example.org" };

/** The service, as far as the plugin knows it. */
async function service(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (url.pathname === "/send") return Response.json({ id: "sent-1" });
  if (url.searchParams.get("after") === "0")
    return Response.json([{ n: 1, from: "ada", text: "hello", at: 1_700_000_000_000 }]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return Response.json([]);
}

test("what the service brings reaches the host", async (t) => {
  const account = t.channel(plugin, { config, service });
  const running = account.run();
  const [event] = await account.received(1);
  assert.equal(event?.type === "message" ? event.text : "", "hello");
  account.stop();
  await running;
});

test("a message is sent with its key", async (t) => {
  const account = t.channel(plugin, { config, service });
  const sent = await account.send({ key: "k1", conversation: "ada", text: "hi" });
  assert.deepEqual(sent, { ok: true, ids: ["sent-1"] });
  assert.match(await account.requests.at(-1)?.clone().text() ?? "", /"key":"k1"/);
});

checkChannel(plugin, { config, service });
`,
  }),
};

/** Tools of a skill may not have the "-" that skills' names like; most model servers take "_". */
function toolOf(id: string): string {
  return `roll_${id.replaceAll("-", "_")}`.slice(0, 64);
}

function manifest(id: string, more: object): string {
  const all = {
    $schema: "./.openclaw/plugin.schema.json",
    id,
    name: id,
    description: "Says here in one sentence what it is for.",
    version: "0.1.0",
    configSchema: { type: "object", additionalProperties: false, properties: {} },
    ...more,
  };
  return `${JSON.stringify(all, null, 2)}\n`;
}
