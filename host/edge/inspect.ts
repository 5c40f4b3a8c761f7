/** Values as text for people: `console`'s formats (Console standard, section 2.2) and its tables. */

/** `%s` and its like take a value each out of what follows the first; the rest is joined with spaces. */
export function format(values: readonly unknown[]): string {
  const [first, ...rest] = values;
  if (typeof first !== "string") return values.map(inspect).join(" ");
  const text = first.replace(/%([sdifoOc%])/g, (found, kind: string) => {
    if (kind === "%") return rest.length === values.length - 1 && values.length === 1 ? found : "%";
    if (rest.length === 0) return found;
    return formatOne(kind, rest.shift());
  });
  return [text, ...rest.map(inspect)].join(" ");
}

function formatOne(kind: string, value: unknown): string {
  switch (kind) {
    case "s":
      return inspect(value);
    case "d":
    case "i":
      return typeof value === "bigint"
        ? `${value}n`
        : String(asNumber(value, (text) => Number.parseInt(text, 10)));
    case "f":
      return String(asNumber(value, (text) => Number.parseFloat(text)));
    case "c":
      return "";
    default:
      return inspect(value);
  }
}

function asNumber(value: unknown, parse: (text: string) => number): number {
  return typeof value === "symbol" || typeof value === "object" ? Number.NaN : parse(String(value));
}

/** A value as one text. Never throws, whatever the value's getters do. */
export function inspect(value: unknown): string {
  try {
    if (typeof value === "string") return value;
    if (value instanceof Error) return value.stack ?? String(value);
    if (typeof value === "function") return `[function ${value.name}]`;
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value !== "object" || value === null) return String(value);
    return JSON.stringify(value, withoutCycles()) ?? String(value);
  } catch {
    return "[unprintable]";
  }
}

function withoutCycles() {
  const seen = new Set<unknown>();
  return (_key: string, value: unknown): unknown => {
    if (typeof value === "bigint") return `${value}n`;
    if (value instanceof Map) return { Map: [...value] };
    if (value instanceof Set) return { Set: [...value] };
    if (value instanceof Error) return String(value);
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return "[seen above]";
    seen.add(value);
    return value;
  };
}

const VALUES = "Values";
const MAX_ROWS = 100;
const MAX_CELL_CHARS = 80;

/** Rows of a value's members; null for what has none. `wanted` names the columns to be shown. */
export function tableOf(data: unknown, wanted: unknown): string | null {
  try {
    if (typeof data !== "object" || data === null) return null;
    return drawTable(data, wanted === undefined ? null : [...(wanted as Iterable<unknown>)].map(String));
  } catch {
    return null;
  }
}

function drawTable(data: object, wanted: readonly string[] | null): string {
  const rows = Object.entries(data instanceof Map || data instanceof Set ? [...data] : data).slice(
    0,
    MAX_ROWS,
  );
  const isRow = (value: unknown) => typeof value === "object" && value !== null;
  const found = rows.flatMap(([, value]) => (isRow(value) ? Object.keys(value as object) : []));
  const columns = wanted ?? [...new Set(found)];
  const hasValues = rows.some(([, value]) => !isRow(value));
  const head = ["(index)", ...columns, ...(hasValues ? [VALUES] : [])];
  const body = rows.map(([index, value]) => [
    index,
    ...columns.map((column) =>
      isRow(value) && Object.hasOwn(value as object, column) ? cell(value, column) : "",
    ),
    ...(hasValues ? [isRow(value) ? "" : cut(inspect(value))] : []),
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...body].map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(" | ");
  return [line(head), widths.map((width) => "-".repeat(width)).join("-|-"), ...body.map(line)].join("\n");
}

function cell(row: unknown, column: string): string {
  return cut(inspect(Reflect.get(row as object, column)));
}

function cut(text: string): string {
  return text.length > MAX_CELL_CHARS ? `${text.slice(0, MAX_CELL_CHARS)}…` : text;
}
