import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import { unpack } from "./archive.ts";

const LIMITS = { maxArchiveBytes: 100_000, maxInstallBytes: 1_000_000, maxInstallFiles: 10 };

interface Entry {
  readonly path: string;
  readonly text?: string;
  readonly type?: "File" | "SymbolicLink" | "Link" | "Directory" | "CharacterDevice";
  readonly linkpath?: string;
}

/** An archive with exactly these entries, as a hostile author would write it by hand. */
function archiveOf(...entries: readonly Entry[]): Uint8Array {
  const blocks = entries.flatMap(({ path, text = "", type = "File", linkpath }) => {
    const block = Buffer.alloc(512);
    new Header({
      path,
      size: Buffer.byteLength(text),
      type,
      mode: 0o644,
      mtime: new Date(0),
      ...(linkpath === undefined ? {} : { linkpath }),
    }).encode(block, 0);
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
    body.write(text);
    return [block, body];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

async function refusal(archive: Uint8Array): Promise<string> {
  const error: unknown = await unpack(archive, LIMITS).then(
    () => assert.fail("was unpacked"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Error);
  return error.message;
}

test("files come without the archive's outermost folder", async () => {
  const files = await unpack(
    archiveOf(
      { path: "package/", type: "Directory" },
      { path: "package/a.ts", text: "a" },
      { path: "package/lib/b.ts", text: "b" },
    ),
    LIMITS,
  );
  assert.deepEqual([...files.keys()], ["a.ts", "lib/b.ts"]);
  assert.equal(new TextDecoder().decode(files.get("lib/b.ts")), "b");
});

test("a path of any length is kept whole", async () => {
  const long = `package/${"d".repeat(60)}/${"e".repeat(60)}/f.ts`;
  const files = await unpack(archiveOf({ path: long, text: "x" }), LIMITS);
  assert.deepEqual([...files.keys()], [long.slice("package/".length)]);
});

test("paths that lead out are refused by name", async () => {
  for (const path of [
    "package/../../x",
    "/etc/passwd",
    "package/a/../../../x",
    "C:/x",
    "package\\..\\..\\x",
  ]) {
    assert.match(await refusal(archiveOf({ path, text: "x" })), /does not stand beneath its folder/);
  }
});

test("links and devices are refused by name", async () => {
  for (const type of ["SymbolicLink", "Link", "CharacterDevice"] as const) {
    assert.match(
      await refusal(
        archiveOf({
          path: "package/x",
          type,
          ...(type === "CharacterDevice" ? {} : { linkpath: "/etc/passwd" }),
        }),
      ),
      /"package\/x", which is no regular file/,
    );
  }
});

test("an archive that unpacks to more than the limit is stopped", async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  assert.ok(bomb.length < LIMITS.maxArchiveBytes);
  assert.match(await refusal(bomb), /unpacked it is larger than 1000000 bytes/);
  const text = "x".repeat(2_000_000);
  assert.match(await refusal(archiveOf({ path: "package/x", text })), /unpacked it is larger/);
  assert.match(await refusal(new Uint8Array(LIMITS.maxArchiveBytes + 1)), /larger than 100000 bytes/);
  const many = Array.from({ length: 11 }, (_, at) => ({ path: `package/${at}` }));
  assert.match(await refusal(archiveOf(...many)), /more than 10 files/);
});

test("a damaged archive is refused", async () => {
  assert.match(await refusal(new TextEncoder().encode("no gzip")), /damaged/);
  const whole = archiveOf({ path: "package/x", text: "x".repeat(5_000) });
  assert.match(await refusal(whole.subarray(0, whole.length - 12)), /damaged/);
});
