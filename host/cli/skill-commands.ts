/**
 * `openclaw skills …`: which skills there are, whether they can be used, and what is wrong with one.
 *
 * `check` reads files alone and says what it found of each `SKILL.md` as it goes: file, line and column, then a count.
 * It fails where one is broken.
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { HostError } from "#host/base/errors.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import type { SkillVerdict } from "#host/base/skill.ts";
import type { CliContext, Control } from "./control.ts";
import { indented } from "./print.ts";
import { skillInfoLines, skillLines } from "./skill-lines.ts";
import { listOf } from "./status-lines.ts";

type WithControl = (run: (control: Control) => Promise<void>) => Promise<void>;

interface Shown {
  readonly json?: boolean;
}

export function addSkillCommands(
  program: Command,
  context: CliContext,
  { withControl, fail }: { readonly withControl: WithControl; readonly fail: () => void },
): void {
  const skills = program
    .command("skills")
    .description("skills: which there are and whether they can be used");
  skills
    .command("list")
    .option("--json", "as JSON")
    .option("--eligible", "only those that can be used here")
    .description("every skill, and why one cannot be used here")
    .action((options: Shown & { eligible?: boolean }) =>
      withControl(async (control) => {
        const all = await skillsOf(control);
        const rows = options.eligible === true ? all.filter((row) => row.eligible === true) : all;
        if (options.json === true) context.write(JSON.stringify(rows, null, 2));
        else skillLines(rows).forEach(context.write);
      }),
    );
  skills
    .command("info")
    .argument("<name>")
    .option("--json", "as JSON")
    .description("one skill: what it needs, what of it is missing, who holds it")
    .action((name: string, options: Shown) =>
      withControl(async (control) => {
        const row = findSkill(await skillsOf(control), name);
        if (options.json === true) context.write(JSON.stringify(row, null, 2));
        else skillInfoLines(row).forEach(context.write);
      }),
    );
  skills
    .command("install")
    .argument("<source>")
    .description("not there yet: says how a skill gets in today")
    .action((source: string) => {
      throw new HostError(
        "request.invalid",
        `Cannot install the skill "${source}": only plugins are installed so far`,
        {
          fix: `If it has an openclaw.plugin.json: openclaw plugin install ${source}. If it is a SKILL.md alone, read it ("openclaw skills check") and copy its folder to ~/.openclaw/skills/`,
        },
      );
    });
  skills
    .command("check")
    .argument("[folder]", "look here instead of where skills are kept")
    .option("--json", "one JSON object a line, for each skill")
    .description("read every SKILL.md and say what is broken, with file and line")
    .action(async (folder: string | undefined, options: Shown) => {
      const broken = await check(context, folder ?? null, options);
      if (broken > 0) fail();
    });
}

async function skillsOf(control: Control): Promise<JsonObject[]> {
  const answer = await control.request("skills.status");
  if (!isJsonObject(answer)) throw new HostError("internal", "The gateway gave no list of skills");
  return listOf(answer.skills);
}

function findSkill(rows: readonly JsonObject[], name: string): JsonObject {
  const found = rows.find((row) => row.name === name || row.skillKey === name);
  if (found !== undefined) return found;
  throw new HostError("plugin.unknown", `Cannot show the skill "${name}": there is none of that name`, {
    fix: '"openclaw skills list" names them; "openclaw skills check" says which files cannot be read',
  });
}

/** Resolves with how many are broken. */
async function check(context: CliContext, folder: string | null, { json = false }: Shown): Promise<number> {
  const tools = await context.openSkillTools();
  const roots = folder === null ? await tools.folders() : [resolve(context.cwd, folder)];
  const counts = { good: 0, odd: 0, broken: 0 };
  for (const root of roots) {
    for await (const verdict of verdictsOf(tools.check(root), root)) {
      counts[verdict.verdict]++;
      if (json) context.write(JSON.stringify({ root, ...verdict }));
      else verdictLines(verdict).forEach(context.write);
    }
  }
  const { good, odd, broken } = counts;
  if (!json) context.write(`${good + odd + broken} skills: ${good} good, ${odd} odd, ${broken} broken`);
  return broken;
}

async function* verdictsOf(verdicts: AsyncIterable<SkillVerdict>, root: string): AsyncIterable<SkillVerdict> {
  try {
    yield* verdicts;
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
    if (thrown instanceof HostError || !/^E[A-Z]+$/.test(code)) throw thrown;
    throw new HostError("request.invalid", `Cannot check "${root}": it cannot be read (${code})`, {
      fix: "Name a folder that you may read",
    });
  }
}

function verdictLines({ path, name, verdict, issues }: SkillVerdict): string[] {
  const what = name === null || path.endsWith(name) ? "" : ` (${name})`;
  return [
    `${verdict.padEnd(6)} ${path === "" ? "." : path}${what}`,
    ...indented(issues.map(({ text }) => text)),
  ];
}
