/** `Buffer` for the bundled libraries that use it as a global. It is not a global of plugins. */
export { Buffer } from "buffer/";
