import type { EpochMs } from '../runtime/units.ts';

/** The budget of calls to HubSpot. */
export interface Pace {
  /** Waits for a slot and takes it; false, at once and with nothing taken, when none comes free before `deadline`. */
  take(deadline: EpochMs): Promise<boolean>;
}
