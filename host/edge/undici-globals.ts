/**
 * A global that bundled libraries look for and plugins do not get: the build puts it in its place.
 */
export { Buffer } from "buffer/";
