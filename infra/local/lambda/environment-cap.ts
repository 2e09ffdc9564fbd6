/**
 * How many environments a function gets here: what its queues may use at once, or else the runner's default; never more
 * than the template reserves, because functions divide budgets by that number.
 */
export function environmentCap(limits: {
  readonly queueConcurrency: number;
  readonly reserved: number | undefined;
  readonly byDefault: number;
}): number {
  const wanted = limits.queueConcurrency > 0 ? limits.queueConcurrency : limits.byDefault;
  return Math.max(1, Math.min(wanted, limits.reserved ?? wanted));
}
