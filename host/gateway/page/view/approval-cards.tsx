/**
 * Questions that wait for the owner, above the composer in every session.
 *
 * A card does not take the focus from someone who writes; it is announced, and stands one step before the
 * composer in the order of the Tab key. After an answer the focus goes to the next card, or back to the
 * composer.
 */
import { memo, useEffect, useState } from "hono/jsx/dom";
import type { Actions } from "../actions/actions.ts";
import type { Decision } from "../actions/owner-actions.ts";
import type { ApprovalEntry } from "../wire.ts";
import { COMPOSER_ID } from "./composer.tsx";
import { Icon } from "./icons.tsx";

const EFFECT_WORDS: Readonly<Record<Decision, string>> = {
  "allow-once": "Allow once",
  "allow-session": "Allow in this session",
  "allow-always": "Always allow",
  deny: "Deny",
};

interface Props {
  readonly approvals: readonly ApprovalEntry[];
  readonly actions: Actions;
}

export const ApprovalCards = memo<Props>(({ approvals, actions }) => {
  if (approvals.length === 0) return <></>;
  async function decide(approval: ApprovalEntry, decision: Decision): Promise<void> {
    await actions.decide(approval, decision);
    requestAnimationFrame(() => {
      const next = document.querySelector<HTMLElement>(".approval h3");
      (next ?? document.getElementById(COMPOSER_ID))?.focus();
    });
  }
  return (
    <section class="approvals" aria-label="Questions for you">
      {approvals.map((approval) => (
        <Card
          key={approval.id}
          approval={approval}
          onDecide={(decision) => void decide(approval, decision)}
        />
      ))}
    </section>
  );
});

interface CardProps {
  readonly approval: ApprovalEntry;
  readonly onDecide: (decision: Decision) => void;
}

function Card({ approval, onDecide }: CardProps) {
  const heading = `approval-${approval.id}`;
  return (
    <div class={`approval ${approval.kind}`} role="group" aria-labelledby={heading}>
      <Icon name="shield" />
      <div class="approval-text">
        <h3 id={heading} tabIndex={-1}>
          {approval.title}
        </h3>
        <p class="quiet">
          {"The plugin "}
          <strong>{approval.pluginId}</strong>
          {approval.kind === "grant" ? " asks for these rights:" : " wants to do exactly this:"}
        </p>
        <ul>
          {approval.lines.map((line) => (
            <li key={line}>
              <code>{line}</code>
            </li>
          ))}
        </ul>
        {approval.expiresAt !== null && <Remaining until={approval.expiresAt} />}
      </div>
      <div class="approval-buttons">
        {approval.decisions.map((decision, index) => (
          <button
            key={decision}
            type="button"
            class={`button ${decision === "deny" ? "deny" : index === 0 ? "primary" : ""}`}
            onClick={() => onDecide(decision)}
          >
            {wordFor(approval, decision)}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Silence is a no: the reader must see when. */
function Remaining({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((until - now) / 1000));
  const text = seconds > 90 ? `${Math.round(seconds / 60)} minutes` : `${seconds} seconds`;
  return <p class="quiet">{`Without an answer it is denied in ${text}.`}</p>;
}

function wordFor(approval: ApprovalEntry, decision: Decision): string {
  if (approval.kind === "grant" && decision === "allow-always") return "Grant";
  return EFFECT_WORDS[decision];
}
