import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { localClient } from '../../infra/local/aws/local-client.ts';
import { type RunningRelay, startRelay } from '../../infra/local/run-relay.ts';
import { defaultSettings } from '../../infra/settings.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { milliseconds, minutes } from '../../lib/runtime/units.ts';
import { type HeldContact, mixOf, upsertsOf } from './bench-contacts.ts';
import type { BenchOperation } from './bench-operation.ts';
import type { BenchResult } from './bench-suite.ts';
import { expectDelivered, sendAsBacklog, sendThroughDoor } from './drain-load.ts';
import { fixed, renderTable, verdict } from './render-table.ts';
import { type SimulatorStatistics, simulatorControl } from './simulator-control.ts';

const PATIENCE = minutes(2);
const BETWEEN_LOOKS = milliseconds(100);
/** Operations of each load that are asked after when all is done. */
const SAMPLED_OPERATIONS = 50;

/** Writes that are sent, and what is expected of their delivery. */
interface Load {
  readonly label: string;
  readonly recordsPerCall: number;
  readonly send: typeof sendAsBacklog;
  /** `held` are contacts that HubSpot has by then; nobody else writes to them. */
  readonly operations: (held: readonly HeldContact[]) => readonly BenchOperation[];
}

const LOADS: readonly Load[] = [
  {
    label: '10,000 upserts through the door, 100 a request',
    recordsPerCall: 99,
    send: sendThroughDoor,
    operations: () => upsertsOf('hundreds', 10_000, 100),
  },
  {
    label: '10,000 upserts as backlog, one a message',
    recordsPerCall: 99,
    send: sendAsBacklog,
    operations: () => upsertsOf('singles', 10_000, 1),
  },
  {
    label: '8,000 of all verbs as backlog, 20 a message',
    recordsPerCall: 97,
    send: sendAsBacklog,
    operations: (held) => mixOf('twenties', 8_000, 20, held.slice(0, 4_800)),
  },
  {
    label: '5,000 of all verbs as backlog, one a message',
    recordsPerCall: 97,
    send: sendAsBacklog,
    operations: (held) => mixOf('ones', 5_000, 1, held.slice(4_800)),
  },
];

/** Records per call and calls while loads drain through the whole stack, at HubSpot's default limit. */
export async function measureDrain(): Promise<BenchResult> {
  const relay = await startRelay();
  try {
    const numbers: Drained[] = [];
    for (const load of LOADS) numbers.push(await drain(load, relay));
    const limit = `the limit is ${defaultSettings.hubspotCallsPer10Seconds} calls in 10 s`;
    return { title: `Draining through the whole stack (${limit})`, lines: render(numbers), numbers };
  } finally {
    await relay.stop();
  }
}

interface Drained {
  readonly label: string;
  readonly records: number;
  readonly calls: number;
  readonly recordsPerCall: number;
  readonly goal: number;
  readonly rateLimited: number;
  readonly peakCallsPer10Seconds: number;
  readonly violations: SimulatorStatistics['violations'];
  readonly byRoute: SimulatorStatistics['recordsByRoute'];
  /** From the first message that could be received, or the first request, to the last call. */
  readonly seconds: number;
  /** From the first call to the last one. */
  readonly callingSeconds: number;
  /** What all records would take in full calls at the limit. */
  readonly idealSeconds: number;
}

/** Sends a load, waits until all of it is delivered, and says what HubSpot saw; `limit` is its calls in 10 s. */
export async function drain(
  load: Load,
  relay: RunningRelay,
  limit = defaultSettings.hubspotCallsPer10Seconds,
): Promise<Drained> {
  const simulator = simulatorControl(relay.simulatorUrl ?? '');
  const operations = load.operations(await heldContacts(simulator));
  const sent = operations.reduce((sum, { writes }) => sum + writes.length, 0);
  await simulator.forgetStatistics();
  const { operationIds, startedAt } = await load.send(relay, operations);
  await untilDrained(relay).catch((error: unknown) => {
    throw new Error(`${load.label}: ${String(error)}`);
  });
  const statistics = await simulator.statistics();
  await expectDelivered(relay, operationIds.slice(-SAMPLED_OPERATIONS));
  const records = writtenRecords(statistics);
  if (records < sent) throw new Error(`${load.label}: only ${records} of ${sent} records reached HubSpot`);
  const lastCallAt = Date.parse(statistics.lastCallAt ?? '');
  return {
    label: load.label,
    records,
    calls: statistics.calls,
    recordsPerCall: records / statistics.calls,
    goal: load.recordsPerCall,
    rateLimited: statistics.rateLimited,
    peakCallsPer10Seconds: statistics.peakCallsPer10Seconds,
    violations: statistics.violations,
    byRoute: statistics.recordsByRoute,
    seconds: (lastCallAt - startedAt) / 1_000,
    callingSeconds: (lastCallAt - Date.parse(statistics.firstCallAt ?? '')) / 1_000,
    idealSeconds: sent / 100 / (limit / 10),
  };
}

async function heldContacts(simulator: ReturnType<typeof simulatorControl>): Promise<HeldContact[]> {
  const { results } = await simulator.contacts(10_000);
  return results.map(({ id, properties }) => ({ id, email: properties.email ?? '' }));
}

/** Reading is no delivery: calls that read count, what they read does not. */
const writtenRecords = ({ recordsByRoute }: SimulatorStatistics): number =>
  Object.entries(recordsByRoute)
    .filter(([route]) => !route.startsWith('GET ') && !route.endsWith('/batch/read'))
    .reduce((sum, [, { records }]) => sum + records, 0);

/** Resolves when no message waits, is delayed or is in flight. */
async function untilDrained(relay: RunningRelay): Promise<void> {
  const client = new SQSClient(localClient(relay.endpoints.sqs));
  const QueueUrl = relay.queueUrl('QueuesWrites');
  const giveUpAt = systemClock.now() + PATIENCE;
  try {
    for (;;) {
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
      const { Attributes = {} } = await client.send(command);
      const counts = Object.entries(Attributes).filter(([name]) => name.startsWith('ApproximateNumberOfMessages'));
      if (counts.every(([, count]) => count === '0')) return;
      if (systemClock.now() > giveUpAt) throw new Error(`the queue did not drain in time: ${JSON.stringify(counts)}`);
      await systemClock.sleep(BETWEEN_LOOKS);
    }
  } finally {
    client.destroy();
  }
}

function render(loads: readonly Drained[]): string[] {
  const rows = loads.map((load) => [
    load.label,
    String(load.calls),
    fixed(load.recordsPerCall, 1),
    `>= ${load.goal}`,
    verdict(load.recordsPerCall >= load.goal),
    String(load.rateLimited),
    String(load.peakCallsPer10Seconds),
    fixed(load.seconds, 1),
    fixed(load.callingSeconds, 1),
    fixed(load.idealSeconds, 1),
  ]);
  const head = ['load', 'calls', 'records/call', 'goal', '', '429s', 'peak/10 s', 'all s', 'calling s', 'ideal s'];
  return renderTable(head, rows);
}
