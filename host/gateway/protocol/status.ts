/** What `health`, `status`, `models.list`, `tools.catalog` and `channels.status` answer. */
import type { JsonObject } from "#host/base/json.ts";

export interface RecentSession {
  readonly key: string;
  readonly updatedAt: number;
  /** Milliseconds since `updatedAt`. */
  readonly age: number;
}

export interface SessionsSnapshot {
  readonly path: string;
  readonly count: number;
  readonly recent: readonly RecentSession[];
}

export interface HealthPayload {
  readonly ok: true;
  readonly ts: number;
  readonly durationMs: number;
  readonly plugins: {
    readonly loaded: readonly string[];
    readonly errors: readonly {
      readonly id: string;
      readonly origin: string;
      readonly activated: boolean;
      readonly error: string;
    }[];
  };
  readonly channels: Record<string, never>;
  readonly channelOrder: readonly string[];
  readonly channelLabels: Readonly<Record<string, string>>;
  readonly defaultAgentId: string;
  readonly sessions: SessionsSnapshot;
}

/** Our own addition to `health`; hello-ok leaves it out, as its schema is closed. */
export interface HealthDetails {
  readonly ready: boolean;
  readonly reason: string | null;
  readonly model: JsonObject;
  readonly walls: readonly JsonObject[];
  readonly facts: JsonObject;
}

export interface ModelRow {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly contextWindow?: number;
  readonly reasoning: boolean;
  readonly supportsTools: boolean;
  readonly tags: readonly string[];
  readonly thinkingLevels: readonly { readonly id: string; readonly label: string }[];
  readonly thinkingDefault: string;
  readonly input: readonly ("text" | "image")[];
  readonly available: boolean;
}

/** `models.status`, our own: what answers, what stands in memory, which keys rest. */
export interface ModelsStatusAnswer {
  readonly model: JsonObject;
  readonly loaded: readonly JsonObject[];
  readonly keys: readonly JsonObject[];
}

export interface CatalogTool {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly source: "core" | "plugin";
  readonly pluginId: string;
  readonly defaultProfiles: readonly string[];
}

export interface CatalogGroup {
  readonly id: string;
  readonly label: string;
  readonly source: "core" | "plugin";
  readonly pluginId: string;
  readonly tools: readonly CatalogTool[];
}

/** `/readyz`; status 200 if ready, 503 otherwise. */
export interface ReadyPayload {
  readonly ready: boolean;
  readonly reason: string | null;
  readonly version: string;
  readonly walls: readonly JsonObject[];
  readonly model: JsonObject;
  readonly plugins: {
    readonly total: number;
    readonly byState: Readonly<Record<string, number>>;
  };
  readonly runtime: JsonObject;
}
