/** `openclaw plugin …`, with a gateway that runs and without one: the same commands, the same words. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { startRegistry } from "./npm-registry.fixture.ts";
import { writePlugin } from "./plugins.fixture.ts";
import { run, World } from "./processes.fixture.ts";

const world = new World();
let registry: Awaited<ReturnType<typeof startRegistry>>;
let sources: string;

before(async () => {
  sources = await world.folder();
  const rights = { permissions: { domains: ["api.example.org"] } };
  await writePlugin(join(sources, "plain"), "plain", 'return "plain";');
  await writePlugin(join(sources, "asking"), "asking", 'return "asking";', { manifest: rights });
  await writeFile(join(sources, "allowlist.txt"), "127.0.0.1\nother.example.org\n");
  for (const id of ["packed", "published"]) await writePlugin(join(sources, id, "package"), id, 'return "";');
  for (const id of ["packed", "published"])
    await promisify(execFile)("tar", ["-czf", `${id}.tgz`, "-C", id, "package"], { cwd: sources });
  registry = await startRegistry("@someone/published", await readFile(join(sources, "published.tgz")));
});
after(async () => {
  await world.close();
  await registry.close();
});

for (const running of [true, false]) {
  describe(running ? "with a running gateway" : "without a gateway", () => {
    let stateDir: string;

    before(async () => {
      stateDir = await world.folder();
      const config = { network: { allowlist: join(sources, "allowlist.txt") } };
      await writeFile(join(stateDir, "openclaw.json"), JSON.stringify(config));
      if (running) await world.gateway({ npm_config_registry: registry.address }, stateDir);
    });

    const plugin = (...args: string[]) =>
      run(stateDir, ["plugin", ...args], { npm_config_registry: registry.address });

    async function says(args: readonly string[], ...parts: readonly RegExp[]): Promise<void> {
      const { code, stdout, stderr } = await plugin(...args);
      assert.equal(code, 0, stderr);
      for (const part of parts) assert.match(stdout, part);
    }

    async function fails(args: readonly string[], ...parts: readonly RegExp[]): Promise<void> {
      const { code, stderr } = await plugin(...args);
      assert.equal(code, 1, stderr);
      for (const part of parts) assert.match(stderr, part);
      assert.match(stderr, /^openclaw: .*\. [A-Z]/);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
      assert.doesNotMatch(stderr, /(\. .{10,})\1/);
    }

    test("list shows what is built in", async () => {
      await says(["list"], /^ID +VERSION/, /\ndates +0\.1\.0 +skill +built in +ready/);
    });

    test("install takes a folder; without rights it is ready at once", async () => {
      await says(["install", join(sources, "plain")], /plain 1\.0\.0 \(tool, installed\): ready/, /tools:/);
    });

    test("install takes an archive", async () => {
      await says(["install", join(sources, "packed.tgz")], /packed 1\.0\.0 .*: ready/);
    });

    test("install takes the name of an npm package", async () => {
      await says(["install", "@someone/published"], /published 1\.0\.0 .*: ready/);
    });

    test("a name that npm does not know is told, with a fix", async () => {
      await fails(["install", "no-such-thing"], /Cannot install "no-such-thing" from npm: .*404 Not Found/);
    });

    test("a path at which nothing stands is told with the place that was looked at", async () => {
      await fails(["install", "./no-such-folder"], /"\.\/no-such-folder".*\/no-such-folder$/m);
    });

    test("what asks for rights waits; grant, info, revoke and deny say what it holds", async () => {
      await says(
        ["install", join(sources, "asking")],
        /waiting/,
        /asks for:\n +.*api\.example\.org/,
        /plugin grant asking --request [0-9a-f]{64}/,
      );
      await fails(["grant", "asking"], /no terminal/, /plugin grant asking --request [0-9a-f]{64}/);
      await fails(
        ["grant", "asking", "--request", "0".repeat(64)],
        /not what it asks for now, which is: domain api\.example\.org/,
      );
      const { stdout } = await plugin("info", "asking");
      const request = /--request ([0-9a-f]{64})/.exec(stdout)?.[1] ?? "";
      await says(["grant", "asking", "--request", request], /: ready/, /holds:\n +.*api\.example\.org/);
      assert.doesNotMatch((await plugin("info", "asking")).stdout, /asks for/);
      await says(["info", "asking"], /: ready/, /holds/);
      await says(["revoke", "asking"], /: (?:waiting|denied)/);
      await says(["deny", "asking"], /: denied/);
    });

    test("install says which of the rights Squid does not let through", async () => {
      await says(["info", "asking"], /outside the Squid allowlist:\n +api\.example\.org/);
      await writeFile(join(sources, "allowlist.txt"), "api.example.org\n");
      const { stdout } = await plugin("info", "asking");
      assert.doesNotMatch(stdout, /outside/);
      await writeFile(join(sources, "allowlist.txt"), "127.0.0.1\nother.example.org\n");
    });

    test("--yes grants at once", async () => {
      await says(["remove", "asking"], /removed/);
      await says(["install", join(sources, "asking"), "--yes"], /asking 1\.0\.0 .*: ready/, /holds/);
    });

    test("a removed plugin is gone; one that is built in cannot be removed", async () => {
      await says(["remove", "plain"], /plain: removed/);
      await fails(["info", "plain"], /plain/);
      await fails(["remove", "dates"], /dates/);
    });

    test("an unknown plugin is named with the nearest one", async () => {
      await fails(["info", "pakced"], /pakced/, /packed/);
      await fails(["grant", "pakced"], /pakced/);
    });
  });
}
