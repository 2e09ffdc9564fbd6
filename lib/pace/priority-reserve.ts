import { after, between, type EpochMs, epochMs, milliseconds } from '../runtime/units.ts';
import { WINDOW } from './grant-slots.ts';

/**
 * Counts what an environment takes ahead of a backlog: `calls` in 10 s on average, and as many at once after a quiet time.
 * Only the turn in the queue is at stake here, never HubSpot's limit.
 */
export class PriorityReserve {
  readonly #calls: number;
  #paidUntil: EpochMs = epochMs(0);

  constructor(calls: number) {
    this.#calls = calls;
  }

  /** How many of `wanted` calls the reserve has left. */
  affordable(wanted: number, now: EpochMs): number {
    if (this.#calls === 0) return 0;
    const left = WINDOW - Math.max(0, between(now, this.#paidUntil));
    return Math.min(wanted, Math.floor((left * this.#calls) / WINDOW));
  }

  spend(calls: number, now: EpochMs): void {
    const from = this.#paidUntil > now ? this.#paidUntil : now;
    this.#paidUntil = after(from, milliseconds((calls * WINDOW) / this.#calls));
  }
}
