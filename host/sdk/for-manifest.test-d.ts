/** What a manifest does not declare is a type error. Each `@ts-expect-error` fails the type check if nothing is wrong. */
import { forManifest } from "./sdk.ts";

interface Manifest {
  readonly tools: "weather";
  readonly commands: "git";
  readonly secrets: { readonly slot: "apiKey"; readonly hmac: never; readonly held: "noise" };
  readonly config: { readonly units?: "metric" | "imperial" };
}
interface Nothing {
  readonly tools: "nothing";
  readonly commands: never;
  readonly secrets: { readonly slot: never; readonly hmac: never; readonly held: never };
  readonly config: Readonly<Record<never, never>>;
}

const { defineTool } = forManifest<Manifest>();
const bare = forManifest<Nothing>();
const parameters = {
  type: "object",
  properties: { place: { type: "string" }, days: { type: "integer" } },
  required: ["place"],
} as const;

export const declared = defineTool({
  name: "weather",
  description: "",
  parameters,
  async execute({ place, days }, ctx) {
    const texts: [string, number | undefined] = [place, days];
    const units: "metric" | "imperial" | undefined = ctx.config.units;
    const key: string = await ctx.secrets.use("apiKey");
    const value: string = await ctx.secrets.reveal("noise");
    const { stdout } = await ctx.commands.run("git", ["log"]);
    return [texts, units, key, value, stdout].join();
  },
});

export const undeclared = defineTool({
  name: "weather",
  description: "",
  parameters,
  async execute(args, ctx) {
    // @ts-expect-error: no argument of the schema
    void args.country;
    // @ts-expect-error: a secret that is not declared
    await ctx.secrets.use("otherKey");
    // @ts-expect-error: declared, for another use
    await ctx.secrets.use("noise");
    // @ts-expect-error: no secret is declared for signing
    await ctx.secrets.hmac("apiKey", "text");
    // @ts-expect-error: a program that is not declared
    await ctx.commands.run("rm", ["-rf"]);
    // @ts-expect-error: a setting that the schema does not have
    void ctx.config.language;
    // @ts-expect-error: a value that the setting cannot have
    return ctx.config.units === "kelvin" ? "a" : "b";
  },
});

export const channel = forManifest<Manifest>().defineChannel({
  id: "pager",
  capabilities: { chats: ["direct"] },
  async run(ctx) {
    const units: "metric" | "imperial" | undefined = ctx.config.units;
    // @ts-expect-error: a setting that the schema does not have
    void ctx.config.server;
    // @ts-expect-error: a secret that is not declared
    await ctx.secrets.use("otherKey");
    await ctx.receive({
      type: "message",
      id: String(units),
      sentAt: 0,
      text: "",
      conversation: { id: "c", kind: "direct" },
      sender: { id: "s" },
    });
  },
  async send(message, ctx) {
    return { ok: true, ids: [message.key, await ctx.secrets.use("apiKey")] };
  },
});

export const unnamed = defineTool({
  // @ts-expect-error: a tool that contracts.tools does not name
  name: "wether",
  description: "",
  parameters,
  execute: () => "",
});

export const nothing = bare.defineTool({
  name: "nothing",
  description: "",
  parameters: {},
  async execute(_args, ctx) {
    // @ts-expect-error: no program is declared
    await ctx.commands.run("git");
    // @ts-expect-error: no setting is declared
    void ctx.config.anything;
    return ctx.storage.get<string>("key").then((value) => value ?? "");
  },
});
