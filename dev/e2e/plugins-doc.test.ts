/**
 * A stranger's afternoon: docs/plugins.md from its first line to its last, command by command, in an empty home.
 *
 * A block `sh` is run, a block with a file's name is written to that file, and every line of a block `text` must come
 * in the output of the command before it. `plugin dev` runs until it has shown them, and is stopped as by Ctrl-C.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { root } from "../gateway-process.ts";
import { World } from "./processes.fixture.ts";

const world = new World();
after(() => world.close());

interface Block {
  readonly language: string;
  /** Where it is written to; empty for what is run or shown. */
  readonly file: string;
  readonly text: string;
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)(?: (\S+))?\n([^]*?)^```$/gm)].map(
    ([, language = "", file = "", text = ""]) => ({ language, file, text }),
  );
}

/** Runs lines in `folder`; gives all output, and the folder that they end in. */
async function runLines(
  lines: string,
  folder: string,
  env: Record<string, string>,
): Promise<{ output: string; folder: string }> {
  const script = `set -e\ncd "${folder}"\n${lines}\necho "::$PWD"`;
  return new Promise((resolve, reject) =>
    execFile("bash", ["-c", script], { env }, (error, stdout, stderr) => {
      const at = stdout.lastIndexOf("::");
      if (error !== null) return reject(new Error(`${lines}\n${stdout}\n${stderr}`));
      resolve({ output: stdout.slice(0, at), folder: stdout.slice(at + 2).trim() });
    }),
  );
}

/** Runs `plugin dev` until it has shown every line, then stops it as Ctrl-C does. */
function runDev(
  command: string,
  shown: readonly string[],
  folder: string,
  env: Record<string, string>,
): Promise<string> {
  const child = spawn("bash", ["-c", `exec ${command}`], { cwd: folder, env });
  let output = "";
  const limit = setTimeout(() => child.kill("SIGINT"), 20_000);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (shown.every((line) => output.includes(line))) child.kill("SIGINT");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve) =>
    child.on("close", () => {
      clearTimeout(limit);
      resolve(output);
    }),
  );
}

test("docs/plugins.md can be followed by a stranger, and its code has no type error", async () => {
  const blocks = blocksOf(await readFile(join(root, "docs", "plugins.md"), "utf8"));
  assert.ok(blocks.filter(({ language }) => language === "sh").length >= 10);
  const home = await world.folder();
  const bin = join(home, "bin");
  await mkdir(bin);
  const openclaw = `#!/bin/sh\nexec "${root}/dist/bun" --no-env-file "${root}/host/main.ts" "$@"\n`;
  await writeFile(join(bin, "openclaw"), openclaw);
  await chmod(join(bin, "openclaw"), 0o755);
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: home };
  let folder = join(home, "work");
  await mkdir(folder);

  for (const [index, { language, file, text }] of blocks.entries()) {
    if (file !== "") {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    } else if (language === "sh") {
      const next = blocks[index + 1];
      const shown = next?.language === "text" ? next.text.split("\n").filter((line) => line !== "") : [];
      const isDev = text.startsWith("openclaw plugin dev");
      const ran = isDev
        ? { output: await runDev(text.trim(), shown, folder, env), folder }
        : await runLines(text, folder, env);
      folder = ran.folder;
      for (const line of shown)
        assert.ok(ran.output.includes(line), `After\n${text}the line\n${line}\nis not in\n${ran.output}`);
    }
  }

  const tsc = join(root, "node_modules", ".bin", "tsc");
  for (const name of await readdir(join(home, "work"))) {
    const { output } = await runLines(`"${tsc}" -p . && echo fine`, join(home, "work", name), env);
    assert.equal(output.trim(), "fine", `${name}: ${output}`);
  }
});
