/** What an owner wrote for the agent, in front of the model. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AGENT_SETTINGS } from "#host/base/agent-settings.ts";
import { startTestAgent, type TestAgent } from "./chat.fixture.ts";
import { filesForSession, renderFiles, type WorkspaceFile } from "./workspace-files.ts";

const file = (name: string, text: string): WorkspaceFile => ({
  name,
  text,
  bytes: Buffer.byteLength(text),
  problem: null,
});
const SETTINGS = AGENT_SETTINGS.files;

function systemOf(agent: TestAgent): string {
  const messages = agent.server.requests.at(-1)?.body.messages as { role: string; content: string }[];
  return messages[0]?.role === "system" ? messages[0].content : "";
}

test("each turn's prompt has the files as they are then, and the history has nothing of them", async () => {
  let text = "Always answer in rhymes.";
  await using agent = await startTestAgent({ files: () => [file("AGENTS.md", text)] });
  await agent.ask("hello");
  assert.match(systemOf(agent), /## AGENTS.md\nAlways answer in rhymes\./);
  text = "Never rhyme.";
  await agent.ask("hello again");
  assert.match(systemOf(agent), /Never rhyme\./);
  assert.doesNotMatch(systemOf(agent), /answer in rhymes/);
  assert.doesNotMatch(JSON.stringify(agent.transcript.messages("agent:main:main")), /rhyme/);
});

test("what a summary took in does not take the owner's rules along", async () => {
  await using agent = await startTestAgent({ files: () => [file("SOUL.md", "You are a gruff sailor.")] });
  await agent.ask("hello");
  await agent.ask("/compact");
  await agent.ask("and now?");
  assert.match(systemOf(agent), /gruff sailor/);
});

test("a file past its cap, and files past theirs together, are cut with a mark that says how much", () => {
  const settings = { maxChars: 100, totalMaxChars: 150 };
  const text = renderFiles(
    [file("AGENTS.md", "a".repeat(2_000)), file("USER.md", "b".repeat(80))],
    settings,
    100_000,
  );
  assert.match(text, /## AGENTS.md\na{100}\n\[cut here: AGENTS.md has 2000 bytes, 100 are shown/);
  const shown = /b+/.exec(text.slice(text.indexOf("## USER.md")))?.[0].length ?? 0;
  assert.ok(shown <= 50);
});

test("files take at most a quarter of a small model's context", () => {
  const files = [file("AGENTS.md", "x".repeat(12_000)), file("USER.md", "y".repeat(12_000))];
  const small = renderFiles(files, SETTINGS, 4_096);
  assert.ok(small.length < (4_096 * 3) / 4 + 400, `${small.length}`);
  assert.match(small, /cut here: AGENTS.md has 12000 bytes/);
});

test("what could not be read is said, and nothing stands there for what is empty or missing", () => {
  const broken: WorkspaceFile = { name: "USER.md", text: null, bytes: 0, problem: "EACCES" };
  assert.match(
    renderFiles([broken, file("SOUL.md", " \n")], SETTINGS, 16_384),
    /USER.md\n\[could not be read: EACCES\]$/,
  );
  assert.equal(renderFiles([], SETTINGS, 16_384), "");
});

test("what the agent remembers of its owner stands in the owner's own session alone", () => {
  const files = [file("AGENTS.md", "a"), file("MEMORY.md", "m")];
  const names = (key: string) => filesForSession(files, key).map(({ name }) => name);
  assert.deepEqual(names("agent:main:main"), ["AGENTS.md", "MEMORY.md"]);
  assert.deepEqual(names("agent:main:telegram:group:7"), ["AGENTS.md"]);
});
