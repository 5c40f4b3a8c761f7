/**
 * What the tests from outside share: state folders, the command line, starts that fail, and looking at
 * processes. Everything that is made here is gone when the test file ends.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, startGateway, type GatewayProcess } from "../gateway-process.ts";

const bun = join(root, "dist", "bun");
const program = ["--no-env-file", join(root, "host", "main.ts")];
export const TOKEN = "test-token-of-this-run";

/** The gateways and folders of one test file. */
export class World {
  readonly #folders: string[] = [];
  readonly #gateways: GatewayProcess[] = [];

  /** A folder that is deleted by `close`. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "openclaw-e2e-"));
    this.#folders.push(folder);
    return folder;
  }

  /** A gateway that is killed by `close`, whatever the test did with it. */
  async gateway(env: Record<string, string> = {}, stateDir?: string): Promise<GatewayProcess> {
    const gateway = await startGateway({ stateDir: stateDir ?? (await this.folder()), env });
    this.#gateways.push(gateway);
    return gateway;
  }

  async close(): Promise<void> {
    await Promise.all(this.#gateways.map((gateway) => gateway.kill()));
    await Promise.all(this.#folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end, as another user if `uid` is given. `input` is its standard input. */
export function run(
  stateDir: string,
  args: readonly string[],
  env: Record<string, string> = {},
  uid?: number,
  input = "",
): Promise<Ended> {
  const command = [bun, ...program, ...args];
  const asOther = uid === undefined ? [] : ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  const [file = "", ...rest] = [...asOther, ...command];
  const options = {
    cwd: root,
    timeout: 20_000,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: stateDir,
      OPENCLAW_STATE_DIR: stateDir,
      OPENCLAW_GATEWAY_PORT: "0",
      OPENCLAW_GATEWAY_TOKEN: TOKEN,
      ...env,
    },
  };
  return new Promise((resolve) => {
    const child = execFile(file, rest, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

/** Resolves with the first answer that fits; rejects with the last one when the time is over. */
export async function eventually<Answer>(
  ask: () => Promise<Answer>,
  fits: (answer: Answer) => boolean,
  limitMs = 5_000,
): Promise<Answer> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (performance.now() > deadline)
      throw new Error(`Not within ${limitMs} ms; the last answer was ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Ids of the processes below this one, as Linux tells them. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const below = (of: number): number[] =>
    [...parents].flatMap(([child, parent]) => (parent === of ? [child, ...below(child)] : []));
  return below(pid);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

// What `/readyz` tells, as far as tests read it.
export interface Ready {
  readonly ready: boolean;
  readonly walls: readonly { readonly id: string; readonly state: string; readonly detail: string }[];
  readonly model: {
    readonly provider: string;
    readonly model: string;
    readonly how: string;
    readonly problem: string | null;
  };
  readonly runtime: {
    readonly configProblem: string | null;
    readonly configWaitsForRestart: string[];
    readonly behindSquid: string[];
  };
}

export async function readyz(gateway: { readonly port: number }): Promise<Ready> {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/readyz`);
  return (await answer.json()) as Ready;
}
