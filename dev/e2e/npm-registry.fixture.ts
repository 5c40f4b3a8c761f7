/** A registry that has one package, as far as npm asks for it. */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export async function startRegistry(name: string, archive: Uint8Array) {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const tarball = `http://127.0.0.1:${port}/archive.tgz`;
    if (request.url === "/archive.tgz") return void response.end(archive);
    if (decodeURIComponent(request.url ?? "") !== `/${name}`) {
      response.statusCode = 404;
      return void response.end('{"error":"Not found"}');
    }
    const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    const version = { name, version: "1.0.0", dist: { tarball, integrity } };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": version } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
