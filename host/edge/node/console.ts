/** `node:console`: the plugin's own console. */
import { absent } from "./absent.ts";

export default Object.assign(Object.create(console) as Console, {
  console,
  Console: absent("console.Console", "lines go to the plugin's own log"),
});
