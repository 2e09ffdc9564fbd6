import { type EpochMs, epochMs, laterOf } from '../runtime/units.ts';
import type { DailyBudget } from './daily-budget.ts';
import type { Lane } from './lane.ts';

/** Whether HubSpot is worth calling. Half open is an open circuit whose time is over. */
export type Circuit =
  | {
      readonly kind: 'closed';
      /** Of the relay's own calls, one after another. */
      readonly failures: number;
      /** Forwarded requests, one after another, whose token HubSpot refused; absent for none. */
      readonly refusals?: number;
    }
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
  /** No call of these lanes starts earlier: of them alone HubSpot wants none for now. */
  readonly lanes?: Readonly<Record<string, EpochMs>>;
  readonly circuit: Circuit;
  /** HubSpot takes fewer calls than the settings say. */
  readonly ceiling?: { readonly callsPerWindow: number; readonly seenAt: EpochMs };
  readonly daily?: DailyBudget;
}

/** The shared state of the pace, as one lane sees it: one item. */
export interface PaceState {
  /** Counts the changes of `control`; taking slots is none. */
  readonly version: number;
  /** From when on the lane's next slot is free. */
  readonly next: EpochMs;
  readonly control: PaceControl;
}

export const INITIAL_CONTROL: PaceControl = { notBefore: epochMs(0), circuit: { kind: 'closed', failures: 0 } };

/** Until when a pause keeps all calls of a lane off, whatever the circuit says. */
export const pausedUntilOf = ({ notBefore, lanes }: PaceControl, lane: Lane = 'main'): EpochMs =>
  laterOf(notBefore, lanes?.[lane] ?? notBefore);

/** Until when nobody is to call in a lane; in the past when calls, or the circuit's probe, may be made. */
export function closedUntilOf(control: PaceControl, lane: Lane = 'main'): EpochMs {
  const { circuit } = control;
  const paused = pausedUntilOf(control, lane);
  return circuit.kind === 'open' ? laterOf(circuit.until, paused) : paused;
}

/** No call before that time: in the main lane means none at all. The very same control when that holds already. */
export function pauseUntil(control: PaceControl, until: EpochMs, lane: Lane = 'main'): PaceControl {
  if (lane === 'main') return until <= control.notBefore ? control : { ...control, notBefore: until };
  return until <= (control.lanes?.[lane] ?? 0) ? control : { ...control, lanes: { ...control.lanes, [lane]: until } };
}
