/**
 * Keeps what `chooseModel` chose, and chooses again when there is reason to.
 *
 * Guarantees that a model which answered before is never replaced by the demo, and that asking costs nothing
 * while all is well: a turn waits for a new look only if the demo model or a model that just failed would
 * answer, and then at most once in `MODEL.lookAgainMs`.
 */
import type { Clock } from "#host/base/clock.ts";
import { explain, HostError } from "#host/base/errors.ts";
import { MODEL } from "#host/base/limits.ts";
import type { Log } from "#host/base/log.ts";
import type { ThinkingLevel } from "#host/base/thinking.ts";
import { chooseModel, demoChoice } from "./choose.ts";
import type { Chosen } from "./configured.ts";
import { chooseFallback, nameOf } from "./fallback.ts";
import { createSessionModels } from "./session-models.ts";
import type { LoadedModel, ModelChoice, ModelInfo, ModelProvider } from "./provider.ts";

export interface ModelSettings {
  /** `agents.defaults.model.primary`; null if the owner named none. */
  readonly primary: string | null;
  /** `agents.defaults.model.fallbacks`; none if left out. */
  readonly fallbacks?: readonly string[];
  /** In the order of preference; the demo model is not one of them. */
  readonly providers: readonly ModelProvider[];
}

export interface ModelSelectorDeps {
  /** Read at each look, so that a changed configuration counts from the next `refresh`. */
  readonly settings: () => ModelSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly probeTimeoutMs?: number;
}

export interface ListedModel {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly contextWindow: number | null;
  readonly supportsTools: boolean;
  readonly supportsImages: boolean;
  readonly reasoning: boolean;
  /** Empty where there is nothing to choose. */
  readonly thinkingLevels: readonly ThinkingLevel[];
}

/** A model in a server's memory. */
export interface LoadedRow extends LoadedModel {
  readonly provider: string;
}

export interface SelectorStatus {
  readonly provider: string;
  readonly model: string;
  readonly how: ModelChoice["how"];
  readonly why: string;
  readonly reachable: boolean;
  /** What is wrong and how to mend it; null if nothing is. */
  readonly problem: string | null;
}

export interface ModelSelector {
  /** The choice as it stands. Before the first `refresh` it is the demo model. */
  current(): ModelChoice;
  /**
   * The choice for a turn that starts now. Turns that start at the same time share one look. `wanted` is what the owner
   * chose for its conversation, `provider/model`; null, and so if left out, for nothing.
   */
  forTurn(wanted?: string | null): Promise<ModelChoice>;
  /** `provider/model` of what a person wrote; null where no model is meant by it. */
  find(text: string): Promise<string | null>;
  /** Looks again with the settings of now, whatever stands; a look that is under way no longer counts. */
  refresh(): Promise<ModelChoice>;
  /**
   * The next of the owner's fallbacks that can be used now, in the place of a choice that failed; null if none is left.
   * It answers for this turn: the next one begins with the choice again.
   */
  fallback(failed: ModelChoice, error: HostError): Promise<ModelChoice | null>;
  /** What became of a turn: null if the model answered. */
  report(choice: ModelChoice, error: HostError | null): void;
  status(): SelectorStatus;
  /** All models of all providers that answer; the current one first. */
  list(): Promise<readonly ListedModel[]>;
  /** What the servers that tell it hold in memory now. */
  loaded(): Promise<readonly LoadedRow[]>;
}

