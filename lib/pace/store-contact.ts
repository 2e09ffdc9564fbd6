import type { Clock } from '../runtime/clock.ts';
import { describeError, type Log } from '../runtime/logger.ts';
import { after, between, type DurationMs, type EpochMs, milliseconds, seconds } from '../runtime/units.ts';
import { ARRIVAL_SPREAD, WINDOW } from './grant-slots.ts';

/** An answer that takes longer comes too late for the slots in it. */
const PATIENCE: DurationMs = seconds(1);
/** Between two tries while the store is away: soon after the first failure, for most are single ones, then every second. */
const FIRST_RETRY: DurationMs = milliseconds(50);
const LONGEST_RETRY: DurationMs = seconds(1);
/** So long after the store is back the last environment knows it: a try that was under way fails, and the next is due. */
export const TIME_TO_NOTICE: DurationMs = milliseconds(PATIENCE + LONGEST_RETRY + 500);
/** A slot is granted at most this long before its time. */
export const LONGEST_LOOKAHEAD: DurationMs = seconds(4);
/**
 * After the store is lost nobody calls until the slots granted before, here or elsewhere, have left HubSpot's window: only then
 * do the static shares hold by themselves.
 */
const SILENCE: DurationMs = milliseconds(LONGEST_LOOKAHEAD + WINDOW + ARRIVAL_SPREAD);
/** Failures further apart than this are two outages. */
const APART: DurationMs = seconds(10);
const FIRST_TRIP: DurationMs = milliseconds(10);
/** Why a timer ends that nobody waits for any more: without a reason of ours each one would make an error of its own. */
const OVER = 'over';
/** A slow answer is forgotten in steps of a tenth. */
const MEMORY = 0.9;

interface Outage {
  readonly since: EpochMs;
  readonly lastFailure: EpochMs;
  readonly failures: number;
}

/** What this environment knows of whether the store can be reached. */
export class StoreContact {
  readonly #clock: Clock;
  readonly #log: Log;
  #outage: Outage | undefined;
  #hasReturned = false;
  #trip: DurationMs = FIRST_TRIP;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  get isLost(): boolean {
    return this.#outage !== undefined;
  }

  /** When the store may be asked again. */
  get retryAt(): EpochMs | undefined {
    if (this.#outage === undefined) return undefined;
    const { lastFailure, failures } = this.#outage;
    return after(lastFailure, milliseconds(Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** failures)));
  }

  /** That it is lost was last seen so long ago that nobody has tried since: whoever waits tries every second. */
  get isOldNews(): boolean {
    return this.#outage !== undefined && between(this.#outage.lastFailure, this.#clock.now()) > TIME_TO_NOTICE;
  }

  /** From when on the static share is used, while the store is lost. */
  get staticFrom(): EpochMs | undefined {
    return this.#outage && after(this.#outage.since, SILENCE);
  }

  /** An outage is over, and was not dealt with yet. */
  get hasReturned(): boolean {
    return this.#hasReturned;
  }

  /** How long the store lately took to answer. */
  get trip(): DurationMs {
    return this.#trip;
  }

  returnIsSettled(): void {
    this.#hasReturned = false;
  }

  /** Asks the store; undefined when it did not answer in time. What comes later is ignored: slots in it are lost, no more. */
  async attempt<Answer>(ask: () => Promise<Answer>): Promise<{ readonly answer: Answer } | undefined> {
    const startedAt = this.#clock.now();
    const timer = new AbortController();
    try {
      const asked = ask().then((answer) => ({ answer }));
      const timeout = this.#clock.sleep(PATIENCE, timer.signal).then(() => undefined);
      // Whichever loses the race must not be an unhandled rejection.
      asked.catch(() => {});
      timeout.catch(() => {});
      const first = await Promise.race([asked, timeout]);
      if (first === undefined) this.#failed(new Error('no answer in time'));
      else this.#answered(startedAt);
      return first;
    } catch (error) {
      this.#failed(error);
      return undefined;
    } finally {
      timer.abort(OVER);
    }
  }

  #answered(startedAt: EpochMs): void {
    const now = this.#clock.now();
    this.#trip = milliseconds(Math.max(this.#trip * MEMORY, between(startedAt, now)));
    if (this.#outage === undefined) return;
    this.#hasReturned = true;
    this.#log.info('pace-store-back', { lostFor: between(this.#outage.since, now) });
    this.#outage = undefined;
  }

  #failed(error: unknown): void {
    const now = this.#clock.now();
    const known = this.#outage;
    if (known !== undefined && between(known.lastFailure, now) < APART) {
      this.#outage = { since: known.since, lastFailure: now, failures: known.failures + 1 };
      return;
    }
    this.#log.warn('pace-store-lost', { error: describeError(error) });
    this.#outage = { since: now, lastFailure: now, failures: 0 };
  }
}
