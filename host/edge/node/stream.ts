/** `node:stream`: readable-stream 4, with Node's bridges to web streams. */
import Stream from "readable-stream/lib/ours/browser.js";
import {
  duplexFromWeb,
  duplexToWeb,
  readableFromWeb,
  readableToWeb,
  writableFromWeb,
  writableToWeb,
} from "./stream-bridges.ts";

Object.assign(Stream.Readable, { fromWeb: readableFromWeb, toWeb: readableToWeb });
Object.assign(Stream.Writable, { fromWeb: writableFromWeb, toWeb: writableToWeb });
Object.assign(Stream.Duplex, { fromWeb: duplexFromWeb, toWeb: duplexToWeb });

/** Bytes that a stream takes before it asks its writer to wait; Node's own number. */
const HIGH_WATER_BYTES = 64 * 1024;
const HIGH_WATER_OBJECTS = 16;

// Node's module is the class itself.
export default Object.assign(Stream, {
  getDefaultHighWaterMark: (objectMode: boolean) => (objectMode ? HIGH_WATER_OBJECTS : HIGH_WATER_BYTES),
});
