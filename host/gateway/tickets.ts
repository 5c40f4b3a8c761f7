/**
 * Tickets for the page: a ticket stands in the fragment of the printed address, which no server and no log
 * sees, works once and not for long. The page turns it into a cookie.
 *
 * Kept in memory and hashed: a restart makes all of them worthless.
 */
import type { Clock } from "#host/base/clock.ts";
import { hashSecret, randomSecret } from "./secrets.ts";

export interface Ticket {
  readonly ticket: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface Tickets {
  mint(): Ticket;
  /** True once for each ticket that is still good. */
  redeem(ticket: string): boolean;
}

export function createTickets(options: {
  readonly clock: Clock;
  readonly ttlMs: number;
  readonly maxOpen: number;
}): Tickets {
  const { clock, ttlMs, maxOpen } = options;
  const open = new Map<string, number>();
  return {
    mint() {
      const [oldest] = open.keys();
      if (open.size >= maxOpen && oldest !== undefined) open.delete(oldest);
      const ticket = randomSecret();
      const expiresAt = clock.now() + ttlMs;
      open.set(hashSecret(ticket), expiresAt);
      return { ticket, expiresAt };
    },
    redeem(ticket) {
      const hash = hashSecret(ticket);
      const expiresAt = open.get(hash);
      open.delete(hash);
      return expiresAt !== undefined && expiresAt > clock.now();
    },
  };
}
