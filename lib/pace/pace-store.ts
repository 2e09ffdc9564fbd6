import type { EpochMs } from '../runtime/units.ts';
import type { SlotRequest } from './grant-slots.ts';
import type { PaceControl, PaceState } from './pace-state.ts';

/** A wish for slots, made in the knowledge of `known`: what HubSpot taught since then must be learned first. */
export interface SharedSlotRequest extends SlotRequest {
  readonly known: PaceState;
}

export type SharedGrant =
  | { readonly kind: 'granted'; readonly first: EpochMs; readonly next: EpochMs }
  /** The control changed, or the next slot is too far away, or somebody was quicker; undefined when there is no item. */
  | { readonly kind: 'refused'; readonly state: PaceState | undefined };

/** The one item that all callers share. Every method throws when the store cannot be reached. */
export interface PaceStore {
  read(): Promise<PaceState | undefined>;
  /** Takes slots as `grantSlots` does, for nobody else; only while the control is the one that is known. */
  take(request: SharedSlotRequest): Promise<SharedGrant>;
  /**
   * Replaces the control that is known, and counts its version up by one; false when it changed meanwhile. `by` is unique to
   * this change: one whose answer was lost is known again by it.
   */
  change(known: PaceState, control: PaceControl, by: string): Promise<boolean>;
  /** Makes the item, as version 1; false when there is one. */
  create(next: EpochMs, control: PaceControl, by: string): Promise<boolean>;
}
