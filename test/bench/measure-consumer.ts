import { z } from 'zod';
import { type Acceptor, createAcceptor } from './bench-operation.ts';
import type { BenchStage } from './bench-stage.ts';
import type { BenchResult, BenchSuite } from './bench-suite.ts';
import { type BatchShape, queuedBatches } from './queued-batches.ts';
import { renderProfile } from './render-profile.ts';
import { fixed, renderTable, verdict } from './render-table.ts';
import { simulatorControl } from './simulator-control.ts';
import { type RunReport, startWorker, type Worker } from './start-worker.ts';
import { median, medianRatio } from './statistics.ts';

const FUNCTION = 'deliver-writes';
const BARE_CLIENTS = 'dynamodb-secrets-manager-sqs';
const ROUNDS = 5;
const GOAL_MS = 0.5;
/** What a record may cost in a batch of 1,000 messages, against one of 100, for the cost to count as flat. */
const FLAT = 1.15;

/** A kind of batch; small ones are delivered several at a time, so that a run is long enough to be measured. */
interface Shape extends BatchShape {
  readonly batches: number;
}
const TEN: Shape = { messages: 10, writesPerMessage: 1, batches: 10 };
const HUNDRED: Shape = { messages: 100, writesPerMessage: 1, batches: 4 };
const THOUSAND: Shape = { messages: 1_000, writesPerMessage: 1, batches: 1 };
const FULL_MESSAGES: Shape = { messages: 10, writesPerMessage: 100, batches: 1 };
const SHAPES = [TEN, HUNDRED, THOUSAND, FULL_MESSAGES];

interface Workers {
  readonly relay: Worker;
  readonly bare: Worker;
}

/**
 * CPU time of the consumer for each record that it delivers, by size of its batch: fresh contacts, upserted. The bare handler gets
 * the same batches and does one UpdateItem a message: what keeping outcomes costs by itself.
 */
export const measureConsumer: BenchSuite = async (stage, { profile }): Promise<BenchResult> => {
  const variables = stage.variablesOf(FUNCTION);
  const relay = startWorker(variables, stage.output);
  const bare = startWorker(stage.bareVariablesOf(BARE_CLIENTS, FUNCTION), stage.output);
  const acceptor = createAcceptor(stage.dynamoDbUrl, variables['OPERATIONS_TABLE'] ?? '');
  try {
    const numbers = summarise(await measureRounds({ relay, bare }, acceptor, stage));
    const directory = variables['LAMBDA_TASK_ROOT'] ?? '';
    const operations = await countOperations(relay, acceptor);
    const profiles = profile ? await profileOf(relay, acceptor, directory) : [];
    const title = 'CPU time of the consumer per delivered record';
    const lines = [...render(numbers), '', ...renderOperations(operations), ...profiles];
    return { title, lines, numbers: { ...numbers, operations } };
  } finally {
    await Promise.all([relay.stop(), bare.stop()]);
    acceptor.close();
  }
};

/** CPU milliseconds per record. */
interface Cost {
  readonly relay: number;
  readonly bare: number;
}
type Round = ReadonlyMap<Shape, Cost>;

/** Runs all shapes in turns. The first round warms up and does not count. */
async function measureRounds(workers: Workers, acceptor: Acceptor, stage: BenchStage): Promise<readonly Round[]> {
  const simulator = simulatorControl(stage.simulatorUrl);
  await simulator.forgetStatistics();
  const rounds: Round[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const costs = new Map<Shape, Cost>();
    for (const [number, shape] of SHAPES.entries()) {
      costs.set(shape, await deliver(workers, acceptor, `round-${round}-${number}`, shape));
    }
    rounds.push(costs);
  }
  const wanted = rounds.length * SHAPES.reduce((sum, shape) => sum + recordsOf(shape), 0);
  const { records } = await simulator.statistics();
  if (records !== wanted) throw new Error(`${wanted} records should have reached the simulator, not ${records}`);
  return rounds.slice(1);
}

