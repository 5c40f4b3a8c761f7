/** The skill's two tools. Rights: the workspace's notes folder, and nothing else. */
import { defineSkill, defineTool, type PluginFiles } from "openclaw/sdk";
import { fileOf, formatNote, matches, parseNotes } from "./note-lines.ts";

const FOLDER = "$WORKSPACE/notes";
const MAX_FILES = 240;
const MAX_FILE_BYTES = 1024 * 1024;
const DEFAULT_NOTES = 20;

const noteAdd = defineTool({
  name: "note_add",
  description: "Keep a note, dated, in this month's file of the notes folder.",
  parameters: {
    type: "object",
    properties: {
      text: { type: "string", minLength: 1, maxLength: 10_000 },
      tags: { type: "array", maxItems: 10, items: { type: "string", minLength: 1, maxLength: 50 } },
    },
    required: ["text"],
    additionalProperties: false,
  },
  async execute({ text, tags = [] }, { files }) {
    if (text.trim() === "") throw new RangeError("Cannot keep an empty note: give its text");
    const now = new Date();
    const line = formatNote(text, tags, now);
    await files.mkdir(FOLDER);
    await files.write(`${FOLDER}/${fileOf(now)}`, line, { mode: "append" });
    return `Kept in notes/${fileOf(now)}: ${line.trimEnd()}`;
  },
});

const noteSearch = defineTool({
  name: "note_search",
  description:
    "Find notes in which all words of the query occur, newest first. Without a query, the newest notes.",
  parameters: {
    type: "object",
    properties: {
      query: { type: "string", maxLength: 500, description: "Words, or #tag" },
      limit: { type: "integer", minimum: 1, maximum: 100 },
    },
    additionalProperties: false,
  },
  async execute({ query = "", limit = DEFAULT_NOTES }, { files, signal }) {
    const names = await noteFiles(files);
    const found: string[] = [];
    let more = false;
    for (const name of names) {
      signal.throwIfAborted();
      const notes = parseNotes(await files.readText(`${FOLDER}/${name}`)).toReversed();
      for (const note of notes.filter((one) => matches(one, query))) {
        if (found.length === limit) more = true;
        else found.push(`${note.when === "" ? name : note.when}: ${note.text}`);
      }
      if (more) break;
    }
    if (found.length === 0)
      return query === "" ? "There are no notes yet" : `No note has all of: ${query}. Try fewer words`;
    return [...found, ...(more ? ["(older ones are left out: search more words, or raise limit)"] : [])].join(
      "\n",
    );
  },
});

/** Newest month first. Files by hand, under other names, come after. */
async function noteFiles(files: PluginFiles): Promise<string[]> {
  const entries = await files.list(FOLDER).catch((thrown: unknown) => {
    if ((thrown as { code?: unknown }).code === "not-found") return [];
    throw thrown;
  });
  const isDated = (name: string) => /^\d{4}-\d{2}\.md$/.test(name);
  return entries
    .filter(({ type, name, size }) => type === "file" && name.endsWith(".md") && size <= MAX_FILE_BYTES)
    .map(({ name }) => name)
    .sort((a, b) => Number(isDated(b)) - Number(isDated(a)) || (a < b ? 1 : -1))
    .slice(0, MAX_FILES);
}

export default defineSkill({ tools: [noteAdd, noteSearch] });
