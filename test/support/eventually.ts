import { setTimeout as pause } from 'node:timers/promises';

/** Between two looks: short beside what is waited for, long beside what a look costs. */
const PAUSE_MS = 50;

/**
 * Looks again and again until there is something to see, and gives that back. Rejects, saying what was waited for, when
 * `patienceMs` have passed.
 *
 * @example
 * const line = await eventually('a ready line', () => lines.find((each) => each.startsWith('ready')));
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  patienceMs = 30_000,
): Promise<T> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() >= giveUpAt) throw new Error(`waited ${patienceMs / 1_000} s in vain for ${what}`);
    await pause(PAUSE_MS);
  }
}
