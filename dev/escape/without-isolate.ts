/**
 * The isolate taken down: the same plugin in `node:vm`, the way in which JavaScript is most often "sandboxed". The
 * context gets its globals and `ctx` from the process that it runs in, and with them a way back.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { PluginCode } from "#host/sandbox/contract.ts";

const run = promisify(execFile);

/** In a process of its own; told by its last line, as JSON. Rejects when the plugin ends the process. */
export async function callWithoutIsolate(
  node: string,
  plugin: PluginCode,
  args: object = {},
): Promise<string> {
  const bundle = new TextDecoder().decode(await plugin.load());
  const program = `(${inVm.toString()})(${JSON.stringify(bundle)}, ${JSON.stringify(args)})`;
  const { stdout } = await run(node, ["--no-warnings", "-e", program], { timeout: 20_000 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as string;
}

/** Its source is what runs: it may use nothing from around it. */
async function inVm(bundle: string, args: object): Promise<void> {
  const vm = process.getBuiltinModule("node:vm");
  const refuse = () => Promise.reject(new Error("refused"));
  const ctx = {
    update: (text: string) => text.length,
    config: {},
    files: { read: refuse, readText: refuse },
  };
  const globals = {
    console: { log() {} },
    setTimeout,
    queueMicrotask,
    fetch: refuse,
    TextEncoder,
    URL,
    Response,
  };
  const context = vm.createContext({ ...globals });
  vm.runInContext(bundle, context, {
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const plugin = vm.runInContext("__plugin.default", context) as {
    tools: { execute(args: object, ctx: object): Promise<string> }[];
  };
  const text = await plugin.tools[0]?.execute(args, ctx);
  await new Promise((resolve) => setTimeout(resolve, 50));
  process.stdout.write(`\n${JSON.stringify(text)}`, () => process.exit(0));
}
