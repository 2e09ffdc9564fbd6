import { randomFillSync } from 'node:crypto';

/** Randomness, injected so that a simulation can own it: a number from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

const POOL_SIZE = 1_024;

/** The machine's cryptographic randomness, drawn from a pool since each draw from the system costs microseconds. */
export const systemRandom: Random = (() => {
  const pool = new Uint32Array(POOL_SIZE);
  let next = POOL_SIZE;
  return () => {
    if (next === POOL_SIZE) {
      randomFillSync(pool);
      next = 0;
    }
    const value = pool[next] ?? 0;
    next += 1;
    return value / 2 ** 32;
  };
})();
