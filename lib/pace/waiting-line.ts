import { type DurationMs, type EpochMs, earlierOf, milliseconds } from '../runtime/units.ts';
import type { Booking } from './pace.ts';

interface Waiter {
  readonly deadline: EpochMs;
  /** How many calls it has before it, the one it waits for included. */
  readonly wanted: number;
  /** How long before its time it wants its slot. */
  readonly lead: DurationMs;
  readonly resolve: (slot: Booking | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Those who wait for a slot, in the order in which they came. */
export class WaitingLine {
  #waiters: Waiter[] = [];

  get isEmpty(): boolean {
    return this.#waiters.length === 0;
  }

  /** For how many calls slots are worth fetching. */
  get wanted(): number {
    return Math.max(this.#waiters.length, ...this.#waiters.map(({ wanted }) => wanted));
  }

  /** How long before its time the next slot is wanted. */
  get lead(): DurationMs {
    return this.#waiters[0]?.lead ?? milliseconds(0);
  }

  /** Resolves with the slot, or with nothing when none came before the deadline. */
  join(deadline: EpochMs, wanted: number, lead: DurationMs): Promise<Booking | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ deadline, wanted, lead, resolve, reject });
    });
  }

  /** How many will be served before one who comes now: who would be refused earlier does not count. */
  countAhead(deadline: EpochMs): number {
    return this.#waiters.filter((waiter) => waiter.deadline >= deadline).length;
  }

  /** The given time, or the first deadline if that is earlier. */
  untilFirstDeadline(time: EpochMs): EpochMs {
    return this.#waiters.reduce((earliest, { deadline }) => earlierOf(deadline, earliest), time);
  }

  /** Gives the first one its slot; false when nobody waits. */
  serveFirst(slot: Booking): boolean {
    const waiter = this.#waiters.shift();
    waiter?.resolve(slot);
    return waiter !== undefined;
  }

  /** Sends those away who cannot wait any longer than this. */
  refuseUntil(time: EpochMs): void {
    const refused = this.#waiters.filter(({ deadline }) => deadline <= time);
    if (refused.length === 0) return;
    this.#waiters = this.#waiters.filter(({ deadline }) => deadline > time);
    for (const waiter of refused) waiter.resolve(undefined);
  }

  failAll(error: unknown): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }
}
