/**
 * Isolates that have the edge runtime and no plugin yet, and a few of them kept ready.
 *
 * An isolate serves one plugin and is thrown away; none comes back here. The pool holds isolates of the
 * default heap without WebAssembly, which nearly all plugins want; others are made when they are asked for.
 */
import type ivm from "isolated-vm";
import type { EdgeLimits, InDoor } from "#host/edge/door-protocol.ts";
import { EDGE, LLM, NATIVE, PIPE, SANDBOX } from "#host/base/limits.ts";
import type { IsolatedVm } from "./addon.ts";

export interface BlankIsolate {
  readonly isolate: ivm.Isolate;
  readonly context: ivm.Context;
  readonly in: ivm.Reference<InDoor>;
  /** Says who hears the out door. Until then nobody does. */
  listen(listener: DoorListener): void;
}

/** Must not throw: what it threw would carry this program's paths into the isolate. */
export type DoorListener = (text: unknown, bytes: unknown) => unknown;

export interface IsolateNeeds {
  readonly heapMiB: number;
  readonly wasm: boolean;
}

export interface IsolateSource {
  take(needs: IsolateNeeds): Promise<BlankIsolate>;
  /** Starts to fill the pool. */
  fill(): void;
}

export interface IsolateSourceOptions {
  readonly ivm: IsolatedVm;
  readonly snapshot: ivm.ExternalCopy<ArrayBuffer>;
  readonly pooled: number;
  /** V8 gave up: the whole process is beyond repair. */
  readonly onCatastrophe: (message: string) => void;
}

/** The isolate that was just taken runs its plugin first; making the next one can wait so long. */
const REFILL_DELAY_MS = 30;
const ORDINARY: IsolateNeeds = { heapMiB: SANDBOX.heapMiB, wasm: false };

/** Takes `__edgeBoot` away before any other code can see it. */
const BOOT = `
  const boot = globalThis.__edgeBoot;
  delete globalThis.__edgeBoot;
  return boot($0, $1);
`;

export function createIsolateSource(options: IsolateSourceOptions): IsolateSource {
  const ready: Promise<BlankIsolate>[] = [];

  const fill = () => {
    while (ready.length < options.pooled) {
      const blank = makeBlank(options, ORDINARY);
      // Whoever takes it hears of a failure; until then it is nobody's.
      blank.catch(() => {});
      ready.push(blank);
    }
  };

  return {
    fill,
    take({ heapMiB, wasm }) {
      const ordinary = heapMiB === ORDINARY.heapMiB && !wasm;
      const pooled = ordinary ? ready.shift() : undefined;
      if (pooled !== undefined) setTimeout(fill, REFILL_DELAY_MS).unref();
      return pooled ?? makeBlank(options, { heapMiB, wasm });
    },
  };
}

async function makeBlank(options: IsolateSourceOptions, needs: IsolateNeeds): Promise<BlankIsolate> {
  const { ivm } = options;
  const isolate = new ivm.Isolate({
    memoryLimit: needs.heapMiB,
    snapshot: options.snapshot,
    onCatastrophicError: options.onCatastrophe,
  });
  const context = await isolate.createContext();
  let listener: DoorListener = () => undefined;
  const door = new ivm.Callback((text: unknown, bytes: unknown) => listener(text, bytes));
  const limits = JSON.stringify(edgeLimits(needs.wasm));
  const entry = await context.evalClosure(BOOT, [door, limits], { result: { reference: true } });
  return {
    isolate,
    context,
    in: entry as ivm.Reference<InDoor>,
    listen: (next) => {
      listener = next;
    },
  };
}

function edgeLimits(wasm: boolean): EdgeLimits {
  return {
    windowBytes: PIPE.windowBytes,
    chunkBytes: PIPE.chunkBytes,
    openEffects: PIPE.openEffects,
    textChars: PIPE.maxTextChars,
    resultBytes: SANDBOX.maxResultBytes,
    llmRequestBytes: LLM.maxRequestBytes,
    native: {
      jobs: NATIVE.jobs,
      jobBytes: NATIVE.jobBytes,
      syncBytes: NATIVE.syncBytes,
      waitMs: NATIVE.waitMs,
      onceBytes: NATIVE.onceBytes,
    },
    timers: EDGE.timers,
    wasm,
  };
}
