import type { Clock } from './clock.ts';
import type { DurationMs } from './units.ts';

/** What `work` brings within `time`; undefined when it takes longer, and then whatever it still brings is ignored. Rejects as it does. */
export async function within<Result>(
  time: DurationMs,
  clock: Clock,
  work: Promise<Result>,
): Promise<{ readonly result: Result } | undefined> {
  const timer = new AbortController();
  const done = work.then((result) => ({ result }));
  const late = clock.sleep(time, timer.signal).then(() => undefined);
  // Whichever loses the race must not be an unhandled rejection.
  done.catch(() => {});
  late.catch(() => {});
  try {
    return await Promise.race([done, late]);
  } finally {
    timer.abort();
  }
}
