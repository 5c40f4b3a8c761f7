import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { SKILL_CHECK } from "#host/base/limits.ts";
import type { SkillVerdict } from "#host/base/skill.ts";
import { checkSkills, type SkillCheckLimits } from "./check-skills.ts";
import { writeFiles } from "./temporary-registry.ts";

async function collection(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "skills-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function verdicts(root: string, limits: SkillCheckLimits = SKILL_CHECK): Promise<SkillVerdict[]> {
  const all: SkillVerdict[] = [];
  for await (const verdict of checkSkills(root, limits)) all.push(verdict);
  return all;
}

const good = (name: string) => `---\nname: ${name}\ndescription: Make tea\n---\nBoil.\n`;

test("each SKILL.md of a collection has a verdict, with file, line and column of what is wrong", async (t) => {
  const root = await collection(t);
  await writeFiles(root, {
    "tea/SKILL.md": good("tea"),
    "group/coffee/SKILL.md": good("cofee"),
    "group/colon/SKILL.md": "---\nname: colon\ndescription: Use when: thirsty\n---\n",
    "mute/SKILL.md": "---\nname: mute\n---\n",
    "torn/SKILL.md": "---\nname: [\n---\n",
    "small/skill.md": good("small"),
    "node_modules/x/SKILL.md": good("x"),
  });
  const told = await verdicts(root);
  assert.deepEqual(
    told.map(({ path, verdict }) => [path, verdict]),
    [
      ["group/coffee", "odd"],
      ["group/colon", "odd"],
      ["mute", "broken"],
      ["small", "broken"],
      ["tea", "good"],
      ["torn", "broken"],
    ],
  );
  const text = told.flatMap(({ issues }) => issues.map((issue) => issue.text)).join("\n");
  assert.match(text, /group\/coffee\/SKILL\.md:2:1: "name" should be the folder's name/);
  assert.match(text, /group\/colon\/SKILL\.md:3:\d+: is not YAML/);
  assert.match(text, /mute\/SKILL\.md:2:1: "description" is missing/);
  assert.match(text, /torn\/SKILL\.md:\d+:\d+: is not YAML/);
});

test("what is hostile is one broken verdict: binary, huge, links, pipes, folders in a file's place", async (t) => {
  const root = await collection(t);
  for (const name of ["binary", "latin", "huge", "link", "pipe", "folder"]) await mkdir(join(root, name));
  await writeFile(join(root, "binary/SKILL.md"), Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1));
  await writeFile(join(root, "latin/SKILL.md"), Uint8Array.of(0x2d, 0x2d, 0x2d, 0x0a, 0xff, 0xfe));
  await writeFile(join(root, "huge/SKILL.md"), "---\n");
  await truncate(join(root, "huge/SKILL.md"), 100 * 1_048_576);
  await symlink("/etc/passwd", join(root, "link/SKILL.md"));
  await symlink(root, join(root, "loop"));
  execFileSync("mkfifo", [join(root, "pipe/SKILL.md")]);
  await mkdir(join(root, "folder/SKILL.md"));
  const from = performance.now();
  const told = await verdicts(root);
  assert.ok(performance.now() - from < 3_000);
  assert.deepEqual(
    told.map(({ path, verdict }) => `${path} ${verdict}`),
    ["binary", "folder", "huge", "latin", "link", "pipe"].map((name) => `${name} broken`),
  );
  assert.match(told[0]?.issues[0]?.text ?? "", /is not text in UTF-8/);
  assert.match(told[2]?.issues[0]?.text ?? "", /larger than 262144 bytes/);
  assert.ok(!JSON.stringify(told).includes("root:"));
});

test("ten thousand folders are looked at within bounds, and more than is allowed is said", async (t) => {
  const root = await collection(t);
  execFileSync("sh", ["-c", "seq 1 10000 | xargs mkdir"], { cwd: root });
  await writeFiles(root, { "5000/SKILL.md": good("5000") });
  const told = await verdicts(root);
  assert.deepEqual(
    told.map(({ path, verdict }) => [path, verdict]),
    [["5000", "good"]],
  );
  const few = await verdicts(root, { ...SKILL_CHECK, maxFolders: 10 });
  assert.match(few.at(-1)?.issues[0]?.text ?? "", /more than 10 folders/);
  await mkdir(join(root, "1", ...Array.from({ length: 20 }, () => "d")), { recursive: true });
  const deep = await verdicts(root);
  assert.match(deep[0]?.issues[0]?.text ?? "", /more than 16 deep/);
});

test("whatever bytes a SKILL.md has, it gets one verdict with a place, and nothing is thrown", async (t) => {
  const root = await collection(t);
  await mkdir(join(root, "any"));
  const yaml = fc.oneof(
    fc.string(),
    fc
      .array(
        fc.constantFrom(
          "- ",
          "a: ",
          "{",
          "[",
          "&a ",
          "*a",
          '"',
          "'",
          "|\n",
          ">\n",
          "\t",
          "\n",
          "? ",
          "!!x ",
          "#",
          ": ",
          "---\n",
          "description: ",
          "metadata: ",
          "openclaw: ",
          "requires: ",
          "  ",
        ),
      )
      .map((parts) => parts.join("")),
  );
  const body = fc.oneof(
    yaml.map((text) => Buffer.from(`---\n${text}\n---\n`)),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(body, async (bytes) => {
      await writeFile(join(root, "any/SKILL.md"), bytes);
      const told = await verdicts(root);
      assert.equal(told.length, 1);
      for (const { line, column, text } of told[0]?.issues ?? []) {
        assert.ok(line >= 1 && column >= 1 && text.startsWith(`any/SKILL.md:${line}:${column}: `));
      }
    }),
    { numRuns: 300 },
  );
});
