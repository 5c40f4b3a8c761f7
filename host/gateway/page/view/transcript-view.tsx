/** The conversation: older messages on demand, the newest in view. */
import { memo, useEffect, useRef, useState } from "hono/jsx/dom";
import type { Actions } from "../actions/actions.ts";
import { type Entry, queuedRuns, type Transcript } from "../state/transcript.ts";
import { EntryView } from "./entry-view.tsx";
import { Icon } from "./icons.tsx";
import { type StickToBottom, stickToBottom } from "./stick-to-bottom.ts";
import { Welcome } from "./welcome.tsx";

const COPIED_MS = 1500;

interface Props {
  readonly transcript: Transcript;
  readonly sessionKey: string;
  readonly actions: Actions;
}

export const TranscriptView = memo<Props>(({ transcript, sessionKey, actions }) => {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stick = useRef<StickToBottom>(null);
  const [following, setFollowing] = useState(true);

  useEffect(() => {
    if (scroller.current === null || content.current === null) return;
    stick.current = stickToBottom(scroller.current, content.current, setFollowing);
    return () => stick.current?.stop();
  }, []);
  const lastSaid = transcript.live.findLast((entry) => entry.kind === "user")?.id;
  useEffect(() => stick.current?.follow(), [sessionKey, lastSaid]);

  const empty = transcript.settled.length === 0 && transcript.live.length === 0;
  return (
    <div class="transcript-frame">
      <div
        class="transcript"
        ref={scroller}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Conversation"
      >
        <div class="entries" ref={content} onClick={copyCode}>
          {transcript.olderCursor !== null && (
            <button
              type="button"
              class="button older"
              disabled={transcript.loading !== "no"}
              onClick={() => void actions.loadOlder()}
            >
              {transcript.loading === "older" ? "Loading…" : "Show older messages"}
            </button>
          )}
          {transcript.problem !== null && (
            <p class="wrong boxed" role="alert">
              <span>{`The messages cannot be shown: ${transcript.problem}`}</span>
              <button type="button" class="button" onClick={() => void actions.loadNewest()}>
                Try again
              </button>
            </p>
          )}
          <Entries entries={transcript.settled} />
          <Entries entries={transcript.live} />
          {empty && transcript.loading === "no" && transcript.problem === null && <Welcome />}
        </div>
      </div>
      {!following && (
        <button type="button" class="button to-newest" onClick={() => stick.current?.follow()}>
          <Icon name="down" />
          Newest
        </button>
      )}
    </div>
  );
});

const Entries = memo<{ readonly entries: readonly Entry[] }>(({ entries }) => {
  const queued = queuedRuns(entries);
  return (
    <>
      {entries.map((entry) => (
        <EntryView key={entry.id} entry={entry} queued={entry.kind === "answer" && queued.has(entry.id)} />
      ))}
    </>
  );
});

/** One handler for the copy buttons of all code blocks. */
async function copyCode(event: MouseEvent): Promise<void> {
  const button = event.target instanceof Element ? event.target.closest("button.copy") : null;
  const code = button?.closest(".code")?.querySelector("pre");
  if (button === null || code === null || code === undefined) return;
  button.textContent = await navigator.clipboard.writeText(code.textContent ?? "").then(
    () => "Copied",
    () => "Not allowed",
  );
  setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
}
