import { z } from 'zod';
import type { BenchResult, BenchSuite } from './bench-suite.ts';
import { createRequestEvent } from './create-request.ts';
import { renderProfile } from './render-profile.ts';
import { fixed, renderTable, verdict } from './render-table.ts';
import { startWorker, type Worker } from './start-worker.ts';
import { median, medianRatio } from './statistics.ts';

const RELAY_FUNCTION = 'create-contacts';
const BARE_CLIENTS = 'dynamodb-sqs';
const WARM_UP_REQUESTS = 600;
const REQUESTS_PER_ROUND = 200;
const ROUNDS = 15;
const GOAL = 1.2;

/**
 * CPU time of one accepted create, against a handler that does one PutItem and one SendMessage. Both take the same events in
 * turns, so that what else the machine does weighs on both.
 */
export const measureAccept: BenchSuite = async (stage, { profile }): Promise<BenchResult> => {
  const relay = startWorker(stage.variablesOf(RELAY_FUNCTION), stage.output);
  const bare = startWorker(stage.bareVariablesOf(BARE_CLIENTS, RELAY_FUNCTION), stage.output);
  try {
    await accept(relay, 'warm-relay', WARM_UP_REQUESTS);
    await accept(bare, 'warm-bare', WARM_UP_REQUESTS);
    const pairs: (readonly [number, number])[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      pairs.push([await accept(relay, `relay-${round}`), await accept(bare, `bare-${round}`)]);
    }
    const numbers = {
      relayCpuMs: median(pairs.map(([cpuMs]) => cpuMs)),
      bareCpuMs: median(pairs.map(([, cpuMs]) => cpuMs)),
      ratio: medianRatio(pairs),
      goal: GOAL,
      rounds: pairs.map(([relayCpuMs, bareCpuMs]) => ({ relayCpuMs, bareCpuMs })),
    };
    const profiles = profile
      ? [
          ...(await profileOf(relay, stage.relay.get(RELAY_FUNCTION)?.definition.directory ?? '')),
          ...(await profileOf(bare, stage.bare.get(BARE_CLIENTS)?.definition.directory ?? '')),
        ]
      : [];
    return { title: 'CPU time of one accepted request', lines: [...render(numbers), ...profiles], numbers };
  } finally {
    await Promise.all([relay.stop(), bare.stop()]);
  }
};

const answers = z.array(z.looseObject({ statusCode: z.literal(202) }));

/** CPU milliseconds per request. */
async function accept(worker: Worker, tag: string, requests = REQUESTS_PER_ROUND): Promise<number> {
  const { results, cpuMs } = await worker.run(requestEvents(tag, requests));
  return cpuMs / answers.parse(results).length;
}

const requestEvents = (tag: string, count: number): unknown[] =>
  Array.from({ length: count }, (_, number) => createRequestEvent(tag, number));

async function profileOf(worker: Worker, directory: string): Promise<string[]> {
  const requests = 2_000;
  const profile = await worker.profile(requestEvents('profile', requests));
  return renderProfile(profile, directory, { count: requests, unit: 'request' });
}

function render({ relayCpuMs, bareCpuMs, ratio }: { relayCpuMs: number; bareCpuMs: number; ratio: number }): string[] {
  return renderTable(
    ['handler', 'CPU ms', 'ratio', 'goal', ''],
    [
      ['create-contacts', fixed(relayCpuMs, 3), fixed(ratio), `<= ${fixed(GOAL)}`, verdict(ratio <= GOAL)],
      ['one PutItem, one SendMessage', fixed(bareCpuMs, 3), fixed(1), '', ''],
    ],
  );
}
