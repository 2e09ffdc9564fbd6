import type { Booking } from '../pace/pace.ts';
import type { EpochMs } from '../runtime/units.ts';
import type { Delivery } from './deliver-messages.ts';

/** Why no more calls are to be made, and until when. */
export interface Stop {
  readonly reason: string;
  readonly notBefore: EpochMs;
}

/** The right to make calls that count towards one of HubSpot's limits. */
export interface Slots {
  readonly takeSlot: (wanted?: number) => Promise<boolean>;
  /** A slot for a call with so many inputs, handed out while there is time to take their leases. */
  readonly bookSlot: (inputs: number, wanted: number) => Promise<Booking | undefined>;
  /** Why there is no slot, and when to come again. */
  readonly outOfSlots: () => Stop;
}

/** What concluding needs: the world, and the right to make one more call. */
export interface Concluding extends Delivery, Slots {
  readonly owner: string;
  readonly startedAt: EpochMs;
  /** When its leases end by themselves. */
  readonly leaseEnd: EpochMs;
  /** Slots for batches of associations, which HubSpot counts by themselves. */
  readonly linkSlots: Slots;
  /** A create that nothing names may be sent again after a try without an answer. */
  readonly repeatsKeyless: boolean;
}