export function createModelSelector(deps: ModelSelectorDeps): ModelSelector {
  let chosen: Chosen = { choice: demoChoice([]), problem: null };
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looks = 0;
  let looking: Promise<ModelChoice> | null = null;

  const look = async (): Promise<ModelChoice> => {
    const mine = ++looks;
    const { primary, providers } = deps.settings();
    const timeout = deps.probeTimeoutMs === undefined ? {} : { probeTimeoutMs: deps.probeTimeoutMs };
    const found = await chooseModel({ primary, providers, signal: new AbortController().signal, ...timeout });
    // A look that began later knows newer settings.
    if (mine !== looks) return chosen.choice;
    const next = keepLost(chosen, found, providers);
    if (!isSame(chosen, next)) logChoice(deps.log, next);
    chosen = next;
    lookedAt = deps.clock.monotonic();
    return next.choice;
  };
  const lookOnce = (): Promise<ModelChoice> => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };

  const ofSessions = createSessionModels(deps.settings, deps.probeTimeoutMs);
  const report = (choice: ModelChoice, error: HostError | null): void => {
    if (error !== null) ofSessions.forget(choice);
    if (choice !== chosen.choice || (error !== null && !error.code.startsWith("model."))) return;
    if (error !== null || chosen.problem !== null) chosen = { choice, problem: error };
  };

  return {
    current: () => chosen.choice,
    async fallback(failed, error) {
      report(failed, error);
      if (failed.isStrict === true) return null;
      const timeout = deps.probeTimeoutMs === undefined ? {} : { probeTimeoutMs: deps.probeTimeoutMs };
      const { fallbacks = [], providers } = deps.settings();
      const next = await chooseFallback({
        failed,
        names: fallbacks.filter((name) => name !== nameOf(chosen.choice)),
        providers,
        ...timeout,
      });
      const fields = { failed: nameOf(failed), reason: explain(error) };
      if (next !== null) deps.log.warn("another model answers", { ...fields, model: nameOf(next) });
      else if (fallbacks.length > 0) deps.log.warn("no other model can answer", fields);
      return next;
    },
    find: ofSessions.find,
    async forTurn(wanted = null) {
      if (wanted !== null) return await ofSessions.choiceOf(wanted);
      const wanting = chosen.choice.how === "demo" || chosen.problem !== null;
      if (!wanting || deps.clock.monotonic() - lookedAt < MODEL.lookAgainMs) return chosen.choice;
      return await lookOnce();
    },
    refresh: look,
    report,
    status: () => statusOf(chosen),
    async list() {
      const { providers } = deps.settings();
      const { provider, model } = chosen.choice;
      const lists = await Promise.all(providers.map((one) => listQuietly(one, deps.probeTimeoutMs)));
      const others = lists.flat().filter((one) => one.provider !== provider.id || one.id !== model.id);
      return [toListed(provider, model), ...others];
    },
    async loaded() {
      const { providers } = deps.settings();
      return (await Promise.all(providers.map((one) => loadedQuietly(one, deps.probeTimeoutMs)))).flat();
    },
  };
}

/**
 * A model that answered before is not replaced by the demo when its server goes: the owner is told that it is
 * down, and it answers again when it is back.
 */
function keepLost(before: Chosen, found: Chosen, providers: readonly ModelProvider[]): Chosen {
  const { choice } = before;
  const isListed = providers.some(
    ({ id, address }) => id === choice.provider.id && address === choice.provider.address,
  );
  if (found.choice.how !== "demo" || choice.how !== "found" || !isListed) return found;
  const where = `${choice.provider.id} at ${choice.provider.address}`;
  const lost = new HostError("model.unreachable", `Cannot reach ${where}, which answered before`, {
    fix: "Start it again",
  });
  return { choice, problem: before.problem ?? lost };
}

function statusOf({ choice, problem }: Chosen): SelectorStatus {
  return {
    provider: choice.provider.id,
    model: choice.model.id,
    how: choice.how,
    why: choice.why,
    reachable: problem?.code !== "model.unreachable" && problem?.code !== "config.invalid",
    problem: problem === null ? null : explain(problem),
  };
}

function isSame(a: Chosen, b: Chosen): boolean {
  return (
    a.choice.why === b.choice.why &&
    a.choice.model.id === b.choice.model.id &&
    a.problem?.message === b.problem?.message
  );
}

function logChoice(log: Log, { choice, problem }: Chosen): void {
  const fields = { provider: choice.provider.id, model: choice.model.id, how: choice.how, why: choice.why };
  if (problem === null) log.info("model chosen", fields);
  else log.warn("the model cannot be used now", { ...fields, problem: explain(problem) });
}

async function listQuietly(
  provider: ModelProvider,
  timeoutMs: number = MODEL.probeTimeoutMs,
): Promise<ListedModel[]> {
  try {
    const models = await provider.listModels(AbortSignal.timeout(timeoutMs));
    return models.map((model) => toListed(provider, model));
  } catch {
    // A server that is not there has no models; that it is not there is told by `status`.
    return [];
  }
}

async function loadedQuietly(
  provider: ModelProvider,
  timeoutMs: number = MODEL.probeTimeoutMs,
): Promise<LoadedRow[]> {
  try {
    const loaded = await provider.listLoaded?.(AbortSignal.timeout(timeoutMs));
    return (loaded ?? []).map((model) => ({ provider: provider.id, ...model }));
  } catch {
    return [];
  }
}

function toListed(provider: ModelProvider, model: ModelInfo): ListedModel {
  const { id, name, contextWindow, supportsTools, supportsImages, reasoning, thinkingLevels = [] } = model;
  const facts = { contextWindow, supportsTools, supportsImages, reasoning, thinkingLevels };
  return { id, name, provider: provider.id, ...facts };
}
