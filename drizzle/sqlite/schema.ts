/**
 * The tables of the embedded store, SQLite.
 *
 * Times are milliseconds since 1970, booleans 0 or 1, structures JSON text. Each index stands for one
 * query of a repository in `host/store`; a new query that scans wants one too. After a change here,
 * generate the migration: `npx drizzle-kit generate --config drizzle/drizzle.config.ts`.
 */
import { sql } from "drizzle-orm";
import {
  blob,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

/**
 * Conversations. A key has one current session and those that `/new` put away. The counters are kept by
 * each append, so that no list has to count messages.
 */
export const sessions = sqliteTable(
  "sessions",
  {
    /** Internal; what messages refer to. */
    id: integer("id").primaryKey(),
    /** `agent:main:main` */
    key: text("key").notNull(),
    sessionId: text("session_id").notNull().unique(),
    current: integer("current", { mode: "boolean" }).notNull(),
    agentId: text("agent_id").notNull(),
    title: text("title"),
    /** The last `seq` given out; never goes back, even when messages go. */
    lastSeq: integer("last_seq").notNull(),
    messageCount: integer("message_count").notNull(),
    lastPreview: text("last_preview"),
    inputTokens: integer("input_tokens").notNull(),
    outputTokens: integer("output_tokens").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    index("sessions_by_key").on(table.key),
    uniqueIndex("sessions_current")
      .on(table.key)
      .where(sql`${table.current} = 1`),
    index("sessions_by_use")
      .on(table.updatedAt)
      .where(sql`${table.current} = 1`),
  ],
);

/** What the owner chose for a conversation; kept by its key, so that it stays when `/new` begins another session. */
export const sessionSettings = sqliteTable("session_settings", {
  key: text("key").primaryKey(),
  /** `provider/model`; null for the configuration's. */
  model: text("model"),
  /** As in `host/base/thinking.ts`; null for the model's own way. */
  thinking: text("thinking"),
});

export const messages = sqliteTable(
  "messages",
  {
    rowId: integer("row_id").primaryKey(),
    session: integer("session")
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    /** Position in the session, from 1. */
    seq: integer("seq").notNull(),
    /** What clients call the message. */
    id: text("id").notNull(),
    role: text("role", { enum: ["user", "assistant", "toolResult", "compactionSummary"] }).notNull(),
    runId: text("run_id").notNull(),
    idempotencyKey: text("idempotency_key"),
    createdAt: integer("created_at").notNull(),
    /** Length of `body`, so that a window is measured without reading what will not fit into it. */
    chars: integer("chars").notNull(),
    /** The message as JSON, in the shape of `host/base/message.ts`. */
    body: text("body").notNull(),
  },
  (table) => [
    uniqueIndex("messages_by_position").on(table.session, table.seq),
    uniqueIndex("messages_by_key")
      .on(table.session, table.idempotencyKey)
      .where(sql`${table.idempotencyKey} is not null`),
    /** A turn looks for its session's newest summary; there are few, or none. */
    index("messages_summaries")
      .on(table.session, table.seq)
      .where(sql`${table.role} = 'compactionSummary'`),
    index("messages_by_run").on(table.runId, table.role),
  ],
);

/** Messages that were taken and wait behind another of their session. */
export const waitingMessages = sqliteTable(
  "waiting_messages",
  {
    id: integer("id").primaryKey(),
    sessionKey: text("session_key").notNull(),
    runId: text("run_id").notNull(),
    message: text("message").notNull(),
    mode: text("mode", { enum: ["steer", "followup", "collect", "interrupt"] }).notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [uniqueIndex("waiting_messages_by_run").on(table.sessionKey, table.runId)],
);

/** What the host remembers of a plugin besides its folder. */
export const plugins = sqliteTable("plugins", {
  id: text("id").primaryKey(),
  origin: text("origin", { enum: ["builtin", "dropped", "installed"] }).notNull(),
  folder: text("folder").notNull(),
  /** The version that serves, as JSON: manifest, hashes, what its code defines. Null if none does. */
  serving: text("serving"),
  /** The version that was read last, as JSON, where that is another one: it waits for the owner. */
  newest: text("newest"),
  /** What the folder must be, file by file, as JSON. Null for what reloads freely. */
  pinned: text("pinned"),
  updatedAt: integer("updated_at").notNull(),
});

/** The owner's answers to plugins' requests for rights. */
export const grants = sqliteTable(
  "grants",
  {
    pluginId: text("plugin_id").notNull(),
    /** SHA-256 (hex) of the request. Another request is another question. */
    requestHash: text("request_hash").notNull(),
    decision: text("decision", { enum: ["granted", "denied"] }).notNull(),
    /** The `permissions` block that was answered, as JSON. */
    permissions: text("permissions").notNull(),
    decidedAt: integer("decided_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.pluginId, table.requestHash] })],
);

/** Questions to the owner, open and answered. */
export const asks = sqliteTable(
  "asks",
  {
    id: text("id").primaryKey(),
    pluginId: text("plugin_id").notNull(),
    subjectHash: text("subject_hash").notNull(),
    /** The question as JSON, in the shape of `host/base/approval.ts`. */
    body: text("body").notNull(),
    /** `open`, or how it ended. */
    state: text("state", {
      enum: ["open", "allow-once", "allow-session", "allow-always", "deny", "expired", "cancelled"],
    }).notNull(),
    createdAt: integer("created_at").notNull(),
    resolvedAt: integer("resolved_at"),
  },
  (table) => [
    index("asks_open")
      .on(table.createdAt)
      .where(sql`${table.state} = 'open'`),
  ],
);

/** Effects that the owner allowed a plugin for ever. */
export const alwaysAllowed = sqliteTable(
  "always_allowed",
  {
    pluginId: text("plugin_id").notNull(),
    /** For example `host:example.org`. */
    subject: text("subject").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.pluginId, table.subject] })],
);

/**
 * The chain of `host/base/audit.ts`. Rows are added and never changed; only those that stand in a file of
 * `auditFiles` may go. Triggers of the migrations hold this table and the next two to it.
 */
export const audit = sqliteTable("audit", {
  seq: integer("seq").primaryKey(),
  at: integer("at").notNull(),
  plugin: text("plugin").notNull(),
  session: text("session"),
  run: text("run"),
  call: text("call"),
  kind: text("kind").notNull(),
  target: text("target").notNull(),
  decision: text("decision", { enum: ["allowed", "denied", "asked-allowed", "asked-denied"] }).notNull(),
  reason: text("reason").notNull(),
  outcome: text("outcome", { enum: ["done", "failed", "not-done"] }).notNull(),
  count: integer("count").notNull().default(1),
  previousHash: text("previous_hash").notNull(),
  hash: text("hash").notNull(),
});

/** The last record ever added, in one row, so that records missing at the end show. */
export const auditHead = sqliteTable("audit_head", {
  id: integer("id").primaryKey(),
  seq: integer("seq").notNull(),
  hash: text("hash").notNull(),
});

/** Files that older records were moved to, each with the link that ends it. */
export const auditFiles = sqliteTable("audit_files", {
  firstSeq: integer("first_seq").primaryKey(),
  lastSeq: integer("last_seq").notNull(),
  lastHash: text("last_hash").notNull(),
  /** In the state's `audit` folder. */
  name: text("name").notNull(),
  movedAt: integer("moved_at").notNull(),
});

/** What plugins keep. Keys are bytes: text would end at NUL, and two keys could be one. */
export const pluginStorage = sqliteTable(
  "plugin_storage",
  {
    pluginId: text("plugin_id").notNull(),
    key: blob("key", { mode: "buffer" }).notNull(),
    format: text("format", { enum: ["json", "bytes"] }).notNull(),
    value: blob("value", { mode: "buffer" }).notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.pluginId, table.key] })],
);

