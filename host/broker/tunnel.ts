/** A tunnel of an HTTP proxy (RFC 9110, section 9.3.6, CONNECT), over a socket that is connected to it. */
import type { Socket } from "node:net";
import { showHost } from "#manifests/domains.ts";
import { EffectError } from "./failure.ts";
import { refusedByProxy } from "./network-error.ts";

/**
 * Resolves when the socket leads to the target; what the target said already stays in the socket. The proxy's
 * answer may be `maxHeaderBytes` long.
 */
export async function openTunnel(
  socket: Socket,
  target: { readonly host: string; readonly port: number },
  { user, password }: { readonly user: string; readonly password: string },
  maxHeaderBytes: number,
): Promise<void> {
  const authority = showHost(target);
  const token = Buffer.from(`${user}:${password}`).toString("base64");
  socket.write(
    `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nProxy-Authorization: Basic ${token}\r\n\r\n`,
  );
  const status = statusOf(await readHead(socket, maxHeaderBytes));
  if (status === 403 || status === 407) throw refusedByProxy(authority, status);
  if (status < 200 || status > 299) {
    throw new EffectError("network", `Cannot connect to "${authority}": the proxy answers ${status}`);
  }
}

function readHead(socket: Socket, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const done = (settle: () => void) => {
      socket.off("data", onData).off("error", onError).off("close", onClose);
      settle();
    };
    const onError = (error: Error) => done(() => reject(error));
    const onClose = () => onError(new EffectError("network", "The proxy closed the connection"));
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end === -1 && head.length > maxBytes) {
        return onError(new EffectError("network", "The proxy's answer is too long"));
      }
      if (end === -1) return undefined;
      socket.pause();
      if (head.length > end + 4) socket.unshift(head.subarray(end + 4));
      return done(() => resolve(head.toString("latin1", 0, end)));
    };
    socket.on("data", onData).on("error", onError).on("close", onClose);
  });
}

function statusOf(head: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
}
