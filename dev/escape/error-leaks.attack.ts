/** Errors from every door, and the stacks in them, searched for what belongs to the host. */
import type { Hazard } from "./hazard.ts";
import { huntIn } from "./hunt.ts";

export const hazard: Hazard = {
  name: "errors and stacks that tell of the host: paths, modules, line numbers of its own files",
  wall: "isolate: errors are made anew on each side",
  canary: "a path of the host, or a stack frame of its code",
  without: "`node:vm` in the isolate's place",
  attack: (wall, files) =>
    huntIn(
      wall,
      files,
      `const texts = [], values = [];
       Error.stackTraceLimit = 100;
       const keep = (error) => {
         for (let at = error, deep = 0; at && deep < 5; at = at.cause, deep++) {
           values.push(at);
           texts.push(String(at), String(at?.stack), ...Reflect.ownKeys(Object(at)).map((key) => { try { return String(key) + String(at[key]); } catch { return ""; } }));
         }
       };
       const circular = {}; circular.self = circular;
       const deep = () => { let value = 1; for (let i = 0; i < 5000; i++) value = [value]; return value; };
       const tries = [
         () => fetch("https://example.org/"), () => fetch("file:///etc/passwd"), () => fetch("not a url"), () => fetch("https://u:p@example.org/"),
         () => ctx.files.read("../../etc/passwd"), () => ctx.files.readText("a\\0b"), () => ctx.files.read(), () => ctx.files.write("a", Symbol()),
         () => ctx.update(Symbol()), () => ctx.update(deep()), () => console.log(circular, Symbol(), deep()), () => setTimeout("code"), () => setTimeout(Symbol()),
         () => new URL(""), () => new Response(1, { status: 1 }), () => structuredClone(() => {}), () => crypto.getRandomValues(new Uint8Array(1e6)),
         () => crypto.subtle.digest("none", new Uint8Array(1)), () => import("x"), () => eval("("), () => JSON.parse("{"), () => (function f() { f(); })(), () => "x".repeat(2 ** 30), () => new ArrayBuffer(-1),
         () => { Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFileName() + site.getFunctionName() + site.getThis() + site.getEvalOrigin()).join(); const text = new Error().stack; delete Error.prepareStackTrace; texts.push(text); },
       ];
       for (const attempt of tries) { try { await attempt(); } catch (error) { keep(error); } }
       texts.push(new Error().stack);
       const leak = /node:|\\/(?:work|home|tmp|usr|root|sandbox|builds?|Users)\\/|\\.mjs|\\.node\\b|isolated-vm|node_modules|\\[eval\\]|child\\.m?js/;
       const line = texts.join("\\n").split("\\n").find((each) => leak.test(each.replaceAll("file:///etc/passwd", "")));
       if (line !== undefined) return "told: " + line.trim();
       return values.length < 15 ? "only " + values.length + " errors" : hunt(values, globalThis);`,
    ),
};
