/**
 * The loop of `openclaw plugin dev`: read, bundle, load, call; again whenever a file of the plugin is saved.
 *
 * Guarantees that what answers is what was last saved, that a save during a load is taken up after it, and that a
 * plugin which cannot run is told with its reason and runs no more. The manifest is the author's own, so what it
 * asks for is held here. What goes on by itself, a channel's account, is told of each version that it is to run.
 */
import { randomUUID } from "node:crypto";
import type { AuthorCall, AuthorEvent } from "#host/base/author.ts";
import type { Clock } from "#host/base/clock.ts";
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { listFiles, type FileStamp } from "#host/registry/folder.ts";
import { checkPluginConfig } from "#host/registry/plugin-config.ts";
import { codeOf, loadVersion, type PluginVersion, type VersionDeps } from "#host/registry/version.ts";
import type { PluginCode, Sandboxes } from "#host/sandbox/contract.ts";
import { rightLines } from "#manifests/rights.ts";
import { onSave } from "./on-save.ts";

export interface DevDeps {
  /** Absolute. */
  readonly folder: string;
  readonly versions: VersionDeps;
  readonly sandboxes: Pick<Sandboxes, "callTool" | "retire">;
  /** From now on the broker decides by this version's manifest. */
  readonly serve: (version: PluginVersion) => Promise<void>;
  /** What runs from now on; null if nothing does. The version before has been ended. */
  readonly took: (running: RunningPlugin | null) => void;
  /** Addresses of its routes. */
  readonly addressesOf: (manifest: PluginVersion["manifest"]) => readonly string[];
  /** Names of secrets that have a value. */
  readonly secrets: ReadonlySet<string>;
  /** Before each load: files that are made from the manifest. */
  readonly prepare: () => Promise<void>;
  readonly config: JsonObject;
  readonly call: AuthorCall | null;
  readonly clock: Clock;
  readonly show: (event: AuthorEvent) => void;
}

export interface RunningPlugin {
  readonly version: PluginVersion;
  readonly code: PluginCode;
}

export interface DevLoop {
  /** Resolves when the plugin was loaded for the first time, or could not be. */
  start(): Promise<void>;
  /** Calls a tool of what runs now. */
  call(call: AuthorCall): Promise<void>;
  stop(): Promise<void>;
}

export function createDevLoop(deps: DevDeps): DevLoop {
  const { folder, sandboxes, clock, show } = deps;
  let code: PluginCode | null = null;
  let earlier: PluginVersion | null = null;
  /** Ends the calls of the version before. */
  let running = new AbortController();
  const watch = onSave(() => listFiles(folder, deps.versions.limits), reload, folder);

  async function reload(files: readonly FileStamp[]): Promise<void> {
    const isReload = earlier !== null || code !== null;
    try {
      await deps.prepare();
      const version = await loadVersion(
        { folder, packagesFolder: folder, describeIn: "rightless", earlier },
        deps.versions,
      );
      const { manifest, bundleHash, description } = version;
      await checkPluginConfig(manifest, deps.config, sandboxes).catch((thrown: unknown) => {
        throw hereByFlag(manifest.id, thrown);
      });
      await deps.serve(version);
      end();
      earlier = version;
      code =
        bundleHash === null
          ? null
          : { ...codeOf(manifest, bundleHash, deps.versions.blobs), trustGroup: "dev", config: deps.config };
      const savedAt = files.reduce((latest, file) => Math.max(latest, file.changedAt), 0);
      show({
        type: "running",
        id: manifest.id,
        tools: (description?.tools ?? []).map((tool) => tool.name),
        channel: description?.channel?.id ?? null,
        routes: deps.addressesOf(manifest),
        unsetSecrets: (manifest.permissions?.secrets ?? [])
          .filter((secret) => secret.use !== "capture" && !deps.secrets.has(secret.name))
          .map(({ name }) => name),
        rights: rightLines(manifest.permissions, manifest.id),
        afterSaveMs: clock.now() - savedAt,
        isReload,
      });
      if (code !== null) deps.took({ version, code });
      if (deps.call !== null) void call(deps.call);
    } catch (thrown) {
      end();
      const error = asHostError(thrown);
      show({
        type: "broken",
        reason: explain(error),
        stack: typeof error.cause === "string" ? error.cause : null,
      });
    }
  }

  function end(): void {
    if (code === null) return;
    running.abort();
    running = new AbortController();
    sandboxes.retire(code.id);
    code = null;
    deps.took(null);
  }

  async function call({ tool, args }: AuthorCall): Promise<void> {
    if (code === null)
      return show({
        type: "broken",
        reason: "There is nothing to call: the plugin is not running",
        stack: null,
      });
    const started = clock.monotonic();
    const { signal } = running;
    const answer = (text: string, isError: boolean, stack: string | null = null) =>
      show({ type: "answer", tool, text, isError, stack, ms: clock.monotonic() - started });
    show({ type: "called", tool });
    try {
      const result = await sandboxes.callTool(code, {
        run: { runId: randomUUID(), sessionKey: "agent:main:dev", sessionId: "dev", agentId: "main" },
        callId: randomUUID(),
        tool,
        args,
        signal,
        onUpdate: (text) => show({ type: "progress", tool, text }),
      });
      const parts = result.content.map((part) =>
        part.type === "text" ? part.text : `[image, ${part.mimeType}]`,
      );
      answer(parts.join("\n"), result.isError === true);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asHostError(thrown);
      answer(explain(error), true, typeof error.cause === "string" ? error.cause : null);
    }
  }

  return {
    start: () => watch.start(),
    call,
    async stop() {
      await watch.stop();
      end();
    },
  };
}

/** Here settings come from the command line, and stand in no file. */
function hereByFlag(id: string, thrown: unknown): HostError {
  const error = asHostError(thrown);
  if (error.code !== "config.invalid") return error;
  const message = error.message.replace(`"plugins.entries.${id}.config`, '"config').replace('"config.', '"');
  return new HostError(error.code, message, { fix: `Give it with --config '{"NAME": "VALUE"}'` });
}
