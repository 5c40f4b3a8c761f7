/** What the README shows and counts up is what the code has. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT_CODES } from "#host/base/errors.ts";
import { root } from "./gateway-process.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const scripts = (
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> }
).scripts;

/** The indented block behind a line that names its file. */
function block(file: string): string {
  const lines = readme.split("\n");
  const start = lines.findIndex((line) => line.trim() === file) + 1;
  const end = lines.findIndex((line, index) => index >= start && line.trim() === "");
  return `${lines
    .slice(start, end)
    .map((line) => line.slice(4))
    .join("\n")}\n`;
}

test("the plugin in the README is the one that the tests drop into place", () => {
  for (const name of ["openclaw.plugin.json", "main.ts"]) {
    assert.equal(
      block(`~/.openclaw/plugins/dice/${name}`),
      readFileSync(join(root, "dev", "fixtures", "dice", name), "utf8"),
    );
  }
});

test("the two commands are scripts of the package", () => {
  for (const name of ["start", "test", "openclaw"]) assert.ok(name in scripts, name);
});

test("every exit code stands in the README", () => {
  for (const code of Object.values(EXIT_CODES))
    assert.match(readme, new RegExp(`^\\| .*\\b${code}\\b`, "m"), String(code));
});

test("every variable that main and the configuration read stands in the README", () => {
  for (const name of [
    "OPENCLAW_STATE_DIR",
    "OPENCLAW_GATEWAY_PORT",
    "OPENCLAW_GATEWAY_TOKEN",
    "OPENCLAW_LOG_LEVEL",
    "OLLAMA_HOST",
  ]) {
    assert.ok(readme.includes(`\`${name}\``), name);
  }
});
