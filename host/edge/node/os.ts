/** `node:os`: neutral answers, the same on every machine. A plugin learns nothing of where it runs. */
import constants from "./os-constants.ts";

const NOTHING = 0;

export default {
  EOL: "\n",
  arch: () => "x64",
  availableParallelism: () => 1,
  constants,
  cpus: () => [],
  devNull: "/dev/null",
  endianness: () => "LE",
  freemem: () => NOTHING,
  getPriority: () => NOTHING,
  homedir: () => "/",
  hostname: () => "plugin",
  loadavg: () => [NOTHING, NOTHING, NOTHING],
  machine: () => "x86_64",
  networkInterfaces: () => ({}),
  platform: () => "linux",
  release: () => "0",
  setPriority: () => {},
  tmpdir: () => "/tmp",
  totalmem: () => NOTHING,
  type: () => "Linux",
  uptime: () => performance.now() / 1_000,
  userInfo: () => ({ uid: 0, gid: 0, username: "plugin", homedir: "/", shell: null }),
  version: () => "",
};
