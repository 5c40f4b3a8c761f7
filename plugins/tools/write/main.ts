/** `write`, `edit` and `undo`: three tools over one record of changes. */
import { defineTools } from "openclaw/sdk";
import { edit } from "./edit.ts";
import { undo } from "./undo.ts";
import { write } from "./write.ts";

export default defineTools(write, edit, undo);
