/**
 * One line of the audit: an effect that was decided, and what became of it; and what can be asked of all lines.
 *
 * The broker makes them, the store keeps them in order. `hash` covers every other field and `previousHash`,
 * so that a changed or missing line shows. Never holds bodies, header values or secrets: `target` is a host
 * with its path, a file's path, or a command's name.
 */
import type { EffectKind } from "./effect.ts";

export interface AuditRecord {
  /** From 1, without a gap. */
  readonly seq: number;
  /** Milliseconds since 1970; of the last one where `count` is more than one. */
  readonly at: number;
  readonly plugin: string;
  readonly session: string | null;
  readonly run: string | null;
  readonly call: string | null;
  /** What the plugin did; `route.request` for what was done to it. */
  readonly kind: EffectKind | "route.request";
  readonly target: string;
  readonly decision: "allowed" | "denied" | "asked-allowed" | "asked-denied";
  /** Why it was denied; empty otherwise. */
  readonly reason: string;
  readonly outcome: "done" | "failed" | "not-done";
  /** How many equal effects this line stands for: more than one where a denial was repeated. */
  readonly count: number;
  readonly previousHash: string;
  /** SHA-256, hex. */
  readonly hash: string;
}

/** A place in the chain. */
export interface AuditLink {
  readonly seq: number;
  readonly hash: string;
}

/** Which lines are asked for; the newest come first. */
export interface AuditQuery {
  /** Null for all. */
  readonly plugin: string | null;
  readonly deniedOnly: boolean;
  readonly limit: number;
}

/** What follows a place in the chain: a file of older lines, lines of the database, or the end. */
export type AuditPart =
  | {
      readonly kind: "file";
      readonly name: string;
      /** What the database remembers as the file's last line. */
      readonly last: AuditLink;
      /** Fails while it is read if the file is missing. */
      readonly lines: AsyncIterable<string>;
    }
  | { readonly kind: "rows"; readonly records: readonly AuditRecord[] }
  | { readonly kind: "end"; readonly head: AuditLink };

export type AuditVerdict =
  | { readonly intact: true; readonly records: number; readonly files: number; readonly head: AuditLink }
  | {
      readonly intact: false;
      /** The first line that does not hold. */
      readonly seq: number;
      /** A file with its line, or the database. */
      readonly where: string;
      /** As half a sentence. */
      readonly reason: string;
    };
