/** What the benchmarks say of their measurements: times in ms, cut to two digits. */

export const percentile = (values: readonly number[], part: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))] ??
  Number.NaN;
export const median = (values: readonly number[]) => percentile(values, 0.5);
export const round = (value: number) => Math.round(value * 100) / 100;

export async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

/** The median of each, all taken in turn so many times: what disturbs one disturbs the others. */
export async function medians<Name extends string>(
  times: number,
  runs: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Record<Name, number>> {
  const taken = {} as Record<Name, number[]>;
  for (let at = 0; at < times; at++)
    for (const name of Object.keys(runs) as Name[]) (taken[name] ??= []).push(await timed(runs[name]));
  const pairs = Object.entries<number[]>(taken).map(([name, values]) => [name, median(values)]);
  return Object.fromEntries(pairs) as Record<Name, number>;
}
