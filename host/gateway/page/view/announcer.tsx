/**
 * Tells screen readers what happened, once for each event: that an answer began, what it says when it is
 * whole, and that a question waits. Single tokens are never read out.
 */
import { memo } from "hono/jsx/dom";
import type { AppState } from "../state/app-state.ts";
import { type Entry, isRunning } from "../state/transcript.ts";

const READ_OUT = 400;

interface Props {
  readonly transcript: AppState["transcript"];
  readonly approvals: AppState["approvals"];
}

export const Announcer = memo<Props>(({ transcript, approvals }) => (
  <>
    <p class="only-read" role="status">
      {answerText(transcript.live.at(-1) ?? transcript.settled.at(-1))}
    </p>
    <p class="only-read" role="alert">
      {approvals[0] === undefined ? "" : `A question waits for your answer: ${approvals[0].title}`}
    </p>
  </>
));

function answerText(last: Entry | undefined): string {
  if (last?.kind !== "answer") return "";
  if (isRunning(last)) return "The assistant is answering";
  if (last.problem !== null) return `The answer failed: ${last.problem}`;
  const text = last.parts.map((part) => (part.kind === "text" ? part.text : "")).join(" ");
  return text.length > READ_OUT ? `${text.slice(0, READ_OUT)}… The answer is longer.` : text;
}
