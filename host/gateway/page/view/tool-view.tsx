/** One tool call: a line that says what runs and how it ended, and behind it arguments and result. */
import { memo } from "hono/jsx/dom";
import type { ToolPhase, ToolView as Tool } from "../state/transcript.ts";
import { Icon } from "./icons.tsx";

const SHOWN_RESULT = 20_000;
const SUMMARY_LENGTH = 80;

const PHASE_WORDS: Readonly<Record<ToolPhase, string>> = {
  running: "running",
  done: "done",
  failed: "failed",
  refused: "refused",
  stopped: "stopped",
};

export const ToolView = memo<{ readonly tool: Tool }>(({ tool }) => {
  const wrong = tool.phase === "failed" || tool.phase === "refused";
  return (
    <details class={`tool ${tool.phase}`}>
      <summary>
        <Icon name={wrong ? "alert" : tool.phase === "done" ? "check" : "tool"} />
        <span class="tool-name">{tool.name}</span>
        <span class="tool-summary">{summaryOf(tool)}</span>
        <span class="tool-phase">{PHASE_WORDS[tool.phase]}</span>
      </summary>
      <div class="tool-body">
        <h4>Arguments</h4>
        <pre tabIndex={0}>{JSON.stringify(tool.args, null, 2)}</pre>
        {tool.progress !== "" && tool.phase === "running" && <Block title="So far" text={tool.progress} />}
        {tool.result !== "" && <Block title={wrong ? "Reason" : "Result"} text={tool.result} />}
        {tool.fix !== null && <Block title="What you can do" text={tool.fix} />}
      </div>
    </details>
  );
});

function Block({ title, text }: { title: string; text: string }) {
  const cut = text.length > SHOWN_RESULT;
  return (
    <>
      <h4>{title}</h4>
      <pre tabIndex={0}>{cut ? `${text.slice(0, SHOWN_RESULT)}\n…` : text}</pre>
      {cut && <p class="quiet">{`${text.length - SHOWN_RESULT} more characters are not shown.`}</p>}
    </>
  );
}

/** The reason where something went wrong, otherwise the latest word of the tool, otherwise what it was asked. */
function summaryOf(tool: Tool): string {
  const wrong = tool.phase === "failed" || tool.phase === "refused";
  if (wrong && tool.result !== "") return firstLine(tool.result);
  if (tool.phase === "running" && tool.progress !== "") return firstLine(tool.progress);
  const args = Object.values(tool.args).map((value) =>
    typeof value === "string" ? value : JSON.stringify(value),
  );
  return firstLine(args.join(", "));
}

function firstLine(text: string): string {
  const line = text.trimStart().split("\n", 1)[0] ?? "";
  return line.length > SUMMARY_LENGTH ? `${line.slice(0, SUMMARY_LENGTH)}…` : line;
}
