/** How many environments a function may have here. */
export interface EnvironmentLimits {
  /** Started as soon as events wait: more would only make all of them slow on a machine with few cores. */
  readonly usual: number;
  /** Reached slowly, when events wait for long because environments do (a caller's `Prefer: wait`, a HubSpot that hangs). */
  readonly most: number;
}

/** On AWS it would be a thousand; here each is a process of some 60 MB. */
const mostEnvironments = 20;

/**
 * Decides both numbers. A function that queues feed gets what they may use at once; a reservation is never exceeded,
 * because functions divide budgets by it.
 */
export function environmentLimits(wanted: {
  readonly queueConcurrency: number;
  readonly reserved: number | undefined;
  readonly byDefault: number;
}): EnvironmentLimits {
  const { queueConcurrency, reserved = Number.POSITIVE_INFINITY, byDefault } = wanted;
  const usual = Math.max(1, Math.min(queueConcurrency > 0 ? queueConcurrency : byDefault, reserved));
  if (queueConcurrency > 0) return { usual, most: usual };
  return { usual, most: Math.max(usual, Math.min(mostEnvironments, reserved)) };
}