/**
 * What models were asked and what it cost in tokens. A row is a reservation until it is settled; one that a crash
 * leaves behind stays one, and counts in full.
 */
export const modelUsage = sqliteTable(
  "model_usage",
  {
    id: integer("id").primaryKey(),
    /** UTC, `2026-11-27`, of the reservation. */
    day: text("day").notNull(),
    at: integer("at").notNull(),
    /** Null for the agent's own turns. */
    plugin: text("plugin"),
    agent: text("agent"),
    session: text("session"),
    run: text("run"),
    call: text("call"),
    /** Null until it is settled. */
    provider: text("provider"),
    model: text("model"),
    state: text("state", { enum: ["reserved", "settled"] }).notNull(),
    input: integer("input").notNull(),
    output: integer("output").notNull(),
    /** What counts against a budget: what was reserved, then input and output. */
    tokens: integer("tokens").notNull(),
    /** Dollars of input and output, by the prices of then; null where nobody knows them. */
    inputCost: real("input_cost"),
    outputCost: real("output_cost"),
    /** Whether the model's service counted; otherwise input and output are the most that it can have been. */
    exact: integer("exact", { mode: "boolean" }).notNull(),
  },
  (table) => [
    index("model_usage_by_plugin").on(table.plugin, table.day, table.tokens),
    index("model_usage_by_day").on(table.day),
    index("model_usage_by_session").on(table.session, table.at),
  ],
);

export const devices = sqliteTable("devices", {
  deviceId: text("device_id").primaryKey(),
  publicKey: text("public_key").notNull(),
  clientId: text("client_id").notNull(),
  platform: text("platform").notNull(),
  role: text("role").notNull(),
  /** JSON list. */
  scopes: text("scopes").notNull(),
  tokenHash: text("token_hash").notNull(),
  createdAt: integer("created_at").notNull(),
  lastSeenAt: integer("last_seen_at").notNull(),
});

/** The page's cookies, hashed. */
export const cookies = sqliteTable(
  "cookies",
  {
    hash: text("hash").primaryKey(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [index("cookies_by_expiry").on(table.expiresAt)],
);
