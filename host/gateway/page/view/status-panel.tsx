/** What answers, what stands between plugins and the machine, and what runs. */
import type { AppState, Link } from "../state/app-state.ts";
import type { ModelStatus, Wall, SessionRow } from "../wire.ts";
import { Dialog } from "./dialog.tsx";

interface Props {
  readonly state: AppState;
  readonly onClose: () => void;
  readonly onSignOut: () => void;
}

export function StatusPanel({ state, onClose, onSignOut }: Props) {
  const { readiness, link } = state;
  return (
    <Dialog title="Status" look="sheet" onClose={onClose}>
      <section>
        <h3>Connection</h3>
        <p>{linkText(link)}</p>
        {readiness !== null && readiness.reason !== null && <p class="wrong">{readiness.reason}</p>}
      </section>
      {readiness === null ? (
        <p class="quiet">The gateway has not told its state yet.</p>
      ) : (
        <>
          <ModelSection
            model={readiness.model}
            row={state.sessions.find(({ key }) => key === state.sessionKey)}
          />
          <WallsSection walls={readiness.walls} />
          <FactsSection facts={readiness.runtime} />
        </>
      )}
      <button type="button" class="button" onClick={onSignOut}>
        Sign out of this browser
      </button>
    </Dialog>
  );
}

function ModelSection({ model, row }: { model: ModelStatus; row: SessionRow | undefined }) {
  const chosen = row?.modelOverrideSource === "user" ? `${row.modelProvider}/${row.model}` : null;
  return (
    <section>
      <h3>Model</h3>
      <p>
        <strong>{model.model}</strong>
        {` · ${model.provider} · ${model.how === "demo" ? "built-in demo" : model.how}`}
      </p>
      <p class="quiet">{model.why}</p>
      {model.problem !== null && <p class="wrong">{model.problem}</p>}
      {chosen !== null && <p>In this conversation: {chosen}</p>}
      {row !== undefined && row.thinkingLevel !== null && (
        <p>Thinking in this conversation: {row.thinkingLevel}</p>
      )}
    </section>
  );
}

function WallsSection({ walls }: { walls: readonly Wall[] }) {
  return (
    <section>
      <h3>Walls around plugins</h3>
      {walls.length === 0 && <p class="quiet">None was tried yet.</p>}
      <ul class="walls">
        {walls.map((wall) => (
          <li key={wall.id} class={`wall ${wall.state}`}>
            <p>
              <strong>{wall.id}</strong>
              <span class="state">{wall.state}</span>
            </p>
            <p class="quiet">{wall.detail}</p>
            {wall.fix !== undefined && wall.state !== "stands" && <p>{wall.fix}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function FactsSection({ facts }: { facts: { readonly [key: string]: unknown } }) {
  const told = Object.entries(facts).filter(([, value]) => value !== null && String(value) !== "");
  return (
    <section>
      <h3>Runtime</h3>
      <dl>
        {told.map(([name, value]) => (
          <div key={name}>
            <dt>{wordsOf(name)}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** `configProblem` → `config problem`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function linkText(link: Link): string {
  if (link.phase === "open") return `Connected to gateway ${link.version}.`;
  return link.phase === "connecting" ? "Connecting…" : `Lost: ${link.reason}`;
}
