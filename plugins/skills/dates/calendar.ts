/**
 * Calendar arithmetic on whole days (proleptic Gregorian, no time zones).
 *
 * Guarantees: a date that does not exist is refused by name; months are added so that the day stays, or is
 * the month's last. Refuses years outside 1 to 9999.
 */

/** Days since 1970-01-01. */
export type Day = number;

const MS_PER_DAY = 86_400_000;
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** Reads `YYYY-MM-DD`; throws a RangeError that names the date and the rule. */
export function parseDay(text: string): Day {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim());
  if (match === null) throw new RangeError(`"${text}" is not a date: write it as YYYY-MM-DD`);
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = dayOf(year, month, day);
  if (year < 1 || formatDay(date) !== match[0])
    throw new RangeError(`"${text}" is not a date: the calendar has no such day`);
  return date;
}

/** Throws a RangeError for a day outside the years 1 to 9999. */
export function formatDay(day: Day): string {
  const text = new Date(day * MS_PER_DAY).toISOString();
  if (!/^\d{4}-/.test(text) || text.startsWith("0000"))
    throw new RangeError(`The result is outside the years 1 to 9999`);
  return text.slice(0, 10);
}

export function weekday(day: Day): string {
  return WEEKDAYS[modulo(day + 4, 7)] ?? "";
}

export function addMonths(day: Day, months: number): Day {
  const date = new Date(day * MS_PER_DAY);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const [year, index] = [Math.floor(month / 12), modulo(month, 12)];
  if (year < 1 || year > 9999)
    throw new RangeError(`The result would be in the year ${year}: only 1 to 9999 are known`);
  const last = new Date(dayOf(year, index + 2, 0) * MS_PER_DAY).getUTCDate();
  return dayOf(year, index + 1, Math.min(date.getUTCDate(), last));
}

/** Mondays to Fridays after `from`, up to and including `to`. */
export function workingDays(from: Day, to: Day): number {
  const [first, last, sign] = from <= to ? [from, to, 1] : [to, from, -1];
  const weeks = Math.floor((last - first) / 7);
  let count = weeks * 5;
  for (let day = first + weeks * 7 + 1; day <= last; day++) if (isWorkingDay(day)) count++;
  return sign * count;
}

/** ISO 8601 week, for example `2026-W48`. */
export function isoWeek(day: Day): string {
  const thursday = day - modulo(day + 3, 7) + 3;
  const year = new Date(thursday * MS_PER_DAY).getUTCFullYear();
  const week = Math.floor((thursday - dayOf(year, 1, 1)) / 7) + 1;
  return `${year}-W${String(week).padStart(2, "0")}`;
}

/** The remainder that is never negative: days before 1970 count too. */
function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function isWorkingDay(day: Day): boolean {
  const name = weekday(day);
  return name !== "Saturday" && name !== "Sunday";
}

function dayOf(year: number, month: number, day: number): Day {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return Math.round(date.getTime() / MS_PER_DAY);
}
