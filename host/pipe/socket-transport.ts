/**
 * A transport over a TCP socket to a sandbox in another pod: both sides prove a shared secret before the
 * first frame.
 *
 *     each     → hello: 8 bytes "OCEPIPE1", 32 random bytes
 *     sandbox  → HMAC-SHA256(secret, "sandbox" ‖ its nonce ‖ the host's nonce)
 *     host     → HMAC-SHA256(secret, "host" ‖ its nonce ‖ the sandbox's nonce)
 *
 * Guarantees that a stranger, a replayed or reflected proof, silence and an oversized hello end in a closed
 * socket and HostError `sandbox.protocol`, and that nothing is kept beyond the fixed lengths above. Refuses to
 * claim more: the bytes that follow are neither encrypted nor signed, so the link must be one that nobody
 * between can write to (a pod network with a policy, or an encrypted one).
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import { HostError } from "#host/base/errors.ts";
import { PIPE } from "#host/base/limits.ts";
import { StreamTransport } from "./stdio-transport.ts";
import type { Transport } from "./protocol.ts";

export type Role = "host" | "sandbox";

export interface AuthenticateOptions {
  readonly role: Role;
  /** At least 32 bytes, the same on both sides. */
  readonly secret: Uint8Array;
  /** Milliseconds for the whole exchange. */
  readonly deadlineMs?: number;
}

const MAGIC = Buffer.from("OCEPIPE1", "latin1");
const NONCE_BYTES = 32;
const PROOF_BYTES = 32;
const MIN_SECRET_BYTES = 32;

/** Proves and checks the secret on a connected socket, whichever side called. Closes the socket on failure. */
export async function authenticateSocket(socket: Socket, options: AuthenticateOptions): Promise<Transport> {
  if (options.secret.byteLength < MIN_SECRET_BYTES) {
    throw new HostError(
      "config.invalid",
      `Cannot use the sandbox secret: shorter than ${MIN_SECRET_BYTES} bytes`,
    );
  }
  socket.setNoDelay(true);
  const deadline = setTimeout(() => {
    socket.destroy(refused("it did not prove the secret in time"));
  }, options.deadlineMs ?? PIPE.proofDeadlineMs);
  try {
    await exchange(socket, options);
    return new StreamTransport(socket, socket);
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  } finally {
    clearTimeout(deadline);
  }
}

async function exchange(socket: Socket, { role, secret }: AuthenticateOptions): Promise<void> {
  const own = randomBytes(NONCE_BYTES);
  socket.write(Buffer.concat([MAGIC, own]));
  const hello = await readExactly(socket, MAGIC.byteLength + NONCE_BYTES);
  if (!hello.subarray(0, MAGIC.byteLength).equals(MAGIC))
    throw refused("its hello is not one of this protocol");
  const theirs = hello.subarray(MAGIC.byteLength);
  if (role === "sandbox") socket.write(proofOf("sandbox", secret, own, theirs));
  const peer: Role = role === "host" ? "sandbox" : "host";
  const proof = await readExactly(socket, PROOF_BYTES);
  if (!timingSafeEqual(proof, proofOf(peer, secret, theirs, own))) throw refused("its proof is wrong");
  if (role === "host") socket.write(proofOf("host", secret, own, theirs));
}

/** The role in it keeps a proof from being sent back to its maker. */
function proofOf(role: Role, secret: Uint8Array, own: Uint8Array, theirs: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(role).update(own).update(theirs).digest();
}

/** The next bytes, this many; what came with them stays in the socket. */
async function readExactly(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    if (socket.errored !== null) throw socket.errored;
    const bytes = socket.read(size) as Buffer | null;
    if (bytes !== null && bytes.byteLength === size) return bytes;
    if (bytes !== null || socket.readableEnded || socket.destroyed)
      throw refused("it went away before its proof");
    await nextChange(socket);
  }
}

function nextChange(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const events = ["readable", "end", "close", "error"] as const;
    const changed = () => {
      for (const event of events) socket.off(event, changed);
      resolve();
    };
    for (const event of events) socket.on(event, changed);
  });
}

function refused(rule: string): HostError {
  return new HostError("sandbox.protocol", `Cannot accept the peer of a sandbox socket: ${rule}`);
}
