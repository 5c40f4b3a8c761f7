/** Every plugin: what it may do, what it asks for, what is wrong with it, and the owner's buttons. */
import { useEffect, useState } from "hono/jsx/dom";
import type { Actions } from "../actions/actions.ts";
import type { MissingSecret, PluginChange } from "../actions/owner-actions.ts";
import type { PluginRow } from "../wire.ts";
import { Dialog } from "./dialog.tsx";

interface Props {
  readonly plugins: readonly PluginRow[];
  readonly actions: Actions;
  readonly onClose: () => void;
}

const NEEDS_OWNER = new Set<PluginRow["standing"]>(["waiting", "suspended"]);

/** The protocol has upstream's words, which mean other places there. */
const ORIGINS: Readonly<Record<string, string>> = {
  bundled: "built in",
  workspace: "dropped in",
  global: "installed",
};
const RENDER = ["openclaw allowlist render", "squid -k reconfigure"];

export function PluginsPanel({ plugins, actions, onClose }: Props) {
  const [missing, setMissing] = useState<readonly MissingSecret[]>([]);
  // A grant or a new version may want others.
  useEffect(() => void actions.missingSecrets().then(setMissing), [plugins]);
  const inOrder = [...plugins].sort(
    (a, b) => Number(NEEDS_OWNER.has(b.standing)) - Number(NEEDS_OWNER.has(a.standing)),
  );
  return (
    <Dialog title="Plugins" look="sheet" onClose={onClose}>
      {plugins.length === 0 && <p>No plugin is installed.</p>}
      <ul class="plugins">
        {inOrder.map((plugin) => (
          <Plugin
            key={plugin.id}
            plugin={plugin}
            missing={missing.filter(({ pluginId }) => pluginId === plugin.id)}
            actions={actions}
          />
        ))}
      </ul>
    </Dialog>
  );
}

interface PluginProps {
  readonly plugin: PluginRow;
  readonly missing: readonly MissingSecret[];
  readonly actions: Actions;
}

function Plugin({ plugin, missing, actions }: PluginProps) {
  const open = plugin.asks.filter((line) => !plugin.holds.includes(line));
  return (
    <li class={`plugin ${plugin.standing}`}>
      <h3>
        {plugin.name}
        <span class="state">{plugin.standing}</span>
      </h3>
      <p class="quiet">{`${plugin.id} ${plugin.version} · ${ORIGINS[plugin.origin] ?? plugin.origin}`}</p>
      {plugin.description !== "" && <p>{plugin.description}</p>}
      {plugin.problem !== null && (
        <p class={NEEDS_OWNER.has(plugin.standing) ? "due" : "wrong"}>{plugin.problem}</p>
      )}
      <Lines title="Tools" lines={plugin.tools} />
      <Lines title="Asks for" lines={open} />
      <Lines title="May" lines={plugin.holds} />
      <Lines
        title="Secrets that it waits for"
        lines={missing.map(({ pluginId, name }) => `openclaw secret set ${pluginId} ${name}`)}
      />
      <WaitsForSquid domains={plugin.outsideAllowlist} />
      {plugin.unknownToSquid && (
        <Lines title="Squid does not know this yet, until its operator runs" lines={RENDER} />
      )}
      <div class="row">
        {changesOf(plugin, open.length).map((change) => (
          <ChangeButton key={change} change={change} plugin={plugin} actions={actions} />
        ))}
      </div>
    </li>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return <></>;
  return (
    <div class="lines">
      <h4>{title}</h4>
      <ul>
        {lines.map((line) => (
          <li key={line}>
            <code>{line}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What the operator's list lacks can be granted, and works once the operator has added it. */
function WaitsForSquid({ domains }: { domains: readonly string[] }) {
  if (domains.length === 0) return <></>;
  return (
    <div class="lines">
      <h4>Waits for Squid, until its operator runs</h4>
      <ul>
        <li>
          <code>{`openclaw allowlist add ${domains.join(" ")}`}</code>
        </li>
      </ul>
    </div>
  );
}

interface ChangeProps {
  readonly change: PluginChange;
  readonly plugin: PluginRow;
  readonly actions: Actions;
}

const WORDS: Readonly<Record<PluginChange, string>> = {
  grant: "Grant",
  deny: "Deny",
  revoke: "Take the rights back",
  uninstall: "Remove",
};

/** Removing asks once more, on the same button. */
function ChangeButton({ change, plugin, actions }: ChangeProps) {
  const [sure, setSure] = useState(change !== "uninstall");
  const look = change === "grant" ? "primary" : change === "uninstall" ? "deny" : "";
  return (
    <button
      type="button"
      class={`button ${look}`}
      onClick={() => (sure ? void actions.changePlugin(plugin, change) : setSure(true))}
    >
      {change === "uninstall" && sure ? "Yes, remove it" : WORDS[change]}
    </button>
  );
}

function changesOf(plugin: PluginRow, openLines: number): PluginChange[] {
  const changes: PluginChange[] = [];
  if (openLines > 0 || NEEDS_OWNER.has(plugin.standing)) changes.push("grant");
  if (NEEDS_OWNER.has(plugin.standing)) changes.push("deny");
  if (plugin.holds.length > 0 && plugin.origin !== "bundled") changes.push("revoke");
  if (plugin.removable) changes.push("uninstall");
  return changes;
}
