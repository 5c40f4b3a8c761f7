/** A Discord of one guild with one channel and one message. */
import assert from "node:assert/strict";
import type { WebSocket } from "ws";
import { listen, type Answer, type Asked } from "../counterpart.ts";
import type { Trial } from "../trial.ts";

const bot = { id: "100", username: "bot", discriminator: "0", global_name: null, avatar: null, bot: true };
const member = { roles: [], joined_at: new Date(0).toISOString(), deaf: false, mute: false, flags: 0 };
const message = {
  id: "900",
  channel_id: "300",
  guild_id: "200",
  author: { ...bot, id: "7", username: "u", bot: false },
  content: "hello",
  timestamp: new Date(0).toISOString(),
  edited_timestamp: null,
  tts: false,
  mention_everyone: false,
  mentions: [],
  mention_roles: [],
  attachments: [],
  embeds: [],
  pinned: false,
  type: 0,
};
const everyone = {
  id: "200",
  name: "@everyone",
  permissions: "8",
  position: 0,
  color: 0,
  colors: { primary_color: 0 },
  hoist: false,
  managed: false,
  mentionable: false,
  flags: 0,
};
const channel = { id: "300", type: 0, name: "general", position: 0, permission_overwrites: [] };
const none = {
  emojis: [],
  stickers: [],
  features: [],
  threads: [],
  presences: [],
  voice_states: [],
  stage_instances: [],
  guild_scheduled_events: [],
  soundboard_sounds: [],
};
const guild = {
  ...none,
  id: "200",
  name: "guild",
  owner_id: "7",
  channels: [channel],
  roles: [everyone],
  members: [{ user: bot, ...member }],
  member_count: 2,
  large: false,
  unavailable: false,
  preferred_locale: "en-US",
  premium_tier: 0,
  verification_level: 0,
  nsfw_level: 0,
  system_channel_flags: 0,
  default_message_notifications: 0,
  explicit_content_filter: 0,
  mfa_level: 0,
  afk_timeout: 60,
  joined_at: new Date(0).toISOString(),
};

export const discord: Trial = {
  name: "discord.js",
  folder: "discord",
  async start() {
    const sent: string[] = [];
    const service = await listen({
      answer: (asked) => answer(asked, sent),
      onSocket: (socket, { host }) => serveGateway(socket, host),
    });
    return {
      port: service.port,
      check(text) {
        assert.equal(text, "hello");
        assert.deepEqual(sent, ["echo: hello"]);
      },
      [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
    };
  },
};

function answer({ path, body, host }: Asked, sent: string[]): Answer {
  if (path.endsWith("/gateway/bot")) {
    const limit = { total: 1_000, remaining: 999, reset_after: 1_000, max_concurrency: 1 };
    return { json: { url: `ws://${host}`, shards: 1, session_start_limit: limit } };
  }
  if (path.endsWith("/users/@me")) return { json: bot };
  if (!path.endsWith("/channels/300/messages")) return { json: {} };
  const { content } = JSON.parse(body) as { content: string };
  sent.push(content);
  return { json: { ...message, id: "901", author: bot, content } };
}

function serveGateway(socket: WebSocket, host: string): void {
  let sequence = 0;
  const send = (op: number, d: unknown, t: string | null = null) =>
    socket.send(JSON.stringify({ op, d, t, s: op === 0 ? (sequence += 1) : null }));
  send(10, { heartbeat_interval: 41_250 });
  socket.on("message", (data) => {
    const { op } = JSON.parse(String(data)) as { op: number };
    if (op === 1) send(11, null);
    if (op !== 2) return;
    const ready = { v: 10, user: bot, guilds: [{ id: "200", unavailable: true }], session_id: "x" };
    send(0, { ...ready, resume_gateway_url: `ws://${host}`, application: { id: "100", flags: 0 } }, "READY");
    send(0, guild, "GUILD_CREATE");
    setTimeout(() => send(0, { ...message, member }, "MESSAGE_CREATE"), 100);
  });
}
