/** A gateway with a model that calls the tool it is told to, for the tests of the tools that come with it. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { connect, untilTool, type Client, type GatewayProcess } from "../gateway-process.ts";
import { World } from "./processes.fixture.ts";

/** The message that the model got as the tool's result. */
export interface SeenResult {
  readonly content: string;
  /** Base64. */
  readonly images?: readonly string[];
}

export interface ToolWorld extends AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly client: Client;
  readonly workspace: string;
  /** Says a message by which the model calls the tool, and answers what the model got back. */
  call(tool: string, args: object, session?: string): Promise<SeenResult>;
}

/** `config` is what stands in `openclaw.json`; none is written where it is left out. */
export async function startToolWorld(config?: object): Promise<ToolWorld> {
  const world = new World();
  const model = await startOllamaCounterpart({
    models: [{ name: "seeing:latest", capabilities: ["completion", "tools", "vision"] }],
  });
  const stateDir = await world.folder();
  if (config !== undefined)
    await writeFile(join(stateDir, "openclaw.json"), JSON.stringify(config), { mode: 0o600 });
  const gateway = await world.gateway({ OLLAMA_HOST: model.address }, stateDir);
  const client = await connect(gateway);
  for (const name of ["read", "write", "bash"]) await untilTool(client, name, 20_000);
  return {
    gateway,
    client,
    workspace: join(gateway.stateDir, "workspace"),
    async call(tool, args, session) {
      await client.chat(`[[tool:${tool} ${JSON.stringify(args)}]]`, session);
      const messages = model.requests.findLast(({ body }) => body.messages !== undefined)?.body
        .messages as (SeenResult & { role: string })[];
      const last = messages.at(-1);
      assert.ok(last?.role === "tool", JSON.stringify(last));
      return last;
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await world.close();
      await model.close();
    },
  };
}
