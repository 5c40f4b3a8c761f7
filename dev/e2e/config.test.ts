/** openclaw.json while the gateway runs: taken up when it is good, told and not used when it is broken. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import type { GatewayProcess } from "../gateway-process.ts";
import { eventually, readyz, World } from "./processes.fixture.ts";

const world = new World();
let model: Awaited<ReturnType<typeof startOllamaCounterpart>>;
let gateway: GatewayProcess;

before(async () => {
  model = await startOllamaCounterpart({ models: [{ name: "one:latest" }, { name: "two:latest" }] });
  gateway = await world.gateway({ OLLAMA_HOST: model.address });
});
after(async () => {
  await world.close();
  await model.close();
});

const write = (config: unknown) =>
  writeFile(
    join(gateway.stateDir, "openclaw.json"),
    typeof config === "string" ? config : JSON.stringify(config),
  );
const withModel = (name: string) => ({ agents: { defaults: { model: { primary: `ollama/${name}` } } } });
const ready = () => readyz(gateway);

test("a saved change is used at once", async () => {
  await write(withModel("two:latest"));
  const answer = await eventually(ready, ({ model }) => model.model === "two:latest");
  assert.equal(answer.model.how, "configured");
});

test("a broken file is told with path, rule and suggestion, and the last good one stays in use", async () => {
  await write({ ...withModel("one:latest"), gatway: {} });
  const { runtime, model } = await eventually(ready, ({ runtime }) => runtime.configProblem !== null);
  assert.match(runtime.configProblem ?? "", /gatway.*"gateway".*last good/);
  assert.equal(model.model, "two:latest");
});

test("a start with a broken file uses the last good one and says so", async () => {
  await gateway.stop();
  gateway = await world.gateway({ OLLAMA_HOST: model.address }, gateway.stateDir);
  const { runtime, model: chosen } = await ready();
  assert.match(runtime.configProblem ?? "", /gatway/);
  assert.equal(chosen.model, "two:latest");
  assert.match(gateway.output(), /Config +.*gatway/);
});

test("when the file is mended, the problem is gone and the new settings are used", async () => {
  await write(withModel("one:latest"));
  const { model } = await eventually(ready, ({ runtime }) => runtime.configProblem === null);
  assert.equal((await eventually(ready, (answer) => answer.model.model === "one:latest")).ready, true);
  assert.equal(model.how, "configured");
});

test("what counts only from the next start is named", async () => {
  const workspace = join(gateway.stateDir, "elsewhere", "workspace");
  await write({ gateway: { port: 18_790 }, agents: { defaults: { workspace } } });
  const { runtime } = await eventually(ready, ({ runtime }) => runtime.configWaitsForRestart.length > 0);
  assert.deepEqual(runtime.configWaitsForRestart, ["agents.defaults.workspace"]);
  await gateway.stop();
  gateway = await world.gateway({ OLLAMA_HOST: model.address }, gateway.stateDir);
  assert.ok(existsSync(workspace));
  assert.deepEqual((await ready()).runtime.configWaitsForRestart, []);
});
