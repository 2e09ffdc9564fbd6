import type { Clock } from '../../../lib/runtime/clock.ts';
import { type EpochMs, epochMs } from '../../../lib/runtime/units.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** How one process sees time. */
export interface ClockFaults {
  /** Its clock minus the true time, in ms. */
  readonly skew: number;
  /** How much later than asked it wakes, in ms; asked for each sleep. */
  readonly lateness: () => number;
}

/** Time that many processes share and that only moves when all of them wait. */
export class VirtualTime {
  #now: number;
  #order = 0;
  #timers: Timer[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  /** The true time. */
  get now(): number {
    return this.#now;
  }

  sleep(duration: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const timer = {
        at: this.#now + Math.max(0, duration),
        order: ++this.#order,
        fire: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#add(timer);
    });
  }

  #add(timer: Timer): void {
    const place = this.#timers.findIndex(({ at }) => at > timer.at);
    if (place === -1) this.#timers.push(timer);
    else this.#timers.splice(place, 0, timer);
  }

  /** Whole milliseconds, as the machine's clock has them. */
  clock({ skew, lateness }: ClockFaults = { skew: 0, lateness: () => 0 }): Clock {
    return {
      now: (): EpochMs => epochMs(Math.floor(this.#now + skew)),
      sleep: (duration, signal) => this.sleep(duration + lateness(), signal),
    };
  }

  /** Lets time pass until `end`, or until nobody waits for anything. */
  async runUntil(end: number): Promise<void> {
    for (;;) {
      await new Promise(setImmediate);
      const [timer] = this.#timers;
      if (timer === undefined || timer.at > end) break;
      this.#timers.shift();
      this.#now = timer.at;
      timer.fire();
    }
    this.#now = Math.max(this.#now, end);
  }
}
