import type { Clock } from '../../lib/runtime/clock.ts';
import { after, type DurationMs, type EpochMs, epochMs } from '../../lib/runtime/units.ts';

/** A clock that moves only when something sleeps or a test says so. */
export interface FakeClock extends Clock {
  advance(duration: DurationMs): void;
  /** Every sleep so far. */
  readonly sleeps: readonly DurationMs[];
}

/**
 * Runs `onSleep` after each sleep: what happens while the code under test waits. A sleep that can be broken off is raced against
 * something: what needs no time comes before it.
 */
export function createFakeClock(
  start: EpochMs = epochMs(1_800_000_000_000),
  onSleep: () => void = () => {},
): FakeClock {
  let now = start;
  const sleeps: DurationMs[] = [];
  return {
    sleeps,
    now: () => now,
    advance: (duration) => {
      now = after(now, duration);
    },
    sleep: async (duration, signal) => {
      signal?.throwIfAborted();
      if (signal !== undefined) await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      sleeps.push(duration);
      now = after(now, duration);
      onSleep();
    },
  };
}
