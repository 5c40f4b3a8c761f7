/** Somebody who writes to the device: a plain Signal client with its keys in memory. */
import { createRequire } from "node:module";

interface KeyPair {
  readonly pubKey: Buffer;
  readonly privKey: Buffer;
}

interface PreKey {
  readonly keyId: number;
  readonly keyPair: KeyPair;
}

interface Sealed {
  readonly type: number;
  readonly body: string;
}

interface LibSignal {
  readonly keyhelper: {
    generateIdentityKeyPair(): KeyPair;
    generateRegistrationId(): number;
    generateSignedPreKey(identity: KeyPair, id: number): PreKey & { readonly signature: Buffer };
    generatePreKey(id: number): PreKey;
  };
  readonly ProtocolAddress: new (name: string, device: number) => object;
  readonly SessionRecord: { deserialize(data: object): object };
  readonly SessionBuilder: new (
    store: object,
    address: object,
  ) => { initOutgoing(device: object): Promise<void> };
  readonly SessionCipher: new (
    store: object,
    address: object,
  ) => {
    encrypt(data: Uint8Array): Promise<Sealed>;
    decryptWhisperMessage(data: Uint8Array): Promise<Uint8Array>;
    decryptPreKeyWhisperMessage(data: Uint8Array): Promise<Uint8Array>;
  };
}

// The library prints each session that it closes, keys and all.
console.info = () => {};
const require = createRequire(import.meta.url);
const signal = require(require.resolve("libsignal", { paths: [require.resolve("baileys")] })) as LibSignal;

/** The device's keys, as it uploaded them. */
export interface DeviceKeys {
  readonly registrationId: number;
  readonly identityKey: Uint8Array;
  readonly signedPreKey: {
    readonly keyId: number;
    readonly publicKey: Uint8Array;
    readonly signature: Uint8Array;
  };
  readonly preKey: { readonly keyId: number; readonly publicKey: Uint8Array };
}

export class Peer {
  readonly #identity = signal.keyhelper.generateIdentityKeyPair();
  readonly #registration = signal.keyhelper.generateRegistrationId();
  readonly #signed = signal.keyhelper.generateSignedPreKey(this.#identity, 1);
  readonly #preKey = signal.keyhelper.generatePreKey(2);
  readonly #sessions = new Map<string, object>();
  readonly #address: object;

  constructor(device: { readonly user: string; readonly device: number }) {
    this.#address = new signal.ProtocolAddress(device.user, device.device);
  }

  /** What others need to write to it. */
  get bundle() {
    return {
      identity: this.#identity.pubKey.subarray(1),
      signed: this.#signed,
      preKey: this.#preKey,
    };
  }

  async write(keys: DeviceKeys, text: Uint8Array): Promise<Sealed> {
    await new signal.SessionBuilder(this.#store(), this.#address).initOutgoing(keys);
    return new signal.SessionCipher(this.#store(), this.#address).encrypt(text);
  }

  read(data: Uint8Array, isFirst: boolean): Promise<Uint8Array> {
    const cipher = new signal.SessionCipher(this.#store(), this.#address);
    return isFirst ? cipher.decryptPreKeyWhisperMessage(data) : cipher.decryptWhisperMessage(data);
  }

  #store(): object {
    return {
      loadSession: (id: string) => {
        const kept = this.#sessions.get(id);
        return kept === undefined ? undefined : signal.SessionRecord.deserialize(kept);
      },
      storeSession: (id: string, record: { serialize(): object }) =>
        void this.#sessions.set(id, record.serialize()),
      isTrustedIdentity: () => true,
      loadPreKey: () => this.#preKey.keyPair,
      removePreKey: () => {},
      loadSignedPreKey: () => this.#signed.keyPair,
      getOurRegistrationId: () => this.#registration,
      getOurIdentity: () => this.#identity,
    };
  }
}
