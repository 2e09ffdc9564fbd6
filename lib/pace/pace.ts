import type { DurationMs, EpochMs } from '../runtime/units.ts';
import type { PaceObservation } from './pace-observation.ts';

/** The budget of calls to HubSpot. */
export interface Pace {
  /**
   * Waits for a slot and takes it; false, at once and with nothing taken, when none comes free before `deadline`. `wanted`
   * says how many calls the caller has before it, this one included: so many slots are worth fetching together.
   */
  take(deadline: EpochMs, wanted?: number): Promise<boolean>;
}

/** A slot that is in hand before its time. */
export interface Booking {
  /** Waits for its time; false when it is void and no call may be made: it came too late, or HubSpot asked for a pause. */
  start(): Promise<boolean>;
  /** No call will be made, and nobody is to wait for its answer. Never rejects. */
  leave(): Promise<void>;
}

/** A budget that all callers share, and that learns from HubSpot's answers. */
export interface SharedPace extends Pace {
  /** Like `take`, but a slot is handed out `lead` ahead of its time where that is possible: something is to be prepared. */
  book(deadline: EpochMs, lead: DurationMs, wanted?: number): Promise<Booking | undefined>;
  /**
   * Tells of the answer to a call, or that none came; every call for which `take` said true is to be told of. Holds for this
   * environment at once, for the others as soon as the promise resolves. Never rejects.
   */
  observe(observation: PaceObservation): Promise<void>;
  /** Until when nobody is to call, as far as is known here; undefined when calls may be made now. */
  closedUntil(): EpochMs | undefined;
  /** When those who cannot wait for HubSpot are to come again: later, the longer it has been away. Undefined when it is not. */
  returnAt(): EpochMs | undefined;
}
