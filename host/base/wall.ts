/**
 * A wall between plugins and the machine, as a fact: it was tried, and this is what happened.
 *
 * Shown at start, in `openclaw doctor` and in `/readyz`. A wall that nobody tried is `unknown`, never
 * `stands`.
 */

export interface Wall {
  /** `isolate`, `node-permission`, `os-sandbox`, `network`, `squid`, `watchdog`, `commands`. */
  readonly id: string;
  readonly state: "stands" | "missing" | "unknown";
  /** What was tried and what it showed, as one sentence. */
  readonly detail: string;
  /** How to raise it, where it is missing. */
  readonly fix?: string;
}
