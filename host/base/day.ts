/**
 * The day that budgets are counted by: UTC's.
 *
 * It is the same wherever the host runs and however its clock's zone is set, and no day of it is 23 or 25 hours
 * long, so that no budget is spent twice.
 */

/** `2026-11-27`. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** When the day after this moment's begins, in milliseconds since 1970. */
export function nextDay(at: number): number {
  return Date.parse(dayOf(at)) + 24 * 60 * 60_000;
}
