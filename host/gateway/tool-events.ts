/** Tool calls as `agent` events: stream `tool` for what happens, stream `item` for a line that people read. */
import type { ToolCallPart } from "#host/base/message.ts";
import type { AgentEvent } from "#host/base/run.ts";
import type { ToolEventData } from "./protocol/chat.ts";
import type { RunState } from "./run-state.ts";

export type ToolEvents = readonly (
  | { readonly stream: "tool"; readonly data: ToolEventData }
  | { readonly stream: "item"; readonly data: object }
)[];

export function toolStarted(
  state: RunState,
  { call, repairs = [] }: Extract<AgentEvent, { type: "tool_execution_start" }>,
  ts: number,
): ToolEvents {
  state.toolStarted(call.id, ts);
  return [
    { stream: "item", data: { ...item(call), phase: "start", status: "running", startedAt: ts } },
    {
      stream: "tool",
      data: {
        phase: "start",
        name: call.name,
        toolCallId: call.id,
        args: call.arguments,
        ...(repairs.length === 0 ? {} : { repairs }),
      },
    },
  ];
}

export function toolUpdated(call: ToolCallPart, text: string): ToolEvents {
  const partialResult = { content: [{ type: "text" as const, text }], details: {} };
  return [{ stream: "tool", data: { phase: "update", name: call.name, toolCallId: call.id, partialResult } }];
}

export function toolEnded(
  state: RunState,
  event: Extract<AgentEvent, { type: "tool_execution_end" }>,
  ts: number,
): ToolEvents {
  const { call, result, details, durationMs } = event;
  const startedAt = state.toolEnded(call.id, ts);
  const { isError } = result;
  if (!isError) state.usedTools.add(call.name);
  const status = isError ? "failed" : "completed";
  return [
    {
      stream: "tool",
      data: {
        phase: "result",
        name: call.name,
        toolCallId: call.id,
        isError,
        result: { content: result.content, details: details ?? {} },
        durationMs,
      },
    },
    { stream: "item", data: { ...item(call), phase: "end", status, startedAt, endedAt: ts } },
  ];
}

function item(call: ToolCallPart) {
  return {
    itemId: `tool:${call.id}`,
    toolCallId: call.id,
    name: call.name,
    kind: "tool",
    title: titleOf(call.name),
    commandBearing: false,
  };
}

/** `web_fetch` as `Web Fetch`. */
function titleOf(name: string): string {
  return name
    .split(/[_-]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}
