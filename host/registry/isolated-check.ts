/**
 * Settings against a schema with regular expressions, which only an isolate may try: one that goes back and forth over
 * a text without end (`(.*)*x`) would hold whoever tries it.
 *
 * The schema becomes the parameters of a tool that does nothing, and the settings its arguments, which the runtime in
 * the isolate checks before the call. The isolate has no rights and no session, and ends with the check.
 */
import { asHostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { REGISTRY, SANDBOX } from "#host/base/limits.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import type { Manifest } from "#manifests/manifest.ts";
import { sha256 } from "./folder.ts";

const TOOL = "settings";
const BYTES = new TextEncoder();

/** True if a validator would make a regular expression of something in it. */
export function hasPatterns(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  return Object.entries(schema).some(
    ([key, value]) => key === "pattern" || key === "patternProperties" || hasPatterns(value),
  );
}

/** What is wrong, or null. Rejects with `sandbox.unavailable` where nothing can be tried. */
export async function problemInIsolate(
  { id, configSchema }: Manifest,
  config: JsonObject,
  sandboxes: Pick<Sandboxes, "callTool" | "retire">,
): Promise<string | null> {
  const script = scriptFor(configSchema);
  // No manifest can have this id, and it holds no rights.
  const name = `${TOOL}:${id}`;
  const code = {
    id: name,
    trustGroup: "rightless",
    hash: sha256(script),
    load: () => Promise.resolve(BYTES.encode(script)),
    config: {},
    heapMiB: SANDBOX.heapMiB,
    rssMiB: SANDBOX.rssMiB,
    cpuSliceMs: REGISTRY.settingsSliceMs,
    deadlineMs: REGISTRY.describeDeadlineMs,
    wasm: false,
  };
  try {
    const { isError, content } = await sandboxes.callTool(code, {
      run: { runId: name, sessionKey: name, sessionId: name, agentId: name },
      callId: name,
      tool: TOOL,
      args: config,
      signal: new AbortController().signal,
      onUpdate: () => undefined,
    });
    if (isError !== true) return null;
    const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
    return text.replace(`Cannot run "${TOOL}": argument `, "").replace(`Cannot run "${TOOL}": `, "");
  } catch (thrown) {
    const error = asHostError(thrown);
    if (error.code === "sandbox.unavailable") throw error;
    return `the schema cannot be used, or checking it takes too long (${error.message})`;
  } finally {
    sandboxes.retire(name);
  }
}

function scriptFor(schema: unknown): string {
  const text = JSON.stringify(JSON.stringify(schema));
  return `var __plugin = { default: { kind: "tool", tools: [{ name: "${TOOL}", description: "",
    parameters: JSON.parse(${text}), execute: () => "right" }] } };`;
}
