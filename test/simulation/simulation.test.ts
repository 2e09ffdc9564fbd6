import { availableParallelism } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { MUTATIONS } from './mutations.ts';
import { runSeed } from './run-seed.ts';
import { runSeedsOnWorkers, type SeedReport, type WorkerSettings } from './seed-workers.ts';

/** What a seed is to play out beside the workload. */
interface Rarity {
  readonly seed: number;
  readonly archives: boolean;
  readonly lifecycle?: true;
  readonly deletions?: true;
  readonly identities?: true;
  readonly associations?: true;
  readonly renames?: true;
}

/** Mutations that take more seeds than a test has time for on average, and the first seed that catches each, with what it takes. */
const RARELY_SEEN: Readonly<Record<string, Rarity>> = {
  'a create without a key is sent again': { seed: 1_661, archives: false },
  'merge creates': { seed: 87, archives: false },
  'a late clear of the lifecycle stage is superseded': { seed: 479, archives: false },
  'an archive takes a contact that a newer create was told is there': { seed: 313_948, archives: true },
  'a stage that was cleared is not set again when the set is lost': { seed: 67, archives: false, lifecycle: true },
  'a merged id is given up': { seed: 61, archives: false, identities: true },
  'an association that went astray is not set right': {
    seed: 1_305_805,
    archives: false,
    identities: true,
    associations: true,
  },
  'a change of e-mail that was overtaken moves its contact': {
    seed: 11_161,
    archives: false,
    lifecycle: true,
    associations: true,
    renames: true,
  },
  'a value that a merge has left the newest is not given back': {
    seed: 4_089_258,
    archives: true,
    lifecycle: true,
    deletions: true,
    associations: true,
    identities: true,
  },
  'the fences of two names are not joined': { seed: 176, archives: false, identities: true },
  'the result of a secondary e-mail is taken for that of the primary one': {
    seed: 225,
    archives: false,
    identities: true,
  },
};

/**
 * Seeds that once broke an invariant. They are tried again, but what a seed plays out changes with the simulation: a directed test
 * keeps each, too.
 */
const ONCE_BROKEN: readonly (readonly [number, string])[] = [
  [143, 'a clear of the lifecycle stage that came after the newer set was dropped'],
  [423, 'a clear of the lifecycle stage that came after the newer set was dropped'],
  [2_658, 'a create that had to be repeated began anew in each invocation'],
  [2_899, 'a refused write was sent again by another, while its outcome was not stored'],
  [4_689, 'a call was made on the word of a store that had been away two minutes before'],
  [5_294, 'a probe was made because the store had failed to answer once'],
  [5_584, 'one call an invocation, of three that were needed'],
  [5_629, 'one call an invocation, of three that were needed'],
  [7_335, 'a clear of the lifecycle stage that was delivered passed for a late one'],
  [108_189, 'a copy of a late clear was made again, and not followed by its set'],
  [
    111_383,
    'an update was refused for a contact that did not exist, while a copy of it was made to the contact that did by then',
  ],
  [116_188, 'a probe whose leases took long was made too late to end before the invocation'],
  [125_319, 'messages that were sent on multiplied with every consumer that died'],
];

/** The same for runs with all parts together: several names or archives, stages, deletions, associations; with both where `archivedNames`. */
const ONCE_BROKEN_TOGETHER: readonly (readonly [number, { readonly archivedNames: boolean }, string])[] = [
  [
    1_000_398,
    { archivedNames: true },
    'two names of one contact that went in one call each time were never told apart',
  ],
  [
    1_928_267,
    { archivedNames: false },
    'a call was made while the store was lost, though nobody had asked it for seconds',
  ],
  [
    2_058_488,
    { archivedNames: false },
    'a merge dropped the newest value, and what an older write took was not given back',
  ],
  [
    2_062_920,
    { archivedNames: false },
    'an outcome that came minutes late passed for one that a consumer should have known',
  ],
  [
    2_211_144,
    { archivedNames: false },
    'a stage that was moved back at a contact deleted since passed for one that never was',
  ],
  [3_029_570, { archivedNames: false }, 'an outage of days with many messages passed for a run that never rests'],
  [
    4_026_698,
    { archivedNames: false },
    'a slot that was granted long before was used on news as old, once the store was lost',
  ],
  [
    4_033_333,
    { archivedNames: false },
    'a stage that another name had set between a clear and a set was told as kept for being ahead',
  ],
  [4_005_155, { archivedNames: false }, 'consumers that keep one record of hundreds passed for a run that never rests'],
  [4_096_055, { archivedNames: false }, 'an id that was led home anew forgot that writes by it may have gone astray'],
  [
    5_100_304,
    { archivedNames: false },
    'a write whose contact was gone decided one of its associations, time and again',
  ],
  [4_001_581, { archivedNames: false }, 'an id stood twice in one reading, once by the id that was merged into it'],
  [1_101_497, { archivedNames: true }, 'a request that came late left the address of an erased person'],
  [1_351_001, { archivedNames: true }, 'an update by an id that is gone was superseded by what another contact got'],
  [1_317_678, { archivedNames: false }, 'a write that was delivered was told as superseded, since its home knew no id'],
  [1_371_905, { archivedNames: true }, 'an update by an id that is gone was superseded by what another contact got'],
  [1_372_734, { archivedNames: true }, 'an e-mail of an archived contact left it before its archive was known'],
  [1_620_445, { archivedNames: true }, 'an archive took what was written by an e-mail that a merge had brought'],
  [
    1_467_080,
    { archivedNames: false },
    'a create was sent again, since another was refused before its outcome was stored',
  ],
  [
    1_500_913,
    { archivedNames: false },
    'a create was sent again, since another was refused before its outcome was stored',
  ],
  [
    1_631_492,
    { archivedNames: true },
    'a write by an e-mail of an archived contact was superseded by the archive of another',
  ],
  [
    1_642_956,
    { archivedNames: false },
    'a stage was left where it was, since its contact was merged away before it was cleared',
  ],
  [1_645_550, { archivedNames: true }, 'an archive was forgotten by an e-mail that led home by way of another'],
  [1_736_934, { archivedNames: false }, 'two sent a write to somebody deleted, one under the name that was erased'],
  [1_769_467, { archivedNames: false }, 'a name that was erased was kept for the news that it led to nobody'],
  [
    4_059_792,
    { archivedNames: false },
    'an older value was given back over that of a third name (in a mend that was not to stay)',
  ],
  [4_089_258, { archivedNames: false }, 'an older value stayed where a merge had dropped what overtook the newer one'],
];

