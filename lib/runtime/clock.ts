import { type DurationMs, type EpochMs, epochMs } from './units.ts';

/** Time, as everything in `lib` sees it: injected, so that a simulation can own it. */
export interface Clock {
  now(): EpochMs;
  /** Resolves after `duration`; rejects with the signal's reason when `signal` aborts first. */
  sleep(duration: DurationMs, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  sleep: (duration, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, duration);
      signal?.addEventListener('abort', abort, { once: true });
    }),
};
