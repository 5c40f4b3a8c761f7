/** node:fs: the same calls on Node's files and on the plugin's own. In an isolate `/tmp` is memory, the rest storage. */
import fs from "node:fs";
import {
  access,
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { is, ok, rejects, same, throws } from "../assertions.ts";
import { surroundings, test } from "../harness.ts";

const codeOf = async (promise: Promise<unknown>) =>
  ((await rejects("Error", promise)) as { code: string }).code;

for (const place of ["storage", "memory"]) {
  const folder = async () => {
    const { where } = surroundings();
    if (where === "isolate" && place === "storage") {
      await mkdir("/data", { recursive: true });
      return mkdtemp("/data/test-");
    }
    return mkdtemp("/tmp/test-");
  };

  test(`${place}: a file is written, read, grown, measured and removed`, async () => {
    const file = join(await folder(), "a.txt");
    await writeFile(file, "grüße");
    is(await readFile(file, "utf8"), "grüße");
    same([...(await readFile(file))], [...new TextEncoder().encode("grüße")]);
    await appendFile(file, "!");
    is(await readFile(file, { encoding: "utf8" }), "grüße!");
    const found = await stat(file);
    same([found.size, found.isFile(), found.isDirectory()], [8, true, false]);
    ok(Math.abs(found.mtimeMs - Date.now()) < 60_000, "its time");
    await unlink(file);
    is(await codeOf(stat(file)), "ENOENT");
  });

  test(`${place}: a large file comes back byte by byte, and a shorter one leaves nothing of it`, async () => {
    const file = join(await folder(), "large");
    const bytes = new Uint8Array(500_000).map((_, index) => (index * 31) % 251);
    await writeFile(file, bytes);
    ok(Buffer.from(bytes).equals(await readFile(file)), "the bytes");
    is((await stat(file)).size, 500_000);
    await writeFile(file, "short");
    is(await readFile(file, "utf8"), "short");
    same(await readdir(join(file, "..")), ["large"]);
  });

  test(`${place}: folders are made, listed and removed`, async () => {
    const top = await folder();
    await mkdir(join(top, "a/b"), { recursive: true });
    await writeFile(join(top, "a/one"), "1");
    await writeFile(join(top, "a/b/two"), "2");
    same((await readdir(join(top, "a"))).sort(), ["b", "one"]);
    const entries = await readdir(join(top, "a"), { withFileTypes: true });
    same(entries.map((entry) => `${entry.name} ${entry.isDirectory()}`).sort(), ["b true", "one false"]);
    same((await readdir(top, { recursive: true })).sort(), ["a", "a/b", "a/b/two", "a/one"]);
    is(await codeOf(rmdir(join(top, "a"))), "ENOTEMPTY");
    is(await codeOf(mkdir(join(top, "a"))), "EEXIST");
    is(await mkdir(join(top, "a"), { recursive: true }), undefined);
    await rm(join(top, "a"), { recursive: true });
    same(await readdir(top), []);
    await rm(join(top, "a"), { recursive: true, force: true });
    is(await codeOf(rm(join(top, "a"))), "ENOENT");
  });

  test(`${place}: files are moved and copied, folders with what is in them`, async () => {
    const top = await folder();
    await mkdir(join(top, "a"));
    await writeFile(join(top, "a/one"), "1");
    await rename(join(top, "a"), join(top, "b"));
    is(await readFile(join(top, "b/one"), "utf8"), "1");
    is(await codeOf(access(join(top, "a"))), "ENOENT");
    await copyFile(join(top, "b/one"), join(top, "two"));
    await writeFile(join(top, "three"), "old");
    await rename(join(top, "two"), join(top, "three"));
    is(await readFile(join(top, "three"), "utf8"), "1");
    same((await readdir(top)).sort(), ["b", "three"]);
  });

  test(`${place}: what cannot be is told by Node's codes`, async () => {
    const top = await folder();
    await writeFile(join(top, "file"), "");
    is(await codeOf(readFile(join(top, "none"))), "ENOENT");
    is(await codeOf(readFile(top)), "EISDIR");
    is(await codeOf(writeFile(join(top, "none/file"), "")), "ENOENT");
    is(await codeOf(writeFile(join(top, "file/file"), "")), "ENOTDIR");
    is(await codeOf(writeFile(join(top, "file"), "", { flag: "wx" })), "EEXIST");
    is(await codeOf(unlink(join(top, "none"))), "ENOENT");
    is(await codeOf(readdir(join(top, "none"))), "ENOENT");
    is(await codeOf(readdir(join(top, "file"))), "ENOTDIR");
  });

  test(`${place}: writers of different files do not wait for each other, those of one do not mix`, async () => {
    const top = await folder();
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => writeFile(join(top, `f${index}`), String(index))),
    );
    is((await readdir(top)).length, 200);
    const [short, long] = ["a".repeat(300_000), "b".repeat(400_000)];
    await Promise.all([writeFile(join(top, "same"), short), writeFile(join(top, "same"), long)]);
    ok([short, long].includes(await readFile(join(top, "same"), "utf8")), "one of the two");
  });

  test(`${place}: streams read and write`, async () => {
    const file = join(await folder(), "streamed");
    const writer = fs.createWriteStream(file);
    for (const part of ["one ", "two ", "three"]) writer.write(part);
    await new Promise<void>((resolve, reject) => writer.on("error", reject).end(resolve));
    await new Promise<void>((resolve) => (writer.closed ? resolve() : writer.once("close", resolve)));
    is((await buffer(fs.createReadStream(file))).toString(), "one two three");
    is((await buffer(fs.createReadStream(file, { start: 4, end: 6 }))).toString(), "two");
    is(await codeOf(buffer(fs.createReadStream(`${file}.none`))), "ENOENT");
  });

  test(`${place}: an open file is read and written where it stands`, async () => {
    const file = join(await folder(), "handle");
    const handle = await open(file, "w+");
    await handle.write("hello world");
    await handle.write("W", 6);
    const bytes = Buffer.alloc(5);
    is((await handle.read(bytes, 0, 5, 6)).bytesRead, 5);
    is(bytes.toString(), "World");
    await handle.close();
    is(await readFile(file, "utf8"), "hello World");
  });

  test(`${place}: callbacks`, async () => {
    const file = join(await folder(), "called");
    await new Promise<void>((resolve) => fs.writeFile(file, "x", () => resolve()));
    is(await new Promise((resolve) => fs.readFile(file, "utf8", (_, text) => resolve(text))), "x");
    is(await new Promise((resolve) => fs.stat(`${file}.none`, (error) => resolve(error?.code))), "ENOENT");
  });
}

test("at once, below /tmp", () => {
  const folder = fs.mkdtempSync("/tmp/sync-");
  fs.mkdirSync(join(folder, "a"));
  fs.writeFileSync(join(folder, "a/x"), "1");
  fs.appendFileSync(join(folder, "a/x"), "2");
  is(fs.readFileSync(join(folder, "a/x"), "utf8"), "12");
  same(fs.readdirSync(folder), ["a"]);
  same([fs.existsSync(folder), fs.existsSync(join(folder, "none"))], [true, false]);
  is(fs.statSync(join(folder, "none"), { throwIfNoEntry: false }), undefined);
  is((throws("Error", () => fs.readFileSync(join(folder, "none"))) as { code: string }).code, "ENOENT");
  fs.rmSync(folder, { recursive: true });
  is(fs.existsSync(folder), false);
});
