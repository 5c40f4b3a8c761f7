/**
 * A table as rows of text, filtered, grouped, summed up and sorted. Pure.
 *
 * Guarantees that an unknown column is refused with those that there are, and that cells which are no numbers are
 * counted and said, never taken as zero.
 */

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Condition {
  readonly column: string;
  readonly op: "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains";
  readonly value: string;
}

export interface Aggregate {
  readonly fn: "count" | "sum" | "avg" | "min" | "max";
  /** Needed but for `count`. */
  readonly column?: string;
}

export interface Query {
  readonly columns?: readonly string[];
  readonly where?: readonly Condition[];
  readonly groupBy?: readonly string[];
  readonly aggregate?: readonly Aggregate[];
  /** A column of the result; with a hyphen in front downwards. */
  readonly sort?: string;
}

export interface Answer extends Table {
  /** Rows of the table that the conditions let through. */
  readonly matched: number;
  /** Cells that a sum or an average left out. */
  readonly notNumbers: number;
}

export function runQuery(table: Table, query: Query): Answer {
  const tests = (query.where ?? []).map((condition) => testOf(table, condition));
  const rows = table.rows.filter((row) => tests.every((holds) => holds(row)));
  const { aggregate = [], groupBy = [] } = query;
  const isSummed = aggregate.length > 0 || groupBy.length > 0;
  const made = isSummed
    ? summed({ ...table, rows }, groupBy, aggregate.length > 0 ? aggregate : [{ fn: "count" }])
    : { ...chosen({ ...table, rows }, query.columns ?? table.columns), notNumbers: 0 };
  const sorted = query.sort === undefined ? made.rows : sortedBy(made, query.sort);
  return { columns: made.columns, rows: sorted, matched: rows.length, notNumbers: made.notNumbers };
}

function placeOf({ columns }: Table, name: string): number {
  const exact = columns.indexOf(name);
  if (exact >= 0) return exact;
  const lower = columns.findIndex((column) => column.trim().toLowerCase() === name.trim().toLowerCase());
  if (lower >= 0) return lower;
  throw new RangeError(`There is no column "${name}". Columns: ${columns.slice(0, 100).join(", ")}`);
}

/** Null for what is no number. */
export function numberOf(cell: string): number | null {
  const text = cell
    .trim()
    .replace(/^([-+]?)[$€£]\s?/, "$1")
    .replace(/\s?[%€$£]$/, "");
  const plain = /^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(text) ? text.replaceAll(",", "") : text;
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(plain) ? Number(plain) : null;
}

function compare(a: string, b: string): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== null && y !== null) return x - y;
  if (x !== null || y !== null) return x === null ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function testOf(table: Table, { column, op, value }: Condition): (row: readonly string[]) => boolean {
  const at = placeOf(table, column);
  const cell = (row: readonly string[]) => row[at] ?? "";
  const isSame = (text: string) => text === value || (numberOf(text) !== null && compare(text, value) === 0);
  switch (op) {
    case "=":
      return (row) => isSame(cell(row));
    case "!=":
      return (row) => !isSame(cell(row));
    case "contains":
      return (row) => cell(row).toLowerCase().includes(value.toLowerCase());
    default:
      return (row) => isOrdered(cell(row), op, value);
  }
}

/** A text is neither more nor less than a number. */
function isOrdered(cell: string, op: "<" | "<=" | ">" | ">=", value: string): boolean {
  if ((numberOf(cell) === null) !== (numberOf(value) === null)) return false;
  const order = compare(cell, value);
  return op === "<" ? order < 0 : op === "<=" ? order <= 0 : op === ">" ? order > 0 : order >= 0;
}

function chosen(table: Table, names: readonly string[]): Table {
  const places = names.map((name) => placeOf(table, name));
  return {
    columns: places.map((at) => table.columns[at] ?? ""),
    rows: table.rows.map((row) => places.map((at) => row[at] ?? "")),
  };
}

function summed(table: Table, groupBy: readonly string[], aggregates: readonly Aggregate[]) {
  const places = groupBy.map((name) => placeOf(table, name));
  const keysOf = (row: readonly string[]) => places.map((at) => row[at] ?? "");
  const groups = Map.groupBy(table.rows, (row) => JSON.stringify(keysOf(row)));
  // A sum over no rows is an answer as well.
  if (groupBy.length === 0 && groups.size === 0) groups.set("[]", []);
  const columns = aggregates.map(({ fn, column }) => (column === undefined ? fn : `${fn}(${column})`));
  let notNumbers = 0;
  const rows = [...groups.values()].map((members) => {
    const values = aggregates.map((aggregate) => {
      const { text, left } = valueOf(table, members, aggregate);
      notNumbers += left;
      return text;
    });
    return [...keysOf(members[0] ?? []), ...values];
  });
  return { columns: [...places.map((at) => table.columns[at] ?? ""), ...columns], rows, notNumbers };
}

function valueOf(table: Table, rows: readonly (readonly string[])[], { fn, column }: Aggregate) {
  if (fn === "count" && column === undefined) return { text: String(rows.length), left: 0 };
  if (column === undefined) throw new RangeError(`"${fn}" needs a column`);
  const at = placeOf(table, column);
  const cells = rows.map((row) => row[at] ?? "").filter((cell) => cell.trim() !== "");
  if (fn === "count") return { text: String(cells.length), left: 0 };
  if (fn === "min" || fn === "max") return { text: extreme(cells, fn), left: 0 };
  const numbers = cells.flatMap((cell) => numberOf(cell) ?? []);
  const sum = exactSum(numbers);
  const value = fn === "sum" ? sum : numbers.length === 0 ? null : sum / numbers.length;
  const text = value === null ? "" : String(Number(value.toPrecision(15)));
  return { text, left: cells.length - numbers.length };
}

function extreme(cells: readonly string[], fn: "min" | "max"): string {
  const sign = fn === "min" ? 1 : -1;
  let best = cells[0] ?? "";
  for (const cell of cells) if (sign * compare(cell, best) < 0) best = cell;
  return best;
}

/** Neumaier's compensated sum: a thousand amounts with cents add up to the cent. */
function exactSum(numbers: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const number of numbers) {
    const next = sum + number;
    lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
    sum = next;
  }
  return sum + lost;
}

function sortedBy(table: Table, sort: string): (readonly string[])[] {
  const isDown = sort.startsWith("-") && !table.columns.includes(sort);
  const at = placeOf(table, isDown ? sort.slice(1) : sort);
  return table.rows.toSorted((a, b) => (isDown ? -1 : 1) * compare(a[at] ?? "", b[at] ?? ""));
}
