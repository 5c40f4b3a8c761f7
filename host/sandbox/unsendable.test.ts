/** What a model makes a plugin ask for is an error of that call, never the end of the process. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { callText, createRig, request, toolPlugin } from "./sandboxes-for-tests.ts";

const rig = createRig();
after(() => rig.sandboxes.stop());

const ODD = [
  ['ctx.files.readText("")', "its path is empty"],
  ['ctx.files.readText("x".repeat(20000))', "its path has 20000 characters, the limit is 16384"],
  ['ctx.files.read("a", { offset: -1 })', "its offset must be a whole number"],
  ['ctx.files.read("a", { length: 1.5 })', "its length must be a whole number"],
  ['fetch("https://x.example/" + "y".repeat(20000))', "its url has 20018 characters"],
  ['fetch("https://x.example/", { headers: { a: "b".repeat(70000) } })', "its headers have 70001 characters"],
  ['ctx.storage.set("k".repeat(20000), 1)', "its key has 20000 characters"],
  ['ctx.secrets.use("")', "its name is empty"],
  ['ctx.secrets.use("n".repeat(65))', "its name has 65 characters"],
  ['ctx.net.connect({ host: "", port: 1 })', "its host is empty"],
  ['ctx.net.connect({ host: "h", port: 0 })', "its port must be a whole number from 1"],
  ['ctx.commands.run("")', "its command is empty"],
  ['ctx.commands.run("c", Array(5000).fill(""))', "it has 5000 arguments"],
  ['ctx.commands.run("c", ["a".repeat(300000)])', "one of its arguments has 300000 characters"],
] as const;

test("an effect that may not be sent is told to the plugin, which goes on in the same process", async () => {
  const tries = ODD.map(([code]) => `async () => ${code}`).join(",\n");
  const plugin = toolPlugin(
    "odd",
    `async (args, ctx) => {
      const told = [];
      for (const attempt of [${tries}]) told.push(await attempt().then(() => "done", (e) => e.cause?.message ?? e.message));
      return JSON.stringify(told);
    }`,
  );
  const told = JSON.parse(await callText(rig.sandboxes, plugin)) as string[];
  ODD.forEach(([code, rule], at) => assert.ok(told[at]?.includes(rule), `${code}: ${told[at]}`));
  assert.equal((await rig.sandboxes.callTool(plugin, request(plugin))).isError, undefined);
  assert.deepEqual(
    rig.log.filter((line) => line.includes('"level":"error"')),
    [],
  );
});
