/** Who comes in: the token, tickets for the page, its cookie, and devices, wired together. */
import type { Clock } from "#host/base/clock.ts";
import { createDevices } from "./devices.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import { createHandshake, type Handshake } from "./handshake.ts";
import { createPageSessions, type PageSessions } from "./page-sessions.ts";
import type { DevicesPort, GatewaySettings } from "./ports.ts";
import type { PageAddress } from "./protocol/page.ts";
import { createSignIn, type SignIn } from "./sign-in.ts";
import { createTickets, type Tickets } from "./tickets.ts";

export interface Door {
  readonly signIn: SignIn;
  readonly tickets: Tickets;
  readonly pages: PageSessions;
  readonly handshake: Handshake;
  readonly mintAddress: () => PageAddress;
}

export function createDoor(deps: {
  readonly store: DevicesPort;
  readonly settings: GatewaySettings;
  readonly limits: GatewayLimits;
  readonly clock: Clock;
}): Door {
  const { store, settings, limits, clock } = deps;
  const { token, port, allowedOrigins } = settings;
  const signIn = createSignIn({ token, clock, failuresPerMinute: limits.authFailuresPerMinute });
  const tickets = createTickets({ clock, ttlMs: limits.ticketTtlMs, maxOpen: limits.maxOpenTickets });
  const pages = createPageSessions({ devices: store, clock, port, ttlMs: limits.cookieTtlMs });
  const devices = createDevices({ store, clock, gatewayToken: token });
  const { signatureAgeMs } = limits;
  return {
    signIn,
    tickets,
    pages,
    handshake: createHandshake({ signIn, pages, devices, clock, allowedOrigins, signatureAgeMs }),
    mintAddress() {
      const { ticket, expiresAt } = tickets.mint();
      return { url: `http://127.0.0.1:${port}/#ticket=${ticket}`, ticket, expiresAtMs: expiresAt };
    },
  };
}
