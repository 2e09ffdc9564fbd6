import { after, type DurationMs, type EpochMs, milliseconds, seconds } from '../runtime/units.ts';

/** HubSpot counts calls over a rolling 10 s (usage guidelines). */
export const WINDOW: DurationMs = seconds(10);
/**
 * J: a call of one slot may arrive this much later than that of another, and so fall into the same window. 230 ms of network,
 * 60 ms of `LATENESS`, 2 x 5 ms between the clocks of two environments and the true time.
 */
export const ARRIVAL_SPREAD: DurationMs = milliseconds(300);
/** A slot is used within this time or thrown away, never used later: a thread that parses and signs is not free at once. */
export const LATENESS: DurationMs = milliseconds(60);

/**
 * T = (10 s + J) / limit, the time from one slot to the next. At most ceil((10 s + J) / T) = limit calls then arrive in any
 * rolling 10 s, however many slots are taken at once, as long as each is used at its own time. Rounded up to microseconds, so
 * that sums stay exact in a store that counts in decimals.
 */
export const intervalFor = (callsPerWindow: number): DurationMs =>
  milliseconds(Math.ceil(((WINDOW + ARRIVAL_SPREAD) * 1_000) / callsPerWindow) / 1_000);

/** A wish for slots that follow one another. */
export interface SlotRequest {
  readonly count: number;
  readonly interval: DurationMs;
  /** No slot before: what is past is lost, never carried over. */
  readonly from: EpochMs;
  /** The first slot is not wanted later: who comes next must find near ones. Never before `from`. */
  readonly latest: EpochMs;
}

export type Grant =
  /** Slots at `first`, `first + interval`, …; the next is free from `next` on. */
  | { readonly kind: 'granted'; readonly first: EpochMs; readonly next: EpochMs }
  | { readonly kind: 'too-far'; readonly next: EpochMs };

/** The generic cell rate algorithm with a burst of 1: slots are given from `next` on, or from `from` when that is later. */
export function grantSlots(next: EpochMs, { count, interval, from, latest }: SlotRequest): Grant {
  const first = next < from ? from : next;
  if (first > latest) return { kind: 'too-far', next };
  return { kind: 'granted', first, next: after(first, lengthOf(count, interval)) };
}

/** The time that so many slots take. */
export const lengthOf = (count: number, interval: DurationMs): DurationMs =>
  milliseconds(Math.round(count * interval * 1_000) / 1_000);

/** The times of slots that were granted together. */
export const slotsFrom = (first: EpochMs, count: number, interval: DurationMs): EpochMs[] =>
  Array.from({ length: count }, (_, n) => after(first, lengthOf(n, interval)));
