/** A certificate that nobody trusts, unless a test tells them to; made by openssl. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate extends Disposable {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** Where the certificate lies that signed it. */
  readonly authority: string;
}

const KIND = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];

/** `name`: what it is for, as `DNS:x.org` or `IP:127.0.0.1`. */
export function makeCertificate(name: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "broker-tls-"));
  const at = (file: string) => join(folder, file);
  const make = (file: string, ...more: string[]) =>
    execFileSync(
      "openssl",
      [
        "req",
        ...KIND,
        "-subj",
        `/CN=${file}`,
        "-keyout",
        at(`${file}.key`),
        "-out",
        at(`${file}.pem`),
        ...more,
      ],
      { stdio: "ignore" },
    );
  make("authority");
  const signer = ["-CA", at("authority.pem"), "-CAkey", at("authority.key")];
  const facts = [`subjectAltName=${name}`, "basicConstraints=critical,CA:FALSE"];
  make("server", ...signer, ...facts.flatMap((fact) => ["-addext", fact]));
  return {
    key: readFileSync(at("server.key")),
    cert: readFileSync(at("server.pem")),
    authority: at("authority.pem"),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
