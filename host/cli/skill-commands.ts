/**
 * `openclaw skills …`: which skills there are, whether they can be used, and what is wrong with one.
 *
 * `check` reads files alone and says what it found of each `SKILL.md` as it goes: file, line and column, then a count.
 * It fails where one is broken.
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { HostError } from "#host/base/errors.ts";
import type { SkillVerdict } from "#host/base/skill.ts";
import type { CliContext } from "./control.ts";
import { indented } from "./print.ts";

interface Shown {
  readonly json?: boolean;
}

export function addSkillCommands(
  program: Command,
  context: CliContext,
  { fail }: { readonly fail: () => void },
): void {
  const skills = program
    .command("skills")
    .description("skills: which there are and whether they can be used");
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
