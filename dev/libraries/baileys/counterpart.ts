/** A WhatsApp of one contact: pairs by QR code, logs in, takes pre-keys, sends one message and reads the answer. */
import assert from "node:assert/strict";
import {
  generateSignalPubKey,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  proto,
  type BinaryNode,
} from "baileys";
import { listen } from "../counterpart.ts";
import type { Trial } from "../trial.ts";
import { NoiseServer, root } from "./noise-server.ts";
import { Peer, type DeviceKeys } from "./peer.ts";

const SERVER = "s.whatsapp.net";
const CONTACT = "15559999";
/** WhatsApp's own key stands in the library, and nobody but WhatsApp has its other half. */
const PINNED = "142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b";

export const baileys: Trial = {
  name: "baileys",
  folder: "baileys",
  wasm: true,
  patch: {
    why: "the counterpart has no key that WhatsApp's pinned one vouches for, so its own is put in that one's place",
    apply: (code) => code.replaceAll(PINNED, Buffer.from(root.public).toString("hex")),
  },
  async start() {
    const world = new WhatsApp();
    const service = await listen({
      answer: () => ({ status: 404, json: {} }),
      onSocket: (socket) => {
        const server = new NoiseServer({
          send: (bytes) => socket.send(bytes),
          onOpen: (login) => world.open(server, login),
          onNode: (node) => world.take(server, node),
        });
        // One frame after another: each changes the keys' counters.
        let last = Promise.resolve();
        socket.on("message", (data) => (last = last.then(() => server.receive(data as Buffer))));
      },
    });
    return {
      port: service.port,
      async check(answer) {
        const { code, text, kept } = JSON.parse(answer) as Record<string, string>;
        assert.match(code ?? "", /2@code,/);
        assert.equal(text, "hello");
        assert.equal(kept, "15550001:5@s.whatsapp.net");
        assert.equal(await world.answered, "echo: hello");
        assert.ok(world.preKeys > 1, `${world.preKeys} pre-keys`);
      },
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    };
  },
};

class WhatsApp {
  preKeys = 0;
  readonly #peer = new Peer({ user: "15550001", device: 5 });
  readonly #answered = Promise.withResolvers<string>();

  get answered(): Promise<string> {
    return this.#answered.promise;
  }

  open(server: NoiseServer, login: boolean): void {
    if (login) {
      server.sendNode({ tag: "success", attrs: { t: seconds(), location: "x" } });
      return;
    }
    const ref = { tag: "ref", attrs: {}, content: Buffer.from("2@code") };
    const pairing = { tag: "pair-device", attrs: {}, content: [ref] };
    server.sendNode({
      tag: "iq",
      attrs: { from: SERVER, type: "set", id: "p1", xmlns: "md" },
      content: [pairing],
    });
  }

  async take(server: NoiseServer, node: BinaryNode): Promise<void> {
    if (node.tag === "message") return this.#takeMessage(server, node);
    if (node.tag !== "iq" || node.attrs.type === "result") return;
    const answer = (content?: BinaryNode[]) =>
      server.sendNode({
        tag: "iq",
        attrs: { from: SERVER, type: "result", id: node.attrs.id ?? "" },
        ...(content === undefined ? {} : { content }),
      });
    const { xmlns, type } = node.attrs;
    if (xmlns === "encrypt" && type === "set") {
      answer();
      await this.#takeKeys(server, node);
    } else if (xmlns === "encrypt") answer(this.#keysFor(node));
    else if (xmlns === "usync") answer([devicesOf(node)]);
    else answer();
  }

  #keysFor(node: BinaryNode): BinaryNode[] {
    if (getBinaryNodeChild(node, "count") !== undefined) return [leaf("count", undefined, { value: "0" })];
    const asked = getBinaryNodeChild(node, "key");
    if (asked === undefined) return [];
    const users = getBinaryNodeChildren(asked, "user").map(({ attrs }) => this.#bundleOf(attrs.jid ?? ""));
    return [{ tag: "list", attrs: {}, content: users }];
  }

  /** Everybody is the one contact: other devices of the same account get what they cannot read. */
  #bundleOf(jid: string): BinaryNode {
    const { identity, signed, preKey } = this.#peer.bundle;
    const skey = [
      leaf("id", integer(signed.keyId, 3)),
      leaf("value", signed.keyPair.pubKey.subarray(1)),
      leaf("signature", signed.signature),
    ];
    const key = [leaf("id", integer(preKey.keyId, 3)), leaf("value", preKey.keyPair.pubKey.subarray(1))];
    const content = [
      leaf("registration", integer(1_234, 4)),
      leaf("type", Buffer.from([5])),
      leaf("identity", identity),
      { tag: "skey", attrs: {}, content: skey },
      { tag: "key", attrs: {}, content: key },
    ];
    return { tag: "user", attrs: { jid }, content };
  }

