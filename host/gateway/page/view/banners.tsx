/** What must not be overlooked, one line each: a lost line, a model that does not answer, a demo. */
import { memo, useEffect, useState } from "hono/jsx/dom";
import type { Actions } from "../actions/actions.ts";
import type { AppState, Link, Notice } from "../state/app-state.ts";
import type { ModelStatus } from "../wire.ts";
import { Icon } from "./icons.tsx";

interface Props {
  readonly link: Link;
  readonly readiness: AppState["readiness"];
  readonly onRetry: () => void;
}

export const Banners = memo<Props>(({ link, readiness, onRetry }) => {
  if (link.phase === "lost") return <LostBanner link={link} onRetry={onRetry} />;
  if (readiness === null) return <></>;
  const text = modelText(readiness.model);
  const { configProblem } = readiness.runtime;
  return (
    <>
      {readiness.reason !== null && (
        <Banner look="alert" text={`The gateway is not ready: ${readiness.reason}`} />
      )}
      {typeof configProblem === "string" && <Banner look="alert" text={configProblem} />}
      {text !== null && <Banner look={readiness.model.how === "demo" ? "note" : "alert"} text={text} />}
    </>
  );
});

function modelText(model: ModelStatus): string | null {
  if (model.how === "demo") {
    return "The built-in demo answers, not a language model. Start Ollama, or ask the demo how to get a real one.";
  }
  if (model.problem !== null) return model.problem;
  return model.reachable ? null : `The model server of "${model.provider}" does not answer.`;
}

function LostBanner({ link, onRetry }: { link: Link & { phase: "lost" }; onRetry: () => void }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((link.retryAt - now) / 1000));
  return (
    <div class="banner alert" role="alert">
      <Icon name="alert" />
      <span>{`The connection to the gateway is lost. ${link.reason}`}</span>
      <span aria-hidden="true">{seconds > 0 ? `Next try in ${seconds} s` : "Trying…"}</span>
      <button type="button" class="button" onClick={onRetry}>
        Try now
      </button>
    </div>
  );
}

function Banner({ look, text }: { look: "alert" | "note"; text: string }) {
  return (
    <div class={`banner ${look}`} role="status">
      <Icon name="alert" />
      <span>{text}</span>
    </div>
  );
}

export const Notices = memo<{ readonly notices: readonly Notice[]; readonly actions: Actions }>(
  ({ notices, actions }) => (
    <div class="notices" role="alert">
      {notices.map((notice) => (
        <div key={notice.id} class="notice">
          <span>{notice.text}</span>
          <button
            type="button"
            class="icon-button"
            aria-label="Dismiss"
            onClick={() => actions.dismiss(notice.id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  ),
);
