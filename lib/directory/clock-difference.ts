import { type DurationMs, seconds } from '../runtime/units.ts';

/** Two clocks, of HubSpot's or of functions', may disagree by this much about which of two things came first. */
export const CLOCK_DIFFERENCE: DurationMs = seconds(5);
