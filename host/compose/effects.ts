/** The broker with everything that it stands on: questions, answers, audit, storage, secrets, allowlist. */
import { homedir } from "node:os";
import { createBroker, type Broker, type BrokerDeps } from "#host/broker/broker.ts";
import { createVault, type SecretVault } from "#host/broker/secrets/vault.ts";
import type { AuditPort } from "#host/gateway/ports.ts";
import { createAlwaysAllowed, type AlwaysAllowed } from "#host/store/always.ts";
import { createAsks } from "#host/store/asks.ts";
import { createAuditRotation } from "#host/store/audit-rotation.ts";
import { createAuditTrail } from "#host/store/audit.ts";
import { createModelUsage, type ModelUsage, type UsageRules } from "#host/store/model-usage.ts";
import { createPluginStorage } from "#host/store/plugin-storage.ts";
import { createAllowlist } from "./allowlist.ts";
import { createAuditPort } from "./audit.ts";
import type { Ground } from "./ground.ts";

export interface Effects {
  readonly broker: Broker;
  readonly always: AlwaysAllowed;
  readonly vault: SecretVault;
  /** Null where the configuration names no list. */
  readonly allowlist: () => readonly string[] | null;
  readonly audit: AuditPort;
  /** What models cost, plugins' calls and the agent's answers. */
  readonly usage: ModelUsage;
  /** Deletes what a plugin kept and was given: its storage and its secrets. */
  forgetData(pluginId: string): Promise<void>;
  close(): Promise<void>;
}

/** `rightsOf` is asked for with every effect. */
export async function openEffects(
  ground: Ground,
  models: BrokerDeps["models"],
  rules: UsageRules,
  rightsOf: BrokerDeps["rightsOf"],
): Promise<Effects> {
  const { clock, paths, config, store } = ground;
  const log = ground.log.child("broker");
  const asks = createAsks(store.db);
  await asks.expireAll(clock.now());
  const always = createAlwaysAllowed(store.db, clock);
  const storage = createPluginStorage(store.db, clock);
  const vault = createVault({ folder: paths.credentials, clock });
  const allowlist = createAllowlist(() => config.current().network.allowlist, log);
  const rotation = createAuditRotation({
    db: store.db,
    folder: paths.audit,
    clock,
    log: ground.log.child("store"),
  });
  const trail = createAuditTrail(store.db, paths.audit, rotation);
  const usage = createModelUsage(store.db, clock, rules);
  const broker = createBroker({
    rightsOf,
    roots: () => ({ workspace: config.current().agents[0].workspace, state: paths.root, home: homedir() }),
    proxy: config.current().network.proxy,
    allowlist,
    askStore: asks,
    alwaysStore: always,
    auditSink: trail,
    storage,
    vault,
    models,
    ledger: usage,
    clock,
    log,
  });
  return {
    broker,
    always,
    vault,
    allowlist,
    usage,
    audit: createAuditPort(broker, trail),
    async forgetData(pluginId) {
      await Promise.all([storage.clear(pluginId), vault.clear(pluginId)]);
    },
    async close() {
      await broker.close();
      await rotation.stop();
    },
  };
}
