import { type DurationMs, seconds } from '../runtime/units.ts';

/** Kept back from the time of the forwarding function, for passing the answer on. */
export const ANSWERING_MARGIN: DurationMs = seconds(2);