async function deliver({ relay, bare }: Workers, acceptor: Acceptor, tag: string, shape: Shape): Promise<Cost> {
  const events = await queuedBatches(acceptor, tag, shape, shape.batches);
  const records = recordsOf(shape);
  return { relay: checked(await relay.run(events)) / records, bare: checked(await bare.run(events)) / records };
}

const recordsOf = ({ messages, writesPerMessage, batches }: Shape): number => messages * writesPerMessage * batches;

const answers = z.array(z.object({ batchItemFailures: z.array(z.unknown()).length(0) }));

function checked({ results, cpuMs }: RunReport): number {
  answers.parse(results);
  return cpuMs;
}

/** Requests a record: to HubSpot, and to DynamoDB and SQS by operation. What Lambda itself does with SQS is not among them. */
interface OperationCount {
  readonly label: string;
  readonly perRecord: Readonly<Record<string, number>>;
}

/** Counts for contacts that the relay does not know, and for the same ones again. */
async function countOperations(relay: Worker, acceptor: Acceptor): Promise<readonly OperationCount[]> {
  const counts: OperationCount[] = [];
  for (const shape of [THOUSAND, FULL_MESSAGES]) {
    for (const known of ['new', 'known']) {
      const sent = await relay.count(await queuedBatches(acceptor, `count-${shape.messages}`, shape, 1));
      const perRecord = Object.fromEntries(Object.entries(sent).map(([name, n]) => [name, n / recordsOf(shape)]));
      counts.push({ label: `${labelOf(shape)}, ${known} contacts`, perRecord });
    }
  }
  return counts;
}

function renderOperations(counts: readonly OperationCount[]): string[] {
  const names = [...new Set(counts.flatMap(({ perRecord }) => Object.keys(perRecord)))].sort();
  const rows = counts.map(({ label, perRecord }) => [label, ...names.map((name) => fixed(perRecord[name] ?? 0, 3))]);
  return ['  Requests of the consumer per record:', '', ...renderTable(['batch', ...names], rows)];
}

const labelOf = ({ messages, writesPerMessage }: BatchShape): string =>
  `${messages.toLocaleString('en')} messages of ${writesPerMessage}`;

async function profileOf(worker: Worker, acceptor: Acceptor, directory: string): Promise<string[]> {
  const batches = 5;
  const profile = await worker.profile(await queuedBatches(acceptor, 'profile', THOUSAND, batches));
  return renderProfile(profile, directory, { count: THOUSAND.messages * batches, unit: 'record' });
}

type Summary = ReturnType<typeof summarise>;

function summarise(rounds: readonly Round[]) {
  const costs = (shape: Shape): Cost[] => rounds.flatMap((round) => round.get(shape) ?? []);
  const shapes = SHAPES.map((shape) => ({
    messages: shape.messages,
    writesPerMessage: shape.writesPerMessage,
    cpuMs: median(costs(shape).map(({ relay }) => relay)),
    bareCpuMs: median(costs(shape).map(({ bare }) => bare)),
    ratio: medianRatio(costs(shape).map(({ relay, bare }) => [relay, bare])),
  }));
  const growth = rounds.flatMap((round) => {
    const [large, small] = [round.get(THOUSAND), round.get(HUNDRED)];
    return large === undefined || small === undefined ? [] : [[large.relay, small.relay] as const];
  });
  return { shapes, goalMs: GOAL_MS, growth: medianRatio(growth), growthGoal: FLAT };
}

function render({ shapes, growth }: Summary): string[] {
  const rows = shapes.map(({ cpuMs, bareCpuMs, ratio, ...shape }) => [
    labelOf(shape),
    fixed(cpuMs, 3),
    `< ${fixed(GOAL_MS, 1)}`,
    verdict(cpuMs < GOAL_MS),
    fixed(bareCpuMs, 3),
    fixed(ratio),
  ]);
  return [
    ...renderTable(['batch', 'CPU ms', 'goal', '', 'one UpdateItem a message', 'ratio'], rows),
    '',
    `  1,000 messages against 100: ${fixed(growth)} (goal <= ${fixed(FLAT)}: ${verdict(growth <= FLAT)})`,
  ];
}