  async #takeKeys(server: NoiseServer, node: BinaryNode): Promise<void> {
    const list = getBinaryNodeChildren(getBinaryNodeChild(node, "list"), "key");
    const first = this.preKeys === 0;
    this.preKeys += list.length;
    if (!first) return;
    const plain = proto.Message.encode({ conversation: "hello" }).finish();
    const { type, body } = await this.#peer.write(
      deviceKeysOf(node, list[0]),
      Buffer.concat([plain, Buffer.from([1])]),
    );
    const enc = leaf("enc", Buffer.from(body, "binary"), { v: "2", type: type === 3 ? "pkmsg" : "msg" });
    const attrs = { from: `${CONTACT}@${SERVER}`, type: "text", id: "MSG1", t: seconds(), notify: "peer" };
    server.sendNode({ tag: "message", attrs, content: [enc] });
  }

  async #takeMessage(server: NoiseServer, node: BinaryNode): Promise<void> {
    const parts = getBinaryNodeChildren(getBinaryNodeChild(node, "participants"), "to");
    const mine = parts.find(({ attrs }) => attrs.jid?.startsWith(CONTACT) === true);
    const enc = getBinaryNodeChild(mine, "enc");
    if (enc !== undefined) {
      const plain = await this.#peer.read(enc.content as Uint8Array, enc.attrs.type === "pkmsg");
      const message = proto.Message.decode(plain.subarray(0, plain.length - (plain.at(-1) ?? 0)));
      this.#answered.resolve(message.extendedTextMessage?.text ?? message.conversation ?? "");
    }
    const { id = "", to = "" } = node.attrs;
    server.sendNode({ tag: "ack", attrs: { class: "message", id, from: to, t: "1" } });
  }
}

function deviceKeysOf(node: BinaryNode, first: BinaryNode | undefined): DeviceKeys {
  const bytes = (of: BinaryNode | undefined, tag: string) =>
    Buffer.from((getBinaryNodeChild(of, tag)?.content ?? []) as Uint8Array);
  const number = (of: BinaryNode | undefined, tag: string) => {
    const value = bytes(of, tag);
    return value.readUIntBE(0, value.length);
  };
  const skey = getBinaryNodeChild(node, "skey");
  return {
    registrationId: number(node, "registration"),
    identityKey: generateSignalPubKey(bytes(node, "identity")),
    signedPreKey: {
      keyId: number(skey, "id"),
      publicKey: generateSignalPubKey(bytes(skey, "value")),
      signature: bytes(skey, "signature"),
    },
    preKey: { keyId: number(first, "id"), publicKey: generateSignalPubKey(bytes(first, "value")) },
  };
}

/** Every user has one device and a hidden identity. */
function devicesOf(node: BinaryNode): BinaryNode {
  const asked = getBinaryNodeChildren(getBinaryNodeChild(getBinaryNodeChild(node, "usync"), "list"), "user");
  const users = asked.map(({ attrs }) => {
    const jid = attrs.jid ?? "";
    const number = jid.split("@")[0]?.split(":")[0] ?? "";
    const device = { tag: "device-list", attrs: {}, content: [leaf("device", undefined, { id: "0" })] };
    const content = [
      leaf("lid", undefined, { val: `${number}99@lid` }),
      { tag: "devices", attrs: {}, content: [device] },
    ];
    return { tag: "user", attrs: { jid }, content };
  });
  return { tag: "usync", attrs: {}, content: [{ tag: "list", attrs: {}, content: users }] };
}

function leaf(tag: string, content?: Uint8Array, attrs: Record<string, string> = {}): BinaryNode {
  return content === undefined ? { tag, attrs } : { tag, attrs, content };
}

function integer(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}

const seconds = () => String(Math.floor(Date.now() / 1_000));
