import { Command, InvalidArgumentError } from 'commander';
import { runChaos } from './run-chaos.ts';

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted');
  return Number(text);
};

/** One loss makes many sentences; the first ones tell what kind it is. */
const MOST_FAULTS = 20;

const { runs, from } = new Command('chaos')
  .description(
    'Kills functions and the whole relay while writes are accepted, and checks that each arrived once, in order.',
  )
  .option('--runs <number>', 'run so many seeds', wholeNumber, 1)
  .option('--from <number>', 'the first of them', wholeNumber, 1)
  .parse()
  .opts<{ readonly runs: number; readonly from: number }>();

for (let seed = from; seed < from + runs; seed += 1) {
  const { faults, ...figures } = await runChaos(seed);
  const told = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value)}`);
  console.log(`seed ${seed}: ${faults.length === 0 ? 'all arrived' : `${faults.length} faults`}; ${told.join(', ')}`);
  for (const fault of faults.slice(0, MOST_FAULTS)) console.log(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
