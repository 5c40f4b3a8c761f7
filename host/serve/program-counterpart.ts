/**
 * A gateway with a played host, as a program: prints its port, ends when its input ends. Run by serve.test.ts
 * under each runtime.
 */
import { startGateway } from "#host/gateway/gateway-counterpart.ts";

const [handshakeTimeoutMs = "15000"] = process.argv.slice(2);
const gateway = await startGateway({
  limits: {
    maxPayloadBytes: 200_000,
    maxBufferedBytes: 300_000,
    handshakeTimeoutMs: Number(handshakeTimeoutMs),
  },
});
process.stdout.write(`${gateway.server.port}\n`);
process.stdin.on(
  "end",
  () => void gateway[Symbol.asyncDispose]().then(() => process.stdout.write("stopped\n")),
);
process.stdin.resume();
