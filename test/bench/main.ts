/** `npm run bench`: what the relay costs, on this machine, against the least that it could cost. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { systemClock } from '../../lib/runtime/clock.ts';
import { openStage } from './bench-stage.ts';
import type { BenchResult, BenchSuite } from './bench-suite.ts';
import { describeMachine } from './machine.ts';
import { measureAccept } from './measure-accept.ts';
import { measureBundles } from './measure-bundles.ts';
import { measureColdStart } from './measure-cold-start.ts';
import { measureConsumer } from './measure-consumer.ts';
import { measureDrain } from './measure-drain.ts';
import { measureLimitUse } from './measure-limit-use.ts';
import { fixed } from './render-table.ts';

/** In the order in which they run. */
const suites: Readonly<Record<string, BenchSuite>> = {
  bundles: measureBundles,
  'cold-start': measureColdStart,
  accept: measureAccept,
  consumer: measureConsumer,
};
/** These bring relays of their own, and run when everything else is stopped. */
const ownRelay: Readonly<Record<string, () => Promise<BenchResult>>> = {
  drain: measureDrain,
  'limit-use': measureLimitUse,
};
const names = [...Object.keys(suites), ...Object.keys(ownRelay)];

const command = new Command('bench')
  .description(`Measures the relay on this machine. Suites: ${names.join(', ')}; all of them by default.`)
  .argument('[suites...]', 'what to measure')
  .option('--json <file>', 'write the numbers there too')
  .option('--profile', 'say where the CPU time of accept and consumer goes', false)
  .parse();
const { json, profile } = command.opts<{ json?: string; profile: boolean }>();
const chosen = new Set(command.args.length === 0 ? names : command.args);
const unknown = [...chosen].filter((name) => !names.includes(name));
if (unknown.length > 0) command.error(`there is no suite ${unknown.join(', ')}; there are ${names.join(', ')}`);

const out = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const machine = describeMachine();
const numbers: Record<string, unknown> = {};

out(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}`);
const startedAt = systemClock.now();
await runOnStage(Object.entries(suites).filter(([name]) => chosen.has(name)));
for (const [name, measure] of Object.entries(ownRelay)) if (chosen.has(name)) report(name, await measure());
out(`\n${fixed((systemClock.now() - startedAt) / 1_000, 0)} s in all.`);
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, ...numbers }, null, 2)}\n`);

async function runOnStage(entries: readonly (readonly [string, BenchSuite])[]): Promise<void> {
  if (entries.length === 0) return;
  const stage = await openStage();
  try {
    for (const [name, suite] of entries) report(name, await suite(stage, { profile }));
  } finally {
    await stage.close();
  }
}

function report(name: string, result: BenchResult): void {
  numbers[name] = result.numbers;
  out(`\n${result.title}\n`);
  for (const line of result.lines) out(line);
}
