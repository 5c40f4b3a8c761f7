/**
 * A sandbox process that an attacker has taken over as a whole, and everything that a program can try against the
 * machine around it.
 *
 * Its text is appended to the real child's, so that it runs with what that has left itself: beside the isolates,
 * in the same process. When a plugin writes "take over" to its console, it makes its attempts and tells them as
 * that plugin's console line: JSON, one entry for each, what was done, or `null` and why not.
 */
/* oxlint-disable no-unused-vars -- `takeOver` is called by the line that is appended to this text */
async function takeOver(canaries) {
  const [cp, dgram, fs, inspector, net, v8, workers] = await Promise.all(
    ["child_process", "dgram", "fs", "inspector", "net", "v8", "worker_threads"].map(
      (name) => import(`node:${name}`),
    ),
  );
  const PATIENCE_MS = 500;

  const attempts = {
    "read a file": ({ file }) => fs.readFileSync(file, "utf8"),
    "read a file through a link": ({ file, folder }) => {
      fs.symlinkSync(file, `${folder}/link`);
      return fs.readFileSync(`${folder}/link`, "utf8");
    },
    "open a file as a blob": async ({ file }) => (await fs.openAsBlob(file)).text(),
    "open a file as a database": async ({ folder }) => {
      const { DatabaseSync } = await import("node:sqlite");
      new DatabaseSync(`${folder}/stolen.db`).exec("create table t (a)");
      return "made a database";
    },
    "list a folder": ({ folder }) => `saw ${fs.readdirSync(folder).length} names`,
    "write a file": ({ folder }) => (fs.writeFileSync(`${folder}/written`, "x"), "wrote"),
    "write a report": ({ folder }) => {
      process.report.directory = folder;
      const name = process.report.writeReport("report.json");
      if (!fs.existsSync(`${folder}/report.json`)) throw new Error(`no ${name}`);
      return "wrote a report";
    },
    "write a heap snapshot": ({ folder }) => v8.writeHeapSnapshot(`${folder}/heap`) && "wrote a snapshot",
    "import a file": async ({ module }) => (await import(module)).default,
    "load another addon": ({ file }) => {
      try {
        process.dlopen({ exports: {} }, file);
      } catch (error) {
        // The loader saw the file and only found that it is no library.
        if (/file too short|invalid ELF|not a mach-o/i.test(error.message)) return "opened it as a library";
        throw error;
      }
    },
    "start a program": () => String(cp.execFileSync("/bin/sh", ["-c", "echo started"])).trim(),
    "start itself again": () => String(cp.execFileSync(process.execPath, ["--version"])).trim(),
    "make a worker": () =>
      new Promise((resolve, reject) => {
        const worker = new workers.Worker("require('node:fs').readFileSync('/proc/self/status')", {
          eval: true,
        });
        worker.once("exit", (code) =>
          code === 0 ? resolve("ran a worker with files") : reject(new Error("no")),
        );
        worker.once("error", reject);
      }),
    "open the inspector": () => {
      inspector.open(0, "127.0.0.1");
      return `listens on ${inspector.url()}`;
    },
    "connect to a server of this machine": ({ port }) => connected({ host: "127.0.0.1", port }),
    "connect to a socket file": ({ socket }) => connected({ path: socket }),
    fetch: async ({ port }) => (await fetch(`http://127.0.0.1:${port}/`)).text(),
    "send a datagram": ({ udpPort }) =>
      new Promise((resolve, reject) => {
        const socket = dgram.createSocket("udp4");
        socket.once("error", reject);
        socket.once("message", () => resolve("was answered"));
        socket.send("x", udpPort, "127.0.0.1", (error) => error && reject(error));
      }),
    listen: () =>
      new Promise((resolve, reject) => {
        const server = net.createServer();
        server.once("error", reject);
        server.listen(0, "127.0.0.1", () => resolve("listens"));
      }),
    "signal a process of the host": ({ pid }) => process.kill(pid, 0) && "may signal it",
    "read the environment of the host": ({ hostPid }) =>
      fs.readFileSync(`/proc/${hostPid}/environ`, "latin1").length > 0 && "read it",
    "make namespaces of its own": ({ bwrap }) =>
      String(
        cp.execFileSync(bwrap, ["--unshare-user", "--ro-bind", "/", "/", process.execPath, "--version"]),
      ).trim(),
    "become root": () => {
      if (process.getuid() === 0) return "is root";
      process.setuid(0);
      return "became root";
    },
  };

  function connected(options) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(options, () => resolve("connected"));
      socket.once("error", reject);
    });
  }

  async function tryOne(attempt, canaries) {
    try {
      const patience = new Promise((_, reject) => {
        setTimeout(() => reject(new Error("nothing came of it")), PATIENCE_MS);
      });
      const done = await Promise.race([attempt(canaries), patience]);
      return { done: String(done), why: "" };
    } catch (error) {
      return { done: null, why: `${error.code ?? ""} ${error.message}`.trim().slice(0, 160) };
    }
  }

  async function tryAll() {
    const entries = [];
    for (const [name, attempt] of Object.entries(attempts))
      entries.push([name, await tryOne(attempt, canaries)]);
    return JSON.stringify(Object.fromEntries(entries));
  }

  // A refusal may come late, from a socket or a stream that nobody waits for any more.
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", () => {});

  // The real child's own way out, by which it is seen that the isolate says its word.
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (bytes, ...rest) => {
    if (Buffer.from(bytes).includes('"take over"')) void tryAll().then(tell);
    return write(bytes, ...rest);
  };

  function tell(text) {
    const json = Buffer.from(JSON.stringify({ t: "console", isolate: 1, level: "info", text }));
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(4 + json.length, 0);
    lengths.writeUInt32LE(json.length, 4);
    write(Buffer.concat([lengths, json]));
  }
}
