/** `node:tty`: nothing is a terminal. */
import { absent } from "./absent.ts";

export default {
  isatty: () => false,
  ReadStream: absent("tty.ReadStream", "it has no terminal"),
  WriteStream: absent("tty.WriteStream", "it has no terminal"),
};
