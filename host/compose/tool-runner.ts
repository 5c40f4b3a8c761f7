/**
 * Tools as the agent runs them: looked up in the registry, run in a sandbox.
 *
 * Guarantees that a tool's failure, whatever it is, becomes a result that the model can use, in the same
 * words that the owner reads. Refuses tools that the configuration does not allow.
 */
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import type { Log } from "#host/base/log.ts";
import { isJsonObject, type JsonObject } from "#host/base/json.ts";
import type { ToolOutcome, ToolRunner } from "#host/agent/tool-runner.ts";
import type { OutsideWatch } from "./outside.ts";
import type { Registry } from "#host/registry/registry.ts";
import type { Sandboxes } from "#host/sandbox/contract.ts";
import type { ToolResult } from "#host/sdk/tool.ts";

/** Names of tools; `allow` is null when all may be used. */
export interface ToolPolicy {
  readonly allow: readonly string[] | null;
  readonly deny: readonly string[];
}

export interface ToolRunnerDeps {
  readonly registry: Pick<Registry, "tool" | "tools">;
  readonly sandboxes: Pick<Sandboxes, "callTool">;
  readonly policy: () => ToolPolicy;
  readonly log: Pick<Log, "warn">;
  readonly outside: Pick<OutsideWatch, "hasBeenOutside">;
}

export function createToolRunner(deps: ToolRunnerDeps): ToolRunner {
  const isAllowed = (name: string) => {
    const { allow, deny } = deps.policy();
    return !deny.includes(name) && (allow === null || allow.includes(name));
  };
  return {
    async list() {
      return deps.registry
        .tools()
        .flatMap(({ descriptor }) => (isAllowed(descriptor.name) ? [descriptor] : []));
    },
    async run(call, run, options) {
      const tool = isAllowed(call.name) ? deps.registry.tool(call.name) : null;
      if (tool === null) return failure(unknownTool(call.name));
      const marked = (outcome: ToolOutcome): ToolOutcome =>
        deps.outside.hasBeenOutside(tool.pluginId, run.sessionKey)
          ? { ...outcome, isFromOutside: true }
          : outcome;
      try {
        const request = { run, callId: call.id, tool: call.name, args: call.arguments, ...options };
        return marked(toOutcome(await deps.sandboxes.callTool(tool.code, request)));
      } catch (thrown) {
        const error = asHostError(thrown);
        if (error.code === "aborted") throw error;
        if (error.code.startsWith("plugin."))
          deps.log.warn(`The tool "${call.name}" failed`, { plugin: tool.pluginId, error });
        // What a plugin throws is its words, too.
        return marked(failure(error));
      }
    },
  };
}

function toOutcome({ content, details, isError }: ToolResult): ToolOutcome {
  return { content, details: ownDetails(details), isError: isError ?? false };
}

/**
 * The result crossed the pipe as JSON, so what is an object is one of JSON. By this code the page knows a refusal of
 * the host's, with what its owner can do: a plugin must not put words into that place.
 */
function ownDetails(details: unknown): JsonObject | null {
  if (!isJsonObject(details)) return null;
  const { code, ...others } = details;
  return code === REFUSED ? others : details;
}

function unknownTool(name: string): HostError {
  return new HostError("plugin.unknown", `There is no tool "${name}"`, {
    fix: "Use one of the tools that were listed",
  });
}

const REFUSED = "effect.denied";

/** A refusal says so in its details, so that the page can tell it from a failure. */
function failure(error: HostError): ToolOutcome {
  const details = error.code === REFUSED ? { code: error.code, fix: error.fix ?? null } : null;
  return { content: [{ type: "text", text: explain(error) }], details, isError: true };
}
