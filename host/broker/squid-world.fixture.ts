/** The broker in front of a real Squid with the configuration that is written for it, for tests. */
import { createSocket } from "node:dgram";
import { writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { listen } from "./counterpart.fixture.ts";
import { renderSquidConfig, type SquidLimits, type SquidPlugin } from "./squid-config.ts";
import { renderSquidUsers } from "./squid-users.ts";
import { squidAuthProgram, startSquid, type Squid, type SquidPlace } from "./squid.fixture.ts";
import { createWorld } from "./world.fixture.ts";

export const SECRET = "a secret of this test";
const LIMITS: SquidLimits = { bytesPerSecond: 1 << 20, burstBytes: 8 << 20, connections: 64 };

interface Setup {
  readonly plugins: readonly SquidPlugin[];
  readonly allowlist: readonly string[];
  readonly limits?: Partial<SquidLimits>;
  /** `null` for those that are written where nothing else is said. */
  readonly refusedNetworks?: null;
  /** Lines at the end of the configuration. */
  readonly more?: readonly string[];
}

/** Otherwise all of 127.0.0.0/8 but 127.0.0.1 is the internet: `*.test` is there, `*.inside.test` not. */
const REFUSED = { refusedNetworks: ["127.0.0.1/32", "10.0.0.0/8", "::1/128"] };

export async function start({ more = [], ...setup }: Setup) {
  const ids = setup.plugins.map(({ id }) => id);
  const squid = await startSquid(
    (place) => {
      const usersFile = join(place.folder, "users");
      writeFileSync(usersFile, renderSquidUsers(SECRET, ids));
      return [render(place, usersFile, setup), ...more].join("\n");
    },
    { hosts: HOSTS },
  );
  return Object.assign(squid, {
    url: `http://openclaw:${encodeURIComponent(SECRET)}@127.0.0.1:${squid.port}`,
  });
}

export function render(
  { port, accessLog }: SquidPlace,
  usersFile: string,
  { refusedNetworks, ...setup }: Omit<Setup, "more">,
): string {
  return renderSquidConfig({
    ...setup,
    ...(refusedNetworks === null ? {} : REFUSED),
    listen: `127.0.0.1:${port}`,
    usersFile,
    accessLog,
    authProgram: squidAuthProgram,
    limits: { ...LIMITS, ...setup.limits },
  });
}

const HOSTS = [
  "127.0.0.2 a.test b.test sub.a.test",
  "127.0.0.1 hidden.inside.test nas.internal",
  "10.0.0.1 ten.inside.test",
].join("\n");

export function origin(handler: RequestListener) {
  return listen(handler, "127.0.0.2");
}

export function lineOf(squid: Squid, url: string): string {
  return squid.log().find((line) => line.includes(url)) ?? `no line about ${url}:\n${squid.log().join("\n")}`;
}

/** A world whose plugins may do everything that Squid is to refuse. */
export function worldBehind(squid: { readonly url: string }, domains: readonly string[]) {
  return createWorld({
    proxy: squid.url,
    rights: { domains: [...domains] },
    resolve: () => Promise.reject(new Error("the host resolved a name")),
  });
}

/** A name server that answers each question for an IPv4 address with the next of these, to be forgotten at once. */
export async function answerNames(address: string, addresses: readonly string[]) {
  const answered: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const name = query.indexOf(0, 12); // where the name's last label ends
    const isIPv4 = query.readUInt16BE(name + 1) === 1;
    const next = isIPv4 ? addresses[Math.min(answered.length, addresses.length - 1)] : undefined;
    if (next !== undefined) answered.push(next);
    const record =
      next === undefined ? [] : [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...next.split(".").map(Number)];
    const head = [0x81, 0x80, 0, 1, 0, next === undefined ? 0 : 1, 0, 0, 0, 0];
    const parts = [
      query.subarray(0, 2),
      Buffer.from(head),
      query.subarray(12, name + 5),
      Buffer.from(record),
    ];
    socket.send(Buffer.concat(parts), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(53, address, resolve));
  return {
    answered,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

/** One request by hand, with credentials. */
export function askRaw(squid: Squid, line: string, token: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    let text = "";
    const socket = connect(squid.port, "127.0.0.1");
    socket.on("error", reject).on("close", () => reject(new Error(`no answer to ${line}: ${text}`)));
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
      if (status === 0) return;
      resolve({ status, text });
      socket.destroy();
    });
    const host = /[/ ]([\w.-]+(?::\d+)?)(?:\/\S*)? HTTP/.exec(line)?.[1] ?? "";
    socket.write(`${line}\r\nHost: ${host}\r\nProxy-Authorization: Basic ${token}\r\n\r\n`);
  });
}
