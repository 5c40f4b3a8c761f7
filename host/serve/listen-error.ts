/** What a listener says when it cannot listen. */
import { HostError } from "#host/base/errors.ts";

/** The runtime's error as ours: the port is taken, or the address is none of this machine. */
export function listenError(hostname: string, port: number, cause: unknown): HostError {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : "";
  if (code === "EADDRINUSE" || code === "AddrInUse") {
    return new HostError(
      "port.taken",
      `Cannot listen on ${hostname}:${port}: another program has this port`,
      {
        fix: 'End that program, or choose another port with OPENCLAW_GATEWAY_PORT or "gateway.port"',
        cause,
      },
    );
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new HostError("port.taken", `Cannot listen on ${hostname}:${port}: ${why}`, {
    fix: 'Choose another address with "gateway.bind", or another port with OPENCLAW_GATEWAY_PORT',
    cause,
  });
}
