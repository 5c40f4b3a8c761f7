/** `openclaw plugin install NAME` against a registry that lies, through the real broker. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import { listen } from "#host/broker/counterpart.fixture.ts";
import { createWorld } from "#host/broker/world.fixture.ts";
import { createInstaller, registryRights } from "#host/compose/fetch-package.ts";
import { startRegistry } from "./npm-registry.fixture.ts";

const ARCHIVE = Buffer.from("what the author published");
const hashOf = (name: string) => `${name}-${createHash(name).update(ARCHIVE).digest("base64")}`;

async function download(registry: string, spec = "weather"): Promise<Uint8Array> {
  await using world = createWorld({ rights: registryRights(registry) });
  const perform: Parameters<ReturnType<typeof createInstaller>["download"]>[1] = (
    identity,
    request,
    context,
  ) => world.broker.perform(identity, request, context);
  return await createInstaller(() => Promise.resolve(registry.replace(/\/$/, ""))).download(spec, perform);
}

function metadata(dist: object, more: object = {}): string {
  return JSON.stringify({ "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": { dist } }, ...more });
}

/** Answers for the package with what `tell` makes of its own address, and for anything else with the archive. */
function lying(
  tell: (base: string) => string,
  serve: RequestListener = (_, response) => response.end(ARCHIVE),
) {
  return listen((request, response) => {
    if (request.url === "/weather") response.end(tell(`http://${request.headers.host ?? ""}`));
    else serve(request, response);
  });
}

test("an honest registry's archive arrives as it was published", async () => {
  const registry = await startRegistry("weather", ARCHIVE);
  assert.deepEqual(Buffer.from(await download(registry.address)), ARCHIVE);
  await registry.close();
});

const lies: readonly (readonly [name: string, dist: (base: string) => object, refusal: RegExp])[] = [
  [
    "bytes of another checksum",
    (base) => ({ tarball: `${base}/x.tgz`, integrity: `sha512-${"A".repeat(86)}==` }),
    /another checksum than the registry names/,
  ],
  [
    "a checksum that is too weak to say anything",
    (base) => ({ tarball: `${base}/x.tgz`, integrity: hashOf("sha1") }),
    /another checksum/,
  ],
  [
    "the right checksum behind a wrong one",
    (base) => ({ tarball: `${base}/x.tgz`, integrity: `sha512-AAAA ${hashOf("sha512")}` }),
    /another checksum/,
  ],
  ["no checksum", (base) => ({ tarball: `${base}/x.tgz` }), /another form than expected/],
  [
    "an archive on this machine's disk",
    () => ({ tarball: "file:///etc/passwd", integrity: hashOf("sha512") }),
    /Cannot install "weather" from npm: /,
  ],
];
for (const [name, dist, refusal] of lies) {
  test(`a registry that names ${name} installs nothing`, async () => {
    await using registry = await lying((base) => metadata(dist(base)));
    await assert.rejects(download(registry.url("127.0.0.1", "")), refusal);
  });
}

test("an archive on another host is not asked for, named or redirected to", async () => {
  await using other = await listen((_request, response) => response.end(ARCHIVE));
  const tarball = other.url("127.0.0.1", "/x.tgz");
  await using named = await lying(() => metadata({ tarball, integrity: hashOf("sha512") }));
  await assert.rejects(download(named.url("127.0.0.1", "")), /not (?:declared|granted)/);
  await using redirecting = await lying(
    (base) => metadata({ tarball: `${base}/x.tgz`, integrity: hashOf("sha512") }),
    (_request, response) => response.writeHead(302, { location: tarball }).end(),
  );
  await assert.rejects(download(redirecting.url("127.0.0.1", "")), /not (?:declared|granted)/);
  assert.deepEqual(other.seen, []);
});

test("an answer that is no JSON, of another form, or without end is refused in words", async () => {
  for (const text of ["<html>", "[]", '{"versions":{}}', "null"]) {
    await using registry = await lying(() => text);
    await assert.rejects(download(registry.url("127.0.0.1", "")), /another form than expected/);
  }
  await using endless = await listen((_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, " ")));
    };
    response.on("drain", more);
    more();
  });
  await assert.rejects(download(endless.url("127.0.0.1", "")), /larger than \d+ bytes/);
});

test("a version that is a name of every object's is no version", async () => {
  const registry = await startRegistry("weather", ARCHIVE);
  for (const version of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    await assert.rejects(download(registry.address, `weather@${version}`), /has no version/);
  }
  await registry.close();
});
