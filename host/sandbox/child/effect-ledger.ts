/**
 * What one isolate has under way, kept outside of it: its open calls, its open effects and their credit.
 *
 * The isolate's own runtime keeps the same rules, but a plugin shares its realm. Whatever breaks a rule here
 * would end the whole process at the host's border, other plugins with it; so it ends the isolate instead.
 */
import type { EffectFailure } from "#host/base/effect.ts";
import { PIPE } from "#host/base/limits.ts";

interface OpenEffect {
  readonly call: number;
  /** Bytes that the isolate may still send up. */
  upCredit: number;
  upOpen: boolean;
  /** Bytes that came down and were not given back as credit. */
  downUnread: number;
}

/** What became of a message that the isolate sent: passed on, answered here, dropped, or the isolate's end. */
export type Verdict =
  | { readonly pass: true }
  | { readonly pass: false; readonly drop: true }
  | { readonly pass: false; readonly refuse: EffectFailure }
  | { readonly pass: false; readonly fatal: string };

const PASS: Verdict = { pass: true };
/** An effect that ended meanwhile: its last messages crossed with the end. */
const DROP: Verdict = { pass: false, drop: true };

export class EffectLedger {
  readonly #calls = new Set<number>();
  readonly #effects = new Map<number, OpenEffect>();
  #lastEffect = 0;

  beginCall(call: number): void {
    this.#calls.add(call);
  }

  hasCall(call: number): boolean {
    return this.#calls.has(call);
  }

  /** Ends a call and answers the effects that were still open for it, closed by this. */
  endCall(call: number): number[] {
    this.#calls.delete(call);
    const ids = [...this.#effects].filter(([, effect]) => effect.call === call).map(([id]) => id);
    for (const id of ids) this.#effects.delete(id);
    return ids;
  }

  openEffect(id: number, call: number, sendsBody: boolean): Verdict {
    if (id <= this.#lastEffect) return fatal(`it used the effect number ${id} twice`);
    this.#lastEffect = id;
    if (!this.#calls.has(call)) {
      return refuse("Cannot reach outside: no call is running", "Start effects within a tool's execute");
    }
    if (this.#effects.size >= PIPE.openEffects) {
      return refuse(`Cannot start another effect: ${PIPE.openEffects} are open`, "Wait for one to end");
    }
    this.#effects.set(id, { call, upCredit: PIPE.windowBytes, upOpen: sendsBody, downUnread: 0 });
    return PASS;
  }

  sendUp(id: number, bytes: number): Verdict {
    const effect = this.#effects.get(id);
    if (effect === undefined) return DROP;
    if (!effect.upOpen) return fatal("it sent bytes to an effect that takes none");
    if (bytes > effect.upCredit) return fatal("it sent more than it had credit for");
    effect.upCredit -= bytes;
    return PASS;
  }

  endUp(id: number): Verdict {
    const effect = this.#effects.get(id);
    if (effect === undefined) return DROP;
    if (!effect.upOpen) return fatal("it ended a stream twice");
    effect.upOpen = false;
    return PASS;
  }

  creditDown(id: number, bytes: number): Verdict {
    const effect = this.#effects.get(id);
    if (effect === undefined) return DROP;
    if (bytes > effect.downUnread) return fatal("it gave credit for bytes that it did not get");
    effect.downUnread -= bytes;
    return PASS;
  }

  cancel(id: number): Verdict {
    return this.#effects.delete(id) ? PASS : DROP;
  }

  /** False for an effect that has ended: what still comes for it is nobody's. */
  receiveDown(id: number, bytes: number): boolean {
    const effect = this.#effects.get(id);
    if (effect !== undefined) effect.downUnread += bytes;
    return effect !== undefined;
  }

  receiveCredit(id: number, bytes: number): boolean {
    const effect = this.#effects.get(id);
    if (effect !== undefined) effect.upCredit += bytes;
    return effect !== undefined;
  }

  /** The world's side is complete. */
  close(id: number): boolean {
    return this.#effects.delete(id);
  }
}

function refuse(message: string, fix: string): Verdict {
  return { pass: false, refuse: { code: "invalid", message, fix } };
}

function fatal(reason: string): Verdict {
  return { pass: false, fatal: reason };
}
