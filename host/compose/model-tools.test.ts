import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { temporaryState } from "#host/config/temporary-state.fixture.ts";
import { startOllamaCounterpart } from "#host/llm/ollama.counterpart.ts";
import { createModelTools } from "./model-tools.ts";

const never = new AbortController().signal;

test("a model is pulled from the Ollama of the configuration, with its provider's name in front or without", async () => {
  await using state = await temporaryState();
  const server = await startOllamaCounterpart({ models: [], pulls: [{ name: "hf.co/a/b", layers: [10] }] });
  try {
    await writeFile(
      state.paths.config,
      `{models: {providers: {box: {api: "ollama", baseUrl: "${server.address}"}}}}`,
    );
    const tools = createModelTools(state.paths.root, { OLLAMA_HOST: server.address });
    for (const name of ["hf.co/a/b", "ollama/hf.co/a/b", "box/hf.co/a/b"]) {
      const steps = [];
      for await (const step of tools.pull(name, never)) steps.push(step.status);
      assert.equal(steps.at(-1), "success", name);
    }
    assert.deepEqual(
      server.requests.map(({ body }) => body.name),
      ["hf.co/a/b", "hf.co/a/b", "hf.co/a/b"],
    );
  } finally {
    await server.close();
  }
});

test("the model is set in the file, which stays its owner's alone", async () => {
  await using state = await temporaryState();
  const tools = createModelTools(state.paths.root, {});
  assert.deepEqual(tools.setPrimary("ollama/x"), { path: state.paths.config });
  assert.match(await readFile(state.paths.config, "utf8"), /primary: "ollama\/x"/);
  assert.equal((await stat(state.paths.config)).mode & 0o777, 0o600);
  assert.throws(() => tools.setPrimary("x"), {
    code: "config.invalid",
    message: 'Cannot have "x" answer: it must be "provider/model"',
    fix: "Try: openclaw models set ollama/x",
  });
});

test("an Ollama that is spoken to by another API cannot pull, and says so", async () => {
  await using state = await temporaryState();
  await writeFile(
    state.paths.config,
    '{models: {providers: {ollama: {api: "openai-completions", baseUrl: "http://h/v1"}}}}',
  );
  const tools = createModelTools(state.paths.root, {});
  assert.throws(() => tools.pull("x", never), { code: "request.invalid" });
});
