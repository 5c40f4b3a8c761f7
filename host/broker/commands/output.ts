/**
 * A command's two outputs and its end as one stream of records.
 *
 * A record is a kind (one byte), a length (four, little-endian) and so many bytes. The end comes last and says
 * how the program ended; a stream without it was broken off.
 */
import type { CommandRecords } from "#host/base/effect.ts";

export const RECORDS: CommandRecords = { stdout: 1, stderr: 2, exit: 3 };

const HEADER_BYTES = 5;

export function encodeRecord(kind: CommandRecords[keyof CommandRecords], bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEADER_BYTES + bytes.length);
  const view = new DataView(record.buffer);
  view.setUint8(0, kind);
  view.setUint32(1, bytes.length, true);
  record.set(bytes, HEADER_BYTES);
  return record;
}

export function encodeExit(exitCode: number): Uint8Array {
  return encodeRecord(RECORDS.exit, new TextEncoder().encode(JSON.stringify({ exitCode })));
}
