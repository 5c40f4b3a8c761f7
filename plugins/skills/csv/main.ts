/** The skill's tool. Rights: reading the workspace. */
import Papa from "papaparse";
import { defineSkill, defineTool } from "openclaw/sdk";
import { runQuery, type Answer, type Table } from "./query.ts";

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_ROWS = 500_000;
const DEFAULT_ROWS = 20;
const MAX_CELL_CHARS = 200;
/** The host cuts a result at 20,000 characters. */
const MAX_CHARS = 15_000;

const names = { type: "array", maxItems: 50, items: { type: "string" } } as const;

const csvQuery = defineTool({
  name: "csv_query",
  description:
    "Query a CSV or TSV file of the workspace over all of its rows: filter, group, count, sum, average, sort. Without a query: its columns and first rows.",
  parameters: {
    type: "object",
    properties: {
      path: { type: "string", description: "For example data/sales.csv" },
      columns: { ...names, description: "Columns to show; all if left out" },
      where: {
        type: "array",
        maxItems: 20,
        description: "Conditions that must all hold",
        items: {
          type: "object",
          properties: {
            column: { type: "string" },
            op: { enum: ["=", "!=", "<", "<=", ">", ">=", "contains"] },
            value: { type: "string" },
          },
          required: ["column", "op", "value"],
          additionalProperties: false,
        },
      },
      groupBy: names,
      aggregate: {
        type: "array",
        maxItems: 20,
        items: {
          type: "object",
          properties: { fn: { enum: ["count", "sum", "avg", "min", "max"] }, column: { type: "string" } },
          required: ["fn"],
          additionalProperties: false,
        },
      },
      sort: { type: "string", description: "Column of the result, -column for downwards" },
      limit: { type: "integer", minimum: 1, maximum: 500 },
    },
    required: ["path"],
    additionalProperties: false,
  },
  async execute({ path, limit = DEFAULT_ROWS, ...query }, { files }) {
    const { size } = await files.stat(path);
    if (size > MAX_BYTES)
      throw new RangeError(`Cannot query "${path}": ${size} bytes are more than ${MAX_BYTES}`);
    const { table, problem } = parseTable(await files.readText(path));
    const answer = runQuery(table, query);
    return [...summary(table, answer, problem), ...shownRows(answer, limit)].join("\n");
  },
});

function parseTable(text: string): { table: Table; problem: string } {
  const { data, errors } = Papa.parse(text.replace(/^\uFEFF/, ""), {
    skipEmptyLines: "greedy",
    preview: MAX_ROWS + 1,
  });
  const [columns, ...rows] = data;
  if (columns === undefined) throw new RangeError("Cannot query it: the file has no rows");
  // A table of one column has no delimiter to be found, and is one all the same.
  const error = errors.find(({ row }) => row !== undefined);
  const place = error?.row === undefined ? "" : ` (row ${error.row + 1})`;
  return { table: { columns, rows }, problem: error === undefined ? "" : `${error.message}${place}` };
}

function summary(table: Table, { matched, notNumbers }: Answer, problem: string): string[] {
  const cut = table.rows.length >= MAX_ROWS ? `; only the first ${MAX_ROWS} are read` : "";
  return [
    `${table.rows.length} rows${cut}, ${matched} match. Columns: ${table.columns.map(cell).join(", ")}`,
    ...(notNumbers === 0 ? [] : [`${notNumbers} cells are no numbers and are left out`]),
    ...(problem === "" ? [] : [`The file is not clean: ${problem}`]),
  ];
}

function shownRows({ columns, rows }: Answer, limit: number): string[] {
  const lines = [columns, ...rows.slice(0, limit)].map((row) => `| ${row.map(cell).join(" | ")} |`);
  let left = MAX_CHARS;
  const shown = lines.filter((line) => (left -= line.length + 1) >= 0);
  const more = rows.length - (shown.length - 1);
  return more > 0 ? [...shown, `(${more} more rows)`] : shown;
}

function cell(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
  return line.length > MAX_CELL_CHARS ? `${line.slice(0, MAX_CELL_CHARS)}…` : line;
}

export default defineSkill({ tools: [csvQuery] });
