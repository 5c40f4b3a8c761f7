/** A real Squid in a process and a folder of its own, for tests. */
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./counterpart.fixture.ts";

const SHARED_MEMORY = "/dev/shm";
const PROGRAM = ["/usr/sbin/squid", "/usr/local/sbin/squid"].find((path) => existsSync(path));

/** Why the tests with a real Squid cannot run here; null if they can. */
export const squidIsMissing =
  PROGRAM === undefined
    ? "squid is not installed"
    : process.platform === "linux"
      ? null
      : "only on Linux is all of 127.0.0.0/8 this machine";

const AUTH_PROGRAM = ["/usr/lib/squid/basic_ncsa_auth", "/usr/lib64/squid/basic_ncsa_auth"];
export const squidAuthProgram = AUTH_PROGRAM.find((path) => existsSync(path)) ?? "basic_ncsa_auth";

export interface Squid extends AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  /** The lines of its access log so far. */
  log(): string[];
  /** SIGKILL, because SIGTERM takes Squid two seconds; what it leaves behind is cleaned up. */
  kill(): Promise<void>;
}

export interface SquidPlace {
  readonly port: number;
  /** Empty, and Squid may write into it. */
  readonly folder: string;
  readonly accessLog: string;
}

export interface SquidOptions {
  /** A free one, if not given. */
  readonly port?: number;
  /** Names that it knows, as in /etc/hosts. */
  readonly hosts?: string;
}

/** `configure` gives squid.conf, without what a test needs anyway, and may put files beside it. */
export async function startSquid(
  configure: (place: SquidPlace) => string,
  options: SquidOptions = {},
): Promise<Squid> {
  const folder = mkdtempSync(join(tmpdir(), "squid-"));
  // Started as root, Squid becomes a user of its own.
  chmodSync(folder, 0o777);
  const port = options.port ?? (await freePort());
  const accessLog = join(folder, "access.log");
  const config = join(folder, "squid.conf");
  // It overlooks a last line without an end.
  writeFileSync(join(folder, "hosts"), `${options.hosts ?? ""}\n`);
  writeFileSync(config, `${configure({ port, folder, accessLog })}\n${own(folder).join("\n")}\n`);
  const name = `edge${port}`;
  const squid = spawn(PROGRAM ?? "squid", ["-N", "-n", name, "-f", config], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => squid.once("exit", () => resolve()));
  const kill = async () => {
    squid.kill("SIGKILL");
    await ended;
    for (const file of sharedMemoryOf(name)) rmSync(file, { force: true });
  };
  try {
    await untilListening(port, squid);
  } catch (thrown) {
    await kill();
    const said = readIfThere(join(folder, "cache.log"));
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`Squid did not start:\n${said}`, { cause: thrown });
  }
  return {
    port,
    folder,
    log: () => readIfThere(accessLog).split("\n").filter(Boolean),
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function own(folder: string): string[] {
  return [
    "pid_filename none",
    `cache_log ${join(folder, "cache.log")}`,
    `coredump_dir ${folder}`,
    `hosts_file ${join(folder, "hosts")}`,
    "pinger_enable off",
    "netdb_filename none",
  ];
}

/** What a Squid that ends properly takes away by itself. */
function sharedMemoryOf(name: string): string[] {
  if (!existsSync(SHARED_MEMORY)) return [];
  const files = readdirSync(SHARED_MEMORY).filter((file) => file.startsWith(`${name}-`));
  return files.map((file) => join(SHARED_MEMORY, file));
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Squid tells nobody when it is ready: its port is tried until it answers, for at most ten seconds. */
async function untilListening(port: number, squid: { readonly exitCode: number | null }): Promise<void> {
  for (let tries = 0; tries < 200 && squid.exitCode === null; tries += 1) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.once("error", () => resolve(false)).once("connect", () => socket.destroy());
    });
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(squid.exitCode === null ? "its port stayed closed" : `it ended with ${squid.exitCode}`);
}
