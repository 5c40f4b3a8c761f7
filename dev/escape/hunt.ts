/**
 * The hunt through an isolate: from whatever an attacker holds, along prototypes, constructors and properties, to
 * anything that belongs to the process around it.
 */
import type { SandboxFiles } from "#host/sandbox/confinement.ts";
import { callText, createRig, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";
import type { Outcome, WallState } from "./hazard.ts";
import { callWithoutIsolate } from "./without-isolate.ts";

/**
 * Plugin source. `hunt(...seeds)` answers `found …` or `nothing among N values`. Each value's own constructor is
 * asked for code, since that runs in the realm which made the value.
 */
const HUNT = `
  const WANTED = "return typeof process === 'object' && process.versions ? 'process of Node ' + process.versions.node"
    + " : typeof require === 'function' ? 'require' : typeof Deno === 'object' ? 'Deno' : typeof Bun === 'object' ? 'Bun' : ''";
  function hunt(...seeds) {
    const seen = new Set(), queue = [...seeds];
    for (let at = 0; at < queue.length && seen.size < 20000; at++) {
      const value = queue[at];
      if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
      seen.add(value);
      for (const look of [
        () => value.constructor.constructor(WANTED)(),
        () => value.constructor(WANTED)(),
        () => value.versions.node && "process of Node " + value.versions.node,
        () => typeof value.applySync === "function" && "a reference of isolated-vm",
        () => typeof value.createContextSync === "function" && "an isolate of isolated-vm",
        () => value.caller && queue.push(value.caller, value.arguments) && "",
      ]) {
        let got;
        try { got = look(); } catch (error) { if (!(value instanceof Error)) queue.push(error); }
        if (typeof got === "string" && got !== "") return "found " + got;
      }
      queue.push(Object.getPrototypeOf(value));
      for (const key of Reflect.ownKeys(value)) {
        const property = Object.getOwnPropertyDescriptor(value, key);
        if (property !== undefined) queue.push(property.value, property.get, property.set);
      }
    }
    return "nothing among " + seen.size + " values";
  }
`;

/** Fewer than this and the hunt has not seen the isolate's own globals. */
const LEAST = 200;

/**
 * `body` is what the attacker's tool does, with `hunt`, `args` and `ctx` at hand, and answers what the hunt said.
 * Called a second time, the same tool must do its honest work.
 */
export async function huntIn(wall: WallState, files: SandboxFiles, body: string): Promise<Outcome> {
  const execute = `async (args, ctx) => { if (args.honest) return "works"; ${body} }`;
  const plugin = toolPlugin("hunter", execute, { before: HUNT });
  const { sandboxes } = createRig({
    files: Promise.resolve(files),
    perform: async () => ({
      ok: false,
      failure: { code: "denied", message: "Cannot do this", fix: "Don't" },
    }),
  });
  try {
    const said =
      wall === "stands" ? await callText(sandboxes, plugin) : await callWithoutIsolate(files.node, plugin);
    const looked = Number(/nothing among (\d+) values/.exec(said)?.[1] ?? LEAST);
    const control = await callText(sandboxes, plugin, { args: { honest: true } });
    return {
      harm: said.startsWith("nothing") ? null : said,
      control: looked >= LEAST ? control : null,
    };
  } finally {
    await sandboxes.stop();
  }
}
