import { type EpochMs, epochMs, laterOf } from '../runtime/units.ts';
import type { DailyBudget } from './daily-budget.ts';

/** Whether HubSpot is worth calling. Half open is an open circuit whose time is over. */
export type Circuit =
  | { readonly kind: 'closed'; readonly failures: number }
  | {
      readonly kind: 'open';
      readonly until: EpochMs;
      /** Probes that failed so far. */
      readonly round: number;
      /** Who tries whether HubSpot is back, and how long nobody else does. */
      readonly probe?: { readonly owner: string; readonly since: EpochMs; readonly end: EpochMs };
    };

/** What HubSpot's answers taught; changes seldom. */
export interface PaceControl {
  /** No call starts earlier. */
  readonly notBefore: EpochMs;
  readonly circuit: Circuit;
  /** HubSpot takes fewer calls than the settings say. */
  readonly ceiling?: { readonly callsPerWindow: number; readonly seenAt: EpochMs };
  readonly daily?: DailyBudget;
}

/** The shared state of the pace: one item. */
export interface PaceState {
  /** Counts the changes of `control`; taking slots is none. */
  readonly version: number;
  /** From when on the next slot is free. */
  readonly next: EpochMs;
  readonly control: PaceControl;
}

export const INITIAL_CONTROL: PaceControl = { notBefore: epochMs(0), circuit: { kind: 'closed', failures: 0 } };

/** Until when nobody is to call; in the past when calls, or the circuit's probe, may be made. */
export const closedUntilOf = ({ notBefore, circuit }: PaceControl): EpochMs =>
  circuit.kind === 'open' ? laterOf(circuit.until, notBefore) : notBefore;
