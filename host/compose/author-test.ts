/** `plugin test`: the tests of `host/author/run-tests.ts` over a host of its own, with recorded effects. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AuthorTestReport, AuthorTestResult } from "#host/base/author.ts";
import { systemClock } from "#host/base/clock.ts";
import { asHostError, explain, HostError } from "#host/base/errors.ts";
import type { JsonObject } from "#host/base/json.ts";
import { staleTypes } from "#host/author/editor-files.ts";
import type { RecordedEffect } from "#host/author/fixtures.ts";
import { createRecordedEffects, type RecordedEffects } from "#host/author/recorded-effects.ts";
import { CONFORMS, runTests } from "#host/author/run-tests.ts";
import { checkPluginConfig } from "#host/registry/plugin-config.ts";
import { loadVersion, type PluginVersion } from "#host/registry/version.ts";
import { openAuthorHost, type AuthorHost, type AuthorOptions } from "./author-host.ts";
import { release } from "./release.ts";

export interface TestOptions {
  /** Absolute. */
  readonly folder: string;
  readonly config: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
  /** Does effects for real and writes them down. */
  readonly record: boolean;
  /** Only tests whose name holds this text; null for all. */
  readonly only: string | null;
  /** Only the suite that every plugin keeps to. */
  readonly conformanceOnly: boolean;
  readonly show: (result: AuthorTestResult) => void;
}

/** Rejects where the plugin itself cannot be loaded. */
export async function runPluginTests(author: AuthorOptions, options: TestOptions): Promise<AuthorTestReport> {
  const { folder, config, record } = options;
  const stale = await staleTypes(folder);
  if (stale !== null) throw new HostError("plugin.broken", `Cannot test the plugin: ${stale}`);
  const console: string[] = [];
  let version: PluginVersion | null = null;
  const current = { fixture: "", recorded: [] as readonly RecordedEffect[] };
  const late: { effects: RecordedEffects | null; allows: AuthorHost["judge"] | null } = {
    effects: null,
    allows: null,
  };
  const host = await openAuthorHost({
    ...author,
    ...options,
    workspace: null,
    onConsole: (_plugin, _level, text) => console.push(text),
    around: (perform) => {
      late.effects = createRecordedEffects({
        perform,
        isAllowed: (request) => late.allows?.(version?.manifest.permissions, request).allowed !== false,
        recorded: () => (record ? null : current.recorded),
        refusesAll: (test) => test.startsWith(CONFORMS),
        name: () => current.fixture,
      });
      return late.effects.perform;
    },
    answerAsk: () => true,
  });
  late.allows = host.judge;
  const packagesFolder = packagesOf(folder);
  try {
    const loaded = await load(host, { folder, packagesFolder });
    if ("problem" in loaded) {
      options.show(loaded);
      return { passed: 0, failed: 1, recorded: 0 };
    }
    version = loaded;
    // Tests give their own settings, call by call; what is given for all of them must be right.
    if (Object.keys(config).length > 0) await checkPluginConfig(loaded.manifest, config, host.sandboxes);
    await host.serve(loaded);
    return await runTests({
      ...options,
      packagesFolder,
      version: loaded,
      versions: host.versions,
      sandboxes: host.sandboxes,
      clock: systemClock,
      forgetStorage: () => host.forgetStorage(loaded),
      takeConsole: () => console.splice(0),
      effects: {
        isRecording: record,
        begin(fixture, recorded) {
          Object.assign(current, { fixture, recorded });
          late.effects?.take();
        },
        take: () => late.effects?.take() ?? [],
        unrecorded: (test) => late.effects?.unrecorded(test) ?? [],
      },
    });
  } finally {
    await host.close();
  }
}

/** A plugin that does not load is one failed test. */
async function load(
  { versions }: AuthorHost,
  { folder, packagesFolder }: { readonly folder: string; readonly packagesFolder: string },
): Promise<PluginVersion | AuthorTestResult> {
  try {
    return await loadVersion({ folder, packagesFolder, describeIn: "rightless", earlier: null }, versions);
  } catch (thrown) {
    const error = asHostError(thrown);
    const stack = typeof error.cause === "string" ? error.cause : null;
    return { file: "main", name: "loads", problem: explain(error), stack, console: [], ms: 0 };
  }
}

/** A built-in plugin uses the packages of the release. */
function packagesOf(folder: string): string {
  const isOurs = folder.startsWith(join(release.builtinPlugins, "/"));
  return isOurs && !existsSync(join(folder, "node_modules")) ? release.root : folder;
}