/** The same where contacts change their e-mails. */
const ONCE_BROKEN_BY_RENAMES: readonly (readonly [number, string])[] = [
  [152, 'a change of e-mail that was delivered was told as superseded'],
  [2_208, 'a change of e-mail that a newer one had overtaken led its contact to the e-mail all the same'],
  [2_257, 'an update went to whom its e-mail had left half an hour before it was accepted, since a consumer had died'],
  [10_333, 'associations were made under the home that a contact had before it was renamed'],
  [10_803, 'an update by a former e-mail was sent under its lease after its contact was renamed'],
  [30_634, 'a change of e-mail of nobody, to one that led to another home, went round for ever'],
  [10_833, 'a change of e-mail that was repeated undid what had been written by the new e-mail since'],
];

const SAMPLE = 200;
/** Ten times the seeds that the rarest mutation takes on average. */
const SEEDS_TO_CATCH = 400;

async function firstToBreak(settings: WorkerSettings, workers: number, seeds: number): Promise<SeedReport | undefined> {
  let found: SeedReport | undefined;
  await runSeedsOnWorkers(settings, {
    from: 1,
    to: 1 + seeds,
    workers,
    chunk: workers === 1 ? 1 : 10,
    onReport: (report) => {
      if (report.violations.length > 0) found = report;
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

test.each(ONCE_BROKEN)('seed %i keeps the invariants again: %s', async (seed) => {
  const plain = { archives: false, lifecycle: false, deletions: false, associations: false, identities: false };
  expect((await runSeed(seed, plain)).violations).toEqual([]);
});

test.each(ONCE_BROKEN_TOGETHER)('seed %i, %o, with all parts keeps the invariants again: %s', async (seed, draw) => {
  expect((await runSeed(seed, draw)).violations).toEqual([]);
});

test.each(ONCE_BROKEN_BY_RENAMES)('seed %i keeps the invariants again: %s', async (seed) => {
  const draw = { archives: false, deletions: false, identities: false, renames: true };
  expect((await runSeed(seed, draw)).violations).toEqual([]);
});

describe('the simulation catches', () => {
  const seen = MUTATIONS.filter(({ name }) => RARELY_SEEN[name] === undefined);

  test.each(seen.flatMap(({ name, ports }) => (ports === undefined ? [] : [{ name, ports }])))(
    '$name',
    async ({ ports }) => {
      let isCaught = false;
      for (let seed = 1; seed <= SEEDS_TO_CATCH && !isCaught; seed += 1) {
        isCaught = (await runSeed(seed, { mutation: ports })).violations.length > 0;
      }
      expect(isCaught).toBe(true);
    },
    60_000,
  );

  // Edits of the source need a process that has not loaded it yet.
  test.each(seen.filter(({ edits }) => edits !== undefined))(
    '$name',
    async ({ name }) => {
      expect(await firstToBreak({ mode: 'full', mutation: name }, 1, SEEDS_TO_CATCH)).toBeDefined();
    },
    60_000,
  );

  test.each(Object.entries(RARELY_SEEN))(
    '%s',
    async (name, { seed, archives, ...draw }) => {
      let violations: SeedReport['violations'] = [];
      await runSeedsOnWorkers(
        {
          mode: 'full',
          archives,
          lifecycle: draw.lifecycle === true,
          deletions: draw.deletions === true,
          associations: draw.associations === true,
          identities: draw.identities === true,
          renames: draw.renames === true,
          mutation: name,
        },
        {
          from: seed,
          to: seed + 1,
          workers: 1,
          chunk: 1,
          onReport: (report) => {
            violations = report.violations;
            return false;
          },
        },
      );
      expect(violations).not.toEqual([]);
    },
    60_000,
  );
});
