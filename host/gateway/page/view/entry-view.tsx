/** One entry of the conversation: what a person said, or an answer with its parts. */
import { memo } from "hono/jsx/dom";
import { type AnswerEntry, type Entry, type Part, type UserEntry, isRunning } from "../state/transcript.ts";
import { Icon } from "./icons.tsx";
import { MarkdownView } from "./markdown-view.tsx";
import { ToolView } from "./tool-view.tsx";

export const EntryView = memo<{ readonly entry: Entry; readonly queued: boolean }>(({ entry, queued }) =>
  entry.kind === "user" ? <UserView entry={entry} /> : <AnswerView entry={entry} queued={queued} />,
);

function UserView({ entry }: { entry: UserEntry }) {
  return (
    <article class="user" aria-label="You">
      <div class="bubble">{entry.text}</div>
      {entry.phase === "failed" && <p class="wrong">Not sent</p>}
    </article>
  );
}

function AnswerView({ entry, queued }: { entry: AnswerEntry; queued: boolean }) {
  const running = isRunning(entry);
  if (!running && entry.parts.length === 0 && entry.phase === "done") return <></>;
  return (
    <article class="answer" aria-label="Assistant" aria-busy={running ? "true" : "false"}>
      {entry.parts.map((part, index) => (
        <PartView
          key={keyOf(part, index)}
          part={part}
          growing={running && index === entry.parts.length - 1}
        />
      ))}
      {queued && <p class="ending">Waits for its turn</p>}
      {running && !queued && !isWriting(entry) && <Working />}
      {entry.phase === "aborted" && <p class="ending">Stopped</p>}
      {entry.problem !== null && (
        <p class="wrong boxed">
          <Icon name="alert" />
          <span>{entry.problem}</span>
        </p>
      )}
    </article>
  );
}

function PartView({ part, growing }: { part: Part; growing: boolean }) {
  if (part.kind === "tool") return <ToolView tool={part.tool} />;
  if (part.kind === "text") return <MarkdownView text={part.text} growing={growing} />;
  return (
    <details class="thinking">
      <summary>{growing ? "Thinking" : "Thought"}</summary>
      <p>{part.text}</p>
    </details>
  );
}

function Working() {
  return (
    <p class="working">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class="only-read">Working</span>
    </p>
  );
}

/** Text that grows is a sign of life by itself. */
function isWriting(entry: AnswerEntry): boolean {
  const last = entry.parts.at(-1);
  return last?.kind === "text" || (last?.kind === "tool" && last.tool.phase === "running");
}

function keyOf(part: Part, index: number): string {
  return part.kind === "tool" ? part.tool.id : `${part.kind}${index}`;
}
