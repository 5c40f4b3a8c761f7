/** Globals of Node's that libraries use without an import. Each comes into a bundle only where its name stands free. */
export { Buffer } from "node:buffer";
export { default as process } from "node:process";
export { clearImmediate, setImmediate } from "node:timers";
