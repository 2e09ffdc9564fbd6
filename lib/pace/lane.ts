import { type DurationMs, seconds } from '../runtime/units.ts';
import { ARRIVAL_SPREAD, WINDOW } from './grant-slots.ts';

/**
 * Calls that HubSpot counts by themselves, each lane with slots of its own: searches have a limit of so many a second, and
 * batches of associations one of their own, and neither counts towards the ten-secondly limit of all other calls (its
 * specification exempts both from that). Pauses that concern everybody, the day's calls and the circuit they share.
 */
export type Lane = 'main' | 'search' | 'associations';

/** Over which time HubSpot counts the calls of a lane. */
const LANE_WINDOWS: Readonly<Record<Lane, DurationMs>> = { main: WINDOW, search: seconds(1), associations: WINDOW };

/**
 * A lane's limit, told as the calls in 10 s whose even spacing keeps it: five a second need (1 s + J) / 5 between them, as
 * 39.6 calls in 10 s have it. Not 50: with so many, six could arrive in one second, by all that `ARRIVAL_SPREAD` allows for.
 */
export const callsPerWindowOf = (lane: Lane, calls: number): number =>
  (calls * (WINDOW + ARRIVAL_SPREAD)) / (LANE_WINDOWS[lane] + ARRIVAL_SPREAD);
