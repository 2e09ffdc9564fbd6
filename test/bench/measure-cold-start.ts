import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { BenchResult, BenchSuite } from './bench-suite.ts';
import { fixed, renderTable, verdict } from './render-table.ts';
import { median, medianRatio } from './statistics.ts';

const ROUNDS = 7;
const GOAL = 1.15;

/** A bundle that is imported in a fresh process. */
interface Candidate {
  readonly label: string;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Time that a fresh process takes to import each function's bundle until its handler is there, against a bare handler with
 * the same SDK clients. A function and its bare handler follow one another in every round.
 */
export const measureColdStart: BenchSuite = async (stage): Promise<BenchResult> => {
  const numbers = [];
  for (const { name, clients } of stage.relay.values()) {
    const relay = { label: name, variables: stage.variablesOf(name) };
    const bare = { label: clients, variables: stage.bareVariablesOf(clients, name) };
    numbers.push({ name, clients, ...(await compare(relay, bare, stage.output)) });
  }
  const rows = numbers.map((each) => [
    each.name,
    fixed(each.wallMs, 0),
    fixed(each.bareWallMs, 0),
    fixed(each.ratio),
    fixed(each.cpuRatio),
    `<= ${fixed(GOAL)}`,
    verdict(each.ratio <= GOAL),
    each.clients,
  ]);
  const head = ['import of', 'ms', 'bare ms', 'ratio', 'CPU ratio', 'goal', '', 'clients'];
  return { title: `Cold start (median of ${ROUNDS})`, lines: renderTable(head, rows), numbers };
};

async function compare(relay: Candidate, bare: Candidate, output: number) {
  // The first import of a file reads it from the disk; every later one finds it in memory.
  await importOnce(relay, output);
  await importOnce(bare, output);
  const pairs = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    pairs.push([await importOnce(relay, output), await importOnce(bare, output)] as const);
  }
  return {
    wallMs: median(pairs.map(([own]) => own.wallMs)),
    bareWallMs: median(pairs.map(([, other]) => other.wallMs)),
    ratio: medianRatio(pairs.map(([own, other]) => [own.wallMs, other.wallMs])),
    cpuRatio: medianRatio(pairs.map(([own, other]) => [own.cpuMs, other.cpuMs])),
  };
}

const report = z.object({ isFunction: z.literal(true), wallMs: z.number(), cpuMs: z.number() });

async function importOnce({ label, variables }: Candidate, output: number): Promise<z.infer<typeof report>> {
  const child = fork(fileURLToPath(new URL('./import-once.mjs', import.meta.url)), [], {
    env: { ...variables },
    execArgv: [],
    stdio: ['ignore', output, output, 'ipc'],
  });
  const exited = once(child, 'exit');
  const [message] = await Promise.race([once(child, 'message'), exited.then(() => [undefined])]);
  await exited;
  const parsed = report.safeParse(message);
  if (!parsed.success) throw new Error(`the bundle of ${label} has no handler or cannot be imported`);
  return parsed.data;
}
