import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { findMutation, MUTATIONS } from './mutations.ts';
import type { Mode } from './run-seed.ts';
import { runSeedsOnWorkers, type SeedReport, type WorkerSettings } from './seed-workers.ts';
import { applySourceEdits } from './source-edit.ts';

interface Options {
  readonly seed?: number;
  readonly seeds: number;
  readonly from: number;
  readonly trace?: boolean;
  readonly mode: Mode;
  readonly archives: boolean;
  readonly lifecycle: boolean;
  readonly deletions: boolean;
  readonly associations: boolean;
  readonly identities: boolean;
  readonly renames?: true;
  readonly archivedNames?: true;
  readonly ignore: readonly string[];
  readonly mutation?: string;
  readonly mutations?: boolean;
  readonly workers: number;
}

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted');
  return Number(text);
};
const list = (text: string): readonly string[] => text.split(',').map((each) => each.trim());

const options = new Command('simulate')
  .description(
    'Runs accept and deliver on a virtual clock under seeded faults, and checks the invariants of DESIGN.md.',
  )
  .option('--seed <number>', 'run one seed', wholeNumber)
  .option('--trace', 'with --seed: print every event')
  .option('--seeds <number>', 'run so many seeds', wholeNumber, 1_000)
  .option('--from <number>', 'the first of them', wholeNumber, 1)
  .addOption(new Option('--mode <mode>', 'faults and consumers').choices(['calm', 'single', 'full']).default('full'))
  .option('--no-archives', 'no contact is archived')
  .option('--no-lifecycle', 'no policy for lifecycle stages, and no more writes of them')
  .option('--no-deletions', 'nobody is deleted for good')
  .option('--no-associations', 'no contact is associated')
  .option('--no-identities', 'each contact has one e-mail and one id')
  .option('--archived-names', 'contacts have several names in runs with archives, too')
  .option(
    '--renames',
    'contacts change their e-mails, in runs where they have no other names and none is archived or deleted',
  )
  .option('--ignore <invariants>', 'do not count these, e.g. D5,F2', list, [])
  .option('--mutation <name>', 'with a deliberate bug')
  .option('--mutations', 'how many seeds each deliberate bug takes to be caught, at most --seeds')
  .option('--workers <number>', 'processes', wholeNumber, availableParallelism())
  .parse()
  .opts<Options>();

/** Seeds that are named for each invariant. */
const MOST_SHOWN = 20;

const isCounted = ({ invariant }: { readonly invariant: string }): boolean => !options.ignore.includes(invariant);

if (options.mutations === true) await runMutations();
else if (options.seed !== undefined) await runOne(options.seed);
else await runMany();

/** Replays one seed. */
async function runOne(seed: number): Promise<void> {
  const mutation = options.mutation === undefined ? undefined : findMutation(options.mutation);
  applySourceEdits(mutation?.edits ?? []);
  const { runSeed } = await import('./run-seed.ts');
  const result = await runSeed(seed, {
    mode: options.mode,
    archives: options.archives,
    lifecycle: options.lifecycle,
    deletions: options.deletions,
    associations: options.associations,
    identities: options.identities,
    renames: options.renames === true,
    archivedNames: options.archivedNames === true,
    trace: options.trace === true,
    ...(mutation?.ports !== undefined && { mutation: mutation.ports }),
  });
  for (const line of result.trace) console.log(line);
  const violations = result.violations.filter(isCounted);
  for (const { invariant, at, detail } of violations) {
    console.log(`seed ${seed}  ${new Date(at).toISOString()}  ${invariant}  ${detail}`);
  }
  console.log(JSON.stringify(result.statistics));
  process.exitCode = violations.length > 0 ? 1 : 0;
}

/** Runs many seeds, and sums up which invariants broke. */
async function runMany(): Promise<void> {
  const started = performance.now();
  const broken = new Map<string, { seeds: number[]; example: string }>();
  let done = 0;
  let failed = 0;
  let writes = 0;
  const perSecond = () => Math.round(done / ((performance.now() - started) / 1_000));
  const progress = () => `${done}/${options.seeds} seeds, ${failed} failed, ${perSecond()}/s`;
  await runSeedsOnWorkers(settingsOf(options.mutation), {
    from: options.from,
    to: options.from + options.seeds,
    workers: options.workers,
    chunk: 10,
    onReport: ({ seed, violations, statistics }) => {
      done += 1;
      writes += statistics.writes;
      const counted = violations.filter(isCounted);
      if (counted.length > 0) failed += 1;
      const [first] = counted;
      // At once, so that a long run need not be waited for.
      if (first !== undefined)
        console.error(`${process.stderr.isTTY ? '\r' : ''}seed ${seed}  ${first.invariant}  ${first.detail}`);
      for (const [invariant, example] of new Map(counted.map((each) => [each.invariant, each.detail]))) {
        const entry = broken.get(invariant) ?? { seeds: [], example };
        entry.seeds.push(seed);
        broken.set(invariant, entry);
      }
      if (process.stderr.isTTY) process.stderr.write(`\r${progress()}`);
      else if (done % 1_000 === 0) console.error(progress());
      return true;
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  console.log(`${progress()}, ${writes} writes`);
  for (const [invariant, { seeds, example }] of broken) {
    const some = seeds.length > MOST_SHOWN ? `${seeds.slice(0, MOST_SHOWN).join(' ')} …` : seeds.join(' ');
    console.log(`${invariant}: ${seeds.length} seeds (${some}), e.g. ${example}`);
  }
  process.exitCode = failed > 0 ? 1 : 0;
}

/** How many seeds it takes until each mutation is caught, as the mean of several starts. */
async function runMutations(): Promise<void> {
  let missed = 0;
  for (const { name } of MUTATIONS) {
    const caught: SeedReport[] = [];
    let run = 0;
    await runSeedsOnWorkers(settingsOf(name), {
      from: options.from,
      to: options.from + options.seeds,
      workers: options.workers,
      chunk: 5,
      onReport: (report) => {
        run += 1;
        if (report.violations.some(isCounted)) caught.push(report);
        return true;
      },
    });
    if (caught.length === 0) missed += 1;
    console.log(describeCatch(name, run, caught));
  }
  process.exitCode = missed > 0 ? 1 : 0;
}

function describeCatch(name: string, run: number, caught: readonly SeedReport[]): string {
  if (caught.length === 0) return `${name}: not caught in ${run} seeds`;
  const first = caught.reduce((a, b) => (a.seed < b.seed ? a : b));
  const by = new Set(
    caught.flatMap(({ violations }) => violations.filter(isCounted).map(({ invariant }) => invariant)),
  );
  const mean = (run / caught.length).toFixed(1);
  return `${name}: 1 in ${mean} seeds (${caught.length} of ${run}), first ${first.seed}, by ${[...by].join(', ')}`;
}

function settingsOf(mutation: string | undefined): WorkerSettings {
  const {
    mode,
    archives,
    lifecycle,
    deletions,
    associations,
    identities,
    renames = false,
    archivedNames = false,
  } = options;
  const parts = { archives, lifecycle, deletions, associations, identities, renames, archivedNames };
  return { mode, ...parts, ...(mutation !== undefined && { mutation }) };
}
