/** `plugin dev`: the loop of `host/author/dev.ts` over a host of its own, with each refusal told to the author. */
import type { AuthorCall, AuthorEvent } from "#host/base/author.ts";
import { systemClock } from "#host/base/clock.ts";
import type { EffectRequest, PerformEffect } from "#host/base/effect.ts";
import type { JsonObject } from "#host/base/json.ts";
import { createDevAccount } from "#host/author/dev-account.ts";
import { createDevLoop, type RunningPlugin } from "#host/author/dev.ts";
import { missingRight, permissionsLine, type MissingRight } from "#host/author/missing-right.ts";
import type { PluginVersion } from "#host/registry/version.ts";
import type { Permissions } from "#manifests/permissions.ts";
import { refreshEditorFiles } from "./author-files.ts";
import { startDevRoutes } from "./author-routes.ts";
import { openAuthorHost, type AuthorHost, type AuthorOptions } from "./author-host.ts";

export interface DevOptions {
  /** Absolute. */
  readonly folder: string;
  readonly workspace: string | null;
  readonly config: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
  readonly call: AuthorCall | null;
  /** Whether questions of the domain "ask" are answered with yes. */
  readonly allowAsks: boolean;
  /** Where its routes listen; 0 lets the system choose. */
  readonly port: number;
  readonly show: (event: AuthorEvent) => void;
}

export interface Dev {
  call(call: AuthorCall): Promise<void>;
  /** Sends a line through the channel; false if it is none for one. */
  say(line: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** Loads the plugin and reloads it on each save, until it is stopped. */
export async function startDev(author: AuthorOptions, options: DevOptions): Promise<Dev> {
  const { folder, show } = options;
  let permissions: Permissions | undefined;
  const host: AuthorHost = await openAuthorHost({
    ...author,
    ...options,
    onConsole: (_plugin, level, text) => show({ type: "console", level, text }),
    around: (perform) =>
      tellDenials(perform, (request, reason) => lineFor(host, permissions, request, reason), show),
    answerAsk({ title, lines }) {
      show({ type: "asked", lines: [title, ...lines], allowed: options.allowAsks });
      return options.allowAsks;
    },
  });
  const { sandboxes, inbound, log } = host;
  const account = createDevAccount({ sandboxes, clock: systemClock, log, show });
  let running: RunningPlugin | null = null;
  const routes = await startDevRoutes({
    inbound,
    sandboxes,
    codeOf: (id) => (running?.code.id === id ? running.code : null),
    accountCode: account.codeOf,
    port: options.port,
    clock: systemClock,
    log,
    show,
  }).catch(async (thrown: unknown) => {
    await host.close();
    throw thrown;
  });
  const loop = createDevLoop({
    folder,
    versions: host.versions,
    sandboxes,
    took(next) {
      running = next;
      account.took(next);
    },
    addressesOf: routes.addressesOf,
    secrets: new Set(Object.keys(options.secrets)),
    serve(version: PluginVersion) {
      ({ permissions } = version.manifest);
      return host.serve(version);
    },
    prepare: () => refreshEditorFiles(folder),
    config: options.config,
    call: options.call,
    clock: systemClock,
    show,
  });
  await loop.start();
  return {
    call: loop.call,
    say: account.say,
    async stop() {
      await loop.stop();
      await account.stop();
      await routes.server.stop();
      await host.close();
    },
  };
}

/** Tells each refused effect with the line that would allow it; the plugin gets its answer as ever. */
function tellDenials(
  perform: PerformEffect,
  lineFor: (request: EffectRequest, reason: string) => MissingRight | null,
  show: (event: AuthorEvent) => void,
): PerformEffect {
  return async (identity, request, context) => {
    const reply = await perform(identity, request, context);
    if (reply.ok || reply.failure.code !== "denied") return reply;
    const { message: reason, fix = "" } = reply.failure;
    const missing = lineFor(request, reason);
    const line = missing === null ? null : permissionsLine(missing.permissions);
    show({ type: "denied", reason, fix, line, isGuess: missing?.isGuess ?? false });
    return reply;
  };
}

/** A line is shown only if policy would answer otherwise with it. */
function lineFor(
  { judge }: Pick<AuthorHost, "judge">,
  declared: Permissions | undefined,
  request: EffectRequest,
  reason: string,
): MissingRight | null {
  const refused = judge(declared, request).allowed === true ? redirectedTo(reason) : request;
  const missing = refused === null ? null : missingRight(declared, refused);
  if (missing === null || refused === null) return null;
  return judge(missing.permissions, refused).allowed === false ? null : missing;
}

/** A request that was allowed, and led to a host that is not. */
function redirectedTo(reason: string): EffectRequest | null {
  const [, host] = /^Cannot reach "([^"]+)"/.exec(reason) ?? [];
  if (host === undefined) return null;
  return {
    kind: "http.request",
    method: "GET",
    url: `https://${host}/`,
    headers: [],
    redirect: "follow",
    hasBody: false,
  };
}
