import { describe, expect, test } from '@jest/globals';
import { runChaos } from '../chaos/run-chaos.ts';

/** Three starts of the relay, a key's lease, two visibility timeouts, and a machine that others use too. */
const TEST_TIMEOUT_MS = 300_000;
/** More of them with `npm run chaos -- --runs 10`. */
const SEED = 1;

describe(`while functions and the whole relay are killed with kill -9 (seed ${SEED})`, () => {
  test(
    'every write that was answered with 202 arrives once, in order',
    async () => {
      const { faults, accepted, killedFunctions } = await runChaos(SEED);
      expect(faults).toEqual([]);
      // A run in which hardly anything was accepted or killed would prove nothing.
      expect(accepted).toBeGreaterThan(30);
      expect(killedFunctions).toBeGreaterThan(3);
    },
    TEST_TIMEOUT_MS,
  );
});
