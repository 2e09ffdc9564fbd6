import { availableParallelism } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { MUTATIONS } from './mutations.ts';
import { runSeed } from './run-seed.ts';
import { runSeedsOnWorkers, type SeedReport, type WorkerSettings } from './seed-workers.ts';

/** Invariants that the code does not keep yet, each with what is missing. Nothing may stay here. */
const NOT_YET: readonly string[] = [
  // A clear of the lifecycle stage that arrives after the newer set: HubSpot has ignored the set by then.
  'D5 stage',
];
/** Mutations that only those invariants can see, and some that need so rare a meeting of faults that a directed test keeps them. */
const NOT_YET_SEEN: readonly string[] = [
  'lifecycle stage cleared and set in one call',
  // deliver-messages.test.ts: "a stalled consumer that lost its lease does not settle".
  'lease without owner check',
  // "a create without a key whose consumer died …", plan-calls: "creates never merge".
  'a create without a key is sent again',
  'merge creates',
];

const SAMPLE = 200;
/** Ten times the seeds that the rarest mutation takes on average. */
const SEEDS_TO_CATCH = 400;

const brokenIn = ({ violations }: Pick<SeedReport, 'violations'>): readonly string[] =>
  violations.map(({ invariant }) => invariant).filter((invariant) => !NOT_YET.includes(invariant));

async function firstToBreak(settings: WorkerSettings, workers: number, seeds: number): Promise<SeedReport | undefined> {
  let found: SeedReport | undefined;
  await runSeedsOnWorkers(settings, {
    from: 1,
    to: 1 + seeds,
    workers,
    chunk: workers === 1 ? 1 : 10,
    onReport: (report) => {
      if (brokenIn(report).length > 0) found = report;
      return found === undefined;
    },
  });
  return found;
}

test('the same seed gives the same run, event by event', async () => {
  const runs = [await runSeed(7, { trace: true }), await runSeed(7, { trace: true })];
  expect(runs[0]?.trace.length).toBeGreaterThan(100);
  expect(runs[0]).toEqual(runs[1]);
});

test('another seed gives another run', async () => {
  const runs = [await runSeed(7, { trace: true }), await runSeed(8, { trace: true })];
  expect(runs[0]?.trace).not.toEqual(runs[1]?.trace);
});

test('a sample of seeds keeps the invariants under every fault', async () => {
  const broken = await firstToBreak({ mode: 'full' }, availableParallelism(), SAMPLE);
  expect(broken === undefined ? undefined : { seed: broken.seed, violations: broken.violations }).toBeUndefined();
}, 40_000);

describe('the simulation catches', () => {
  const seen = MUTATIONS.filter(({ name }) => !NOT_YET_SEEN.includes(name));

  test.each(seen.flatMap(({ name, ports }) => (ports === undefined ? [] : [{ name, ports }])))(
    '$name',
    async ({ ports }) => {
      let isCaught = false;
      for (let seed = 1; seed <= SEEDS_TO_CATCH && !isCaught; seed += 1) {
        isCaught = brokenIn(await runSeed(seed, { mutation: ports })).length > 0;
      }
      expect(isCaught).toBe(true);
    },
    60_000,
  );

  // Edits of the source need a thread that has not loaded it yet.
  test.each(seen.filter(({ edits }) => edits !== undefined))(
    '$name',
    async ({ name }) => {
      expect(await firstToBreak({ mode: 'full', mutation: name }, 1, SEEDS_TO_CATCH)).toBeDefined();
    },
    60_000,
  );
});
