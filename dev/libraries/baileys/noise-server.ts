/**
 * The server's side of WhatsApp's handshake, Noise_XX_25519_AESGCM_SHA256, and its frames: three bytes of length, then
 * the message. Keys are made anew each time; the client must hold `rootKey` for the one that vouches.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from "node:crypto";
import { Curve, decodeBinaryNode, encodeBinaryNode, proto, type BinaryNode } from "baileys";

const HEADER = Buffer.from([87, 65, 6, 3]);
const PROTOCOL = Buffer.from("Noise_XX_25519_AESGCM_SHA256\0\0\0\0");
const NOTHING = Buffer.alloc(0);
const TAG_BYTES = 16;
const LENGTH_BYTES = 3;
const FAR = 9_000_000_000;

export const root = Curve.generateKeyPair();

/** What each side has agreed on so far; every message mixes something in. */
class Agreement {
  #hash = PROTOCOL;
  #salt = PROTOCOL;
  #key = PROTOCOL;
  #count = 0;

  mixHash(data: Uint8Array): void {
    this.#hash = createHash("sha256").update(this.#hash).update(data).digest();
  }

  mixKey(secret: Uint8Array): void {
    [this.#salt, this.#key] = this.derive(secret);
    this.#count = 0;
  }

  derive(secret: Uint8Array): [Buffer<ArrayBuffer>, Buffer<ArrayBuffer>] {
    const bytes = Buffer.from(hkdfSync("sha256", secret, this.#salt, "", 64));
    return [bytes.subarray(0, 32), bytes.subarray(32)];
  }

  seal(plain: Uint8Array): Buffer {
    const sealed = encrypt(this.#key, this.#count, this.#hash, plain);
    this.#count += 1;
    this.mixHash(sealed);
    return sealed;
  }

  open(sealed: Uint8Array): Buffer {
    const plain = decrypt(this.#key, this.#count, this.#hash, sealed);
    this.#count += 1;
    this.mixHash(sealed);
    return plain;
  }
}

export interface Events {
  send(bytes: Uint8Array): void;
  /** The handshake is done; `login` says whether the client comes with an account. */
  onOpen(login: boolean): void;
  onNode(node: BinaryNode): void | Promise<void>;
}

export class NoiseServer {
  readonly #events: Events;
  readonly #agreement = new Agreement();
  readonly #ephemeral = Curve.generateKeyPair();
  readonly #static = Curve.generateKeyPair();
  #buffered = NOTHING as Buffer;
  #stage: "header" | "hello" | "finish" | "open" = "header";
  #keys: { readonly read: Buffer; readonly write: Buffer } | null = null;
  #read = 0;
  #written = 0;

  constructor(events: Events) {
    this.#events = events;
  }

  async receive(bytes: Uint8Array): Promise<void> {
    this.#buffered = Buffer.concat([this.#buffered, bytes]);
    if (this.#stage === "header" && this.#buffered.length >= HEADER.length) {
      if (!this.#buffered.subarray(0, HEADER.length).equals(HEADER)) throw new Error("another header");
      this.#buffered = this.#buffered.subarray(HEADER.length);
      this.#stage = "hello";
    }
    for (let frame = this.#nextFrame(); frame !== null; frame = this.#nextFrame()) await this.#take(frame);
  }

  sendNode(node: BinaryNode): void {
    if (this.#keys === null) throw new Error("the handshake is not done");
    this.#send(encrypt(this.#keys.write, this.#written, NOTHING, encodeBinaryNode(node)));
    this.#written += 1;
  }

  #nextFrame(): Buffer | null {
    if (this.#stage === "header" || this.#buffered.length < LENGTH_BYTES) return null;
    const end = LENGTH_BYTES + this.#buffered.readUIntBE(0, LENGTH_BYTES);
    if (this.#buffered.length < end) return null;
    const frame = Buffer.from(this.#buffered.subarray(LENGTH_BYTES, end));
    this.#buffered = this.#buffered.subarray(end);
    return frame;
  }

  async #take(frame: Buffer): Promise<void> {
    if (this.#stage === "hello") this.#answerHello(frame);
    else if (this.#stage === "finish") this.#finish(frame);
    else if (this.#keys !== null) {
      const plain = decrypt(this.#keys.read, this.#read, NOTHING, frame);
      this.#read += 1;
      await this.#events.onNode(await decodeBinaryNode(plain));
    }
  }

  #answerHello(frame: Buffer): void {
    const { clientHello } = proto.HandshakeMessage.decode(frame);
    const theirs = Buffer.from(clientHello?.ephemeral ?? []);
    for (const data of [HEADER, theirs, this.#ephemeral.public]) this.#agreement.mixHash(data);
    this.#agreement.mixKey(Curve.sharedKey(this.#ephemeral.private, theirs));
    const sealed = this.#agreement.seal(this.#static.public);
    this.#agreement.mixKey(Curve.sharedKey(this.#static.private, theirs));
    const payload = this.#agreement.seal(certificateOf(this.#static.public));
    const serverHello = { ephemeral: this.#ephemeral.public, static: sealed, payload };
    this.#send(proto.HandshakeMessage.encode({ serverHello }).finish());
    this.#stage = "finish";
  }

  #finish(frame: Buffer): void {
    const { clientFinish } = proto.HandshakeMessage.decode(frame);
    const theirs = this.#agreement.open(Buffer.from(clientFinish?.static ?? []));
    this.#agreement.mixKey(Curve.sharedKey(this.#ephemeral.private, theirs));
    const payload = proto.ClientPayload.decode(
      this.#agreement.open(Buffer.from(clientFinish?.payload ?? [])),
    );
    const [read, write] = this.#agreement.derive(NOTHING);
    this.#keys = { read, write };
    this.#stage = "open";
    this.#events.onOpen(payload.devicePairingData === null || payload.devicePairingData === undefined);
  }

  #send(message: Uint8Array): void {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUIntBE(message.length, 0, LENGTH_BYTES);
    this.#events.send(Buffer.concat([length, message]));
  }
}

/** The root vouches for a key in between, and that one for the server's. */
function certificateOf(key: Uint8Array): Uint8Array {
  const { Details } = proto.CertChain.NoiseCertificate;
  const between = Curve.generateKeyPair();
  const leaf = Details.encode({ serial: 2, issuerSerial: 1, key, notBefore: 0, notAfter: FAR }).finish();
  const above = { serial: 1, issuerSerial: 0, key: between.public, notBefore: 0, notAfter: FAR };
  const intermediate = Details.encode(above).finish();
  return proto.CertChain.encode({
    leaf: { details: leaf, signature: Curve.sign(between.private, leaf) },
    intermediate: { details: intermediate, signature: Curve.sign(root.private, intermediate) },
  }).finish();
}

function nonce(count: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(count, 8);
  return bytes;
}

function encrypt(key: Uint8Array, count: number, more: Uint8Array, plain: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce(count)).setAAD(more);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, count: number, more: Uint8Array, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, nonce(count)).setAAD(more);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
}
