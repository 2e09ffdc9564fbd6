import { type DurationMs, minutes } from '../runtime/units.ts';

/** A mapping from e-mail to id is written to only this long after an answer confirmed it; then it is asked for again. */
export const MAPPING_IS_FRESH: DurationMs = minutes(10);
