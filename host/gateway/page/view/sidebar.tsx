/** Sessions, and the way to the panels. On a narrow screen it slides over the conversation. */
import { memo } from "hono/jsx/dom";
import type { Actions } from "../actions/actions.ts";
import { MAIN_SESSION } from "../state/app-state.ts";
import type { SessionRow } from "../wire.ts";
import { Icon, Mark } from "./icons.tsx";
import { ageOf, plainText, titleOf } from "./session-title.ts";

export type Panel = "plugins" | "status";

interface Props {
  readonly sessions: readonly SessionRow[];
  readonly unread: ReadonlySet<string>;
  readonly sessionKey: string;
  /** Plugins that wait for a decision. */
  readonly waitingPlugins: number;
  /** Something that the status panel explains needs attention. */
  readonly troubled: boolean;
  readonly actions: Actions;
  readonly onPanel: (panel: Panel) => void;
  readonly onSession: (key: string) => void;
  /** A session was picked, or the list dismissed. */
  readonly onDone: () => void;
}

export const Sidebar = memo<Props>((props) => {
  const { actions, onDone, onPanel } = props;
  return (
    <nav class="sidebar" aria-label="Sessions">
      <div class="brand">
        <Mark />
        <span>OpenClaw</span>
        <button type="button" class="icon-button narrow-only" aria-label="Close the list" onClick={onDone}>
          <Icon name="close" />
        </button>
      </div>
      <button
        type="button"
        class="button new-chat"
        onClick={() => {
          void actions.newSession();
          onDone();
        }}
      >
        <Icon name="plus" />
        New chat
      </button>
      <ul class="sessions">
        {rowsOf(props.sessions, props.sessionKey).map(({ key, row }) => (
          <SessionItem key={key} sessionKey={key} row={row} {...pick(props, key)} />
        ))}
      </ul>
      <div class="sidebar-foot">
        <button type="button" class="foot-button" onClick={() => onPanel("plugins")}>
          <Icon name="plug" />
          Plugins
          {props.waitingPlugins > 0 && <span class="badge">{`${props.waitingPlugins} waiting`}</span>}
        </button>
        <button type="button" class="foot-button" onClick={() => onPanel("status")}>
          <Icon name="gauge" />
          Status
          {props.troubled && <span class="badge">attention</span>}
        </button>
      </div>
    </nav>
  );
});

interface ItemProps {
  readonly sessionKey: string;
  readonly row: SessionRow | undefined;
  readonly current: boolean;
  readonly unread: boolean;
  readonly onOpen: () => void;
  readonly onEdit: () => void;
}

function SessionItem({ sessionKey, row, current, unread, onOpen, onEdit }: ItemProps) {
  const title = titleOf(sessionKey, row);
  return (
    <li class={`session ${current ? "current" : ""}`}>
      <button type="button" class="session-open" aria-current={current ? "page" : "false"} onClick={onOpen}>
        <span class="session-title">
          {unread && <span class="unread" role="img" aria-label="new answer" />}
          {title}
        </span>
        <span class="session-age">{ageText(row)}</span>
        {row?.lastMessagePreview && <span class="session-preview">{plainText(row.lastMessagePreview)}</span>}
      </button>
      {row !== undefined && (
        <button type="button" class="icon-button" aria-label={`Rename or delete ${title}`} onClick={onEdit}>
          <Icon name="more" />
        </button>
      )}
    </li>
  );
}

function pick(props: Props, key: string): Omit<ItemProps, "sessionKey" | "row"> {
  return {
    current: key === props.sessionKey,
    unread: props.unread.has(key),
    onOpen: () => {
      void props.actions.openSession(key);
      props.onDone();
    },
    onEdit: () => props.onSession(key),
  };
}

/** The main session and the open one are listed before they hold a message. */
function rowsOf(
  sessions: readonly SessionRow[],
  open: string,
): { readonly key: string; readonly row: SessionRow | undefined }[] {
  const known = new Set(sessions.map((row) => row.key));
  const missing = [...new Set([open, MAIN_SESSION])].filter((key) => !known.has(key));
  return [
    ...missing.map((key) => ({ key, row: undefined })),
    ...sessions.map((row) => ({ key: row.key, row })),
  ];
}

function ageText(row: SessionRow | undefined): string {
  if (row === undefined) return "";
  return row.hasActiveRun ? "answering" : ageOf(row.updatedAt, Date.now());
}
