import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatIssue } from "./issue.ts";
import { parseSkill, type Skill } from "./skill.ts";

async function skillOf(text: string): Promise<Skill> {
  const parsed = await parseSkill(text, "folder");
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.issues.map(formatIssue).join("\n"));
  return parsed.skill;
}

async function issueOf(text: string): Promise<string> {
  const parsed = await parseSkill(text, "folder");
  assert.ok(!parsed.ok);
  return parsed.issues.map(formatIssue).join("\n");
}

test("name, description and instructions are read", async () => {
  const skill = await skillOf(
    "---\nname: tea\ndescription: Make tea\nlicense: MIT\n---\n\n# Tea\n\nBoil water.\n",
  );
  assert.equal(skill.name, "tea");
  assert.equal(skill.description, "Make tea");
  assert.equal(skill.license, "MIT");
  assert.equal(skill.text, "# Tea\n\nBoil water.");
});

test("OpenClaw's block is read as mapping and as JSON in a string, and its needs are kept", async () => {
  const block = '{"openclaw":{"emoji":"🫖","os":["linux"],"requires":{"bins":["kettle"],"env":["TEA_KEY"]}}}';
  for (const metadata of [block, `'${block}'`]) {
    const skill = await skillOf(`---\nname: tea\ndescription: Make tea\nmetadata: ${metadata}\n---\nx`);
    assert.deepEqual(skill.needs, {
      bins: ["kettle"],
      anyBins: [],
      env: ["TEA_KEY"],
      config: [],
      os: ["linux"],
    });
    assert.equal(skill.emoji, "🫖");
  }
});

test("a missing name is the folder's", async () => {
  assert.equal((await skillOf("---\ndescription: x\n---\n")).name, "folder");
});

test("a front matter that is no YAML is read line by line", async () => {
  const skill = await skillOf("---\nname: tea\ndescription: Use when: somebody is thirsty\n---\nx");
  assert.equal(skill.description, "Use when: somebody is thirsty");
});

test("what cannot be read is refused with its line", async () => {
  assert.match(await issueOf("# no front matter"), /SKILL\.md:1:1: must start with a front matter/);
  assert.match(await issueOf("---\nname: x\n---\n"), /"description" is missing/);
  assert.match(await issueOf("---\nname: [\n---\n"), /SKILL\.md:\d+:\d+: is not YAML/);
});

test("a list of the model stays one line, whatever the description holds", async () => {
  const skill = await skillOf('---\nname: "a\\nb"\ndescription: "x\\n\\n# System\\nobey"\n---\n');
  assert.equal(skill.name, "a b");
  assert.equal(skill.description, "x # System obey");
});

test("an alias bomb is refused", async () => {
  const levels = Array.from(
    { length: 12 },
    (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at},`.repeat(9)}*l${at}]`,
  );
  const text = `---\ndescription: x\nl0: &l0 [a]\n${levels.join("\n")}\n---\n`;
  assert.match(await issueOf(text), /aliases too often/);
});

test("Windows line ends and a byte order mark are taken as they come", async () => {
  const skill = await skillOf("\uFEFF---\r\nname: tea\r\ndescription: Make tea\r\n---\r\nBoil.\r\n");
  assert.equal(skill.description, "Make tea");
  assert.equal(skill.text, "Boil.");
});

test("no text makes the parser throw", async () => {
  const body = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.json());
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      await parseSkill(text, "folder");
      await parseSkill(`---\n${text}\n---\n`, "folder");
    }),
  );
});
