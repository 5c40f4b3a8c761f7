/** A plugin in a real sandbox behind a real broker, or behind none: what the attacks on effects stand on. */
import type { EffectReply, HttpRequestEffect, PerformEffect } from "#host/base/effect.ts";
import { createWorld, type World, type WorldOptions } from "#host/broker/world.fixture.ts";
import type { SandboxFiles } from "#host/sandbox/confinement.ts";
import { callText, createRig, toolPlugin } from "#host/sandbox/sandboxes-for-tests.ts";

export interface Gatekeeper extends AsyncDisposable {
  readonly world: World;
  /** Calls the attacker's one tool; answers its text. */
  call(args?: object, session?: string): Promise<string>;
}

export interface GatekeeperOptions extends WorldOptions {
  readonly files: SandboxFiles;
  /** The source of the tool's function. */
  readonly execute: string;
  /** In the broker's place, where that wall is taken down. */
  readonly instead?: ((world: World) => PerformEffect) | undefined;
}

export function createGatekeeper({ files, execute, instead, ...options }: GatekeeperOptions): Gatekeeper {
  const world = createWorld(options);
  const perform = instead?.(world) ?? world.broker.perform;
  const { sandboxes } = createRig({ files: Promise.resolve(files), perform });
  const plugin = toolPlugin("attacker", execute);
  return {
    world,
    call: (args = {}, session = "agent:main:main") =>
      callText(sandboxes, plugin, { args: { ...args }, session }),
    async [Symbol.asyncDispose]() {
      await sandboxes.stop();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** A reply to `http.request` with this text. */
export function answer(url: string, status: number, text: string): EffectReply {
  return { ok: true, head: { status, statusText: "", headers: [], url }, body: bytesOf(text) };
}

export async function* bytesOf(data: string | Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield typeof data === "string" ? new TextEncoder().encode(data) : data;
}

/** The broker's place taken by whoever simply does what is asked, over HTTP. */
export function performingHttp(act: (request: HttpRequestEffect) => Promise<EffectReply>): PerformEffect {
  return async (_identity, request) => {
    if (request.kind !== "http.request") return failure(`no ${request.kind} here`);
    return act(request).catch((error: Error) => failure(error.message));
  };
}

export function failure(message: string): EffectReply {
  return { ok: false, failure: { code: "io", message } };
}
