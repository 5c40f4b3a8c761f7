/**
 * What undici's fetch classes take from Node: the few names that `Headers`, `Request`, `Response` and
 * `FormData` really use, as one module that stands for every `node:` import of theirs.
 *
 * CommonJS, because `require("node:assert")` must itself be a function. Names of undici's client, which is
 * bundled beside them but never runs, are left undefined.
 */
function assert(condition, message) {
  if (!condition) throw new Error(message ?? "Assertion failed in the edge runtime");
}

const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);

/** Base classes and `instanceof` questions of code that never runs here. */
class Unused {
  unused = true;
}

module.exports = Object.assign(assert, {
  // node:assert
  ok: assert,
  strictEqual: (left, right) => assert(Object.is(left, right)),
  // node:util
  inspect: Object.assign((value) => String(value), { custom: Symbol.for("nodejs.util.inspect.custom") }),
  formatWithOptions: (_options, ...values) => values.map(String).join(" "),
  deprecate: (callable) => callable,
  // node:util and node:util/types
  types: {
    // The way for proxies is the one that looks at what is enumerable.
    isProxy: () => true,
    isUint8Array: (value) => value instanceof Uint8Array,
    isArrayBuffer: (value) => tagOf(value) === "ArrayBuffer",
    isSharedArrayBuffer: () => false,
    isAnyArrayBuffer: (value) => tagOf(value) === "ArrayBuffer",
    isArrayBufferView: ArrayBuffer.isView,
    isTypedArray: (value) => ArrayBuffer.isView(value) && tagOf(value) !== "DataView",
    isDataView: (value) => tagOf(value) === "DataView",
  },
  isUint8Array: (value) => value instanceof Uint8Array,
  // node:stream, asked about streams of web-streams-polyfill
  isDisturbed: (stream) => stream?._disturbed === true,
  isErrored: (stream) => stream?._state === "errored",
  Transform: Unused,
  // node:perf_hooks
  performance: { now: () => 0 },
  // node:events
  EventEmitter: Unused,
  getMaxListeners: () => Infinity,
  setMaxListeners: () => {},
  defaultMaxListeners: Infinity,
  // node:crypto, for the boundary of a multipart body
  randomInt: (min, max) =>
    max === undefined ? Math.floor(Math.random() * min) : min + Math.floor(Math.random() * (max - min)),
  // node:http
  IncomingMessage: Unused,
  STATUS_CODES: {},
});
