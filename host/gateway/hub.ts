/**
 * All connected clients, and the one way to tell them something.
 *
 * An event is serialised once, whoever gets it: connections differ only in the number that they add.
 */
import type { Connection } from "./connection.ts";
import { hasScope, type Scope } from "./scopes.ts";
import type { Client } from "./methods/method.ts";

export class Hub {
  readonly #connections = new Set<Connection>();

  get size(): number {
    return this.#connections.size;
  }

  /** Those that have not said hello. */
  get waiting(): number {
    return [...this.#connections].filter(({ client }) => client === null).length;
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /** To every client with this scope, of those that `wants` picks. */
  broadcast(event: string, payload: object, scope: Scope | null, wants?: (client: Client) => boolean): void {
    let head: string | null = null;
    for (const connection of this.#connections) {
      const { client } = connection;
      if (client === null) continue;
      if (scope !== null && !hasScope(client.scopes, scope)) continue;
      if (wants !== undefined && !wants(client)) continue;
      head ??= `{"type":"event","event":"${event}","payload":${JSON.stringify(payload)},"seq":`;
      connection.sendEvent(head);
    }
  }

  closeAll(code: number, reason: string): void {
    for (const connection of this.#connections) connection.close(code, reason);
  }
}
