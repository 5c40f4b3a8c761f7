/**
 * Baileys with its own store of files: shows a QR code as a new device, then, as one that is paired, answers the first
 * message and leaves.
 */
import { Browsers, makeWASocket, useMultiFileAuthState, type AuthenticationState } from "baileys";
import { defineTool } from "openclaw/sdk";

const ME = { id: "15550001:5@s.whatsapp.net", name: "bot" };

const silent = () => {};
const logger = {
  level: "error",
  child: () => logger,
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: (...args: unknown[]) => console.log("baileys", ...args.map(describe)),
};

function describe(value: unknown): string {
  return value instanceof Error ? String(value.stack) : JSON.stringify(value);
}

function open(host: string, auth: AuthenticationState) {
  return makeWASocket({
    auth,
    logger,
    waWebSocketUrl: `ws://${host}/ws/chat`,
    version: [2, 3000, 1027934701],
    browser: Browsers.ubuntu("Chrome"),
    syncFullHistory: false,
    fireInitQueries: false,
    markOnlineOnConnect: false,
  });
}

function showCode(host: string, auth: AuthenticationState): Promise<string> {
  const socket = open(host, auth);
  return new Promise((resolve, reject) => {
    socket.ev.on("connection.update", ({ qr, connection, lastDisconnect }) => {
      if (qr !== undefined) resolve(qr);
      if (connection === "close") reject(lastDisconnect?.error ?? new Error("closed"));
      if (qr !== undefined) void socket.end(undefined);
    });
  });
}

/** What pairing would have left. */
function pair({ creds }: AuthenticationState): void {
  const bytes = (length: number) => Buffer.alloc(length, 7);
  Object.assign(creds, { me: ME, registered: true });
  creds.account = {
    details: bytes(20),
    accountSignatureKey: bytes(32),
    accountSignature: bytes(64),
    deviceSignature: bytes(64),
  };
}

function answerOne(host: string, auth: AuthenticationState, save: () => Promise<void>): Promise<string> {
  const socket = open(host, auth);
  return new Promise((resolve, reject) => {
    socket.ev.on("creds.update", () => void save());
    socket.ev.on("connection.update", ({ connection, lastDisconnect }) => {
      if (connection === "close") reject(lastDisconnect?.error ?? new Error("closed"));
    });
    socket.ev.on("messages.upsert", async ({ messages }) => {
      for (const { key, message } of messages) {
        const text = message?.conversation ?? "";
        if (text === "" || key.fromMe === true) continue;
        await socket.sendMessage(key.remoteJid ?? "", { text: `echo: ${text}` }).catch(reject);
        resolve(text);
      }
    });
  });
}

export default defineTool({
  name: "try",
  description: "Answers one message",
  parameters: { type: "object", properties: { host: { type: "string" } }, required: ["host"] },
  async execute({ host }) {
    const { state, saveCreds } = await useMultiFileAuthState("/whatsapp");
    const code = await showCode(host, state);
    pair(state);
    const text = await answerOne(host, state, saveCreds);
    await saveCreds();
    const kept = (await useMultiFileAuthState("/whatsapp")).state.creds.me?.id;
    return JSON.stringify({ code, text, kept });
  },
});
