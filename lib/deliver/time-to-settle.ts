import { type DurationMs, seconds } from '../runtime/units.ts';

/** Kept free at the end of an invocation for settling and handing on: no call starts that could not end before it. */
export const TIME_TO_SETTLE: DurationMs = seconds(10);
