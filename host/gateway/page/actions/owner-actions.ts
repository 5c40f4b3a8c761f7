/** What the owner decides: questions, and the rights of plugins. And what there is to know about the host. */
import type { Link } from "../link.ts";
import type { Store } from "../state/store.ts";
import type { ApprovalEntry, PluginRow, PluginsListAnswer, Readiness } from "../wire.ts";
import type { Attempts } from "./attempt.ts";

export type Decision = ApprovalEntry["decisions"][number];
export type PluginChange = "grant" | "deny" | "revoke" | "uninstall";

export interface MissingSecret {
  readonly pluginId: string;
  readonly name: string;
}

interface SecretsAnswer {
  readonly secrets: readonly (MissingSecret & { readonly setAt: number | null })[];
}

export interface OwnerActions {
  decide(approval: ApprovalEntry, decision: Decision): Promise<void>;
  reloadApprovals(): Promise<void>;
  /** A grant is for what the row says: the gateway refuses it if the plugin asks for something else by now. */
  changePlugin(plugin: PluginRow, change: PluginChange): Promise<void>;
  reloadPlugins(): Promise<void>;
  /** Secrets that plugins may use and nobody has given yet. */
  missingSecrets(): Promise<readonly MissingSecret[]>;
  checkHealth(): Promise<void>;
}

export function createOwnerActions(store: Store, link: Link, { attempt }: Attempts): OwnerActions {
  async function reloadPlugins(): Promise<void> {
    await attempt("Cannot list the plugins", async () => {
      const { plugins } = await link.request<PluginsListAnswer>("plugins.list");
      store.dispatch({ type: "plugins", plugins });
    });
  }

  return {
    reloadPlugins,

    async decide(approval, decision) {
      const params = { id: approval.id, decision };
      const done = await attempt("The decision did not arrive", () =>
        link.request<object>("plugin.approval.resolve", params),
      );
      if (done !== null) store.dispatch({ type: "approval-gone", id: approval.id });
      if (approval.kind === "grant") await reloadPlugins();
    },

    async reloadApprovals() {
      await attempt("Cannot ask for open questions", async () => {
        const approvals = await link.request<readonly ApprovalEntry[]>("plugin.approval.list");
        store.dispatch({ type: "approvals", approvals });
      });
    },

    async changePlugin({ id, request }, change) {
      const params = change === "grant" ? { pluginId: id, request: request ?? "" } : { pluginId: id };
      await attempt(`Cannot ${change} "${id}"`, () => link.request(`plugins.${change}`, params));
      await reloadPlugins();
    },

    async missingSecrets() {
      const answer = await attempt("Cannot ask which secrets are missing", () =>
        link.request<SecretsAnswer>("secrets.list"),
      );
      return (answer?.secrets ?? []).filter(({ setAt }) => setAt === null);
    },

    async checkHealth() {
      try {
        const response = await fetch("/readyz", { headers: { accept: "application/json" } });
        store.dispatch({ type: "readiness", readiness: (await response.json()) as Readiness });
      } catch {
        // The line's own state says that the gateway is away; a second message would only repeat it.
      }
    },
  };
}
