/**
 * The tables of the old multi-byte encodings. The build gives this to the encoding library in its own file's place: they
 * are some 150 KB that nearly no plugin needs, so the child keeps them and an isolate asks when it first wants one.
 */
import { askInTurn } from "./turn.ts";

export default function tables(): unknown {
  return JSON.parse(askInTurn({ t: "encoding.tables" }) as string);
}
