/** The middle of some numbers; the mean of the two in the middle where there is no one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error('no values have no median');
  return (lower + upper) / 2;
}

/**
 * How many times more the first of each pair is. Both of a pair were measured one right after the other, so that noise of
 * the machine that lasts longer than a round weighs on both.
 */
export function medianRatio(pairs: readonly (readonly [number, number])[]): number {
  return median(pairs.map(([value, reference]) => value / reference));
}
