import * as z from 'zod/mini';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { mapConcurrently } from '../../../lib/runtime/map-concurrently.ts';
import { milliseconds, minutes } from '../../../lib/runtime/units.ts';
import { readSample } from './read-sample.ts';
import { type DemoFacts, renderReport } from './render-report.ts';
import { type SampleRequest, sampleRequests } from './sample-requests.ts';

export interface Demo {
  /** The relay's front door. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Where the simulator counts calls; absent when HubSpot is somebody else's. */
  readonly simulatorUrl?: string;
  readonly out: (line: string) => void;
}

const CONCURRENT_REQUESTS = 25;
const PATIENCE = minutes(3);

const Operation = z.object({
  id: z.string(),
  status: z.string(),
  counts: z.object({
    total: z.number(),
    pending: z.number(),
    delivered: z.number(),
    superseded: z.number(),
    rejected: z.number(),
  }),
  errors: z.optional(z.array(z.object({ category: z.string(), message: z.string() }))),
});
type Operation = z.infer<typeof Operation>;
const Refusal = z.object({ category: z.optional(z.string()), message: z.string() });
const Stats = z.object({ calls: z.number(), records: z.number() });

/** What the front door answered to one request. */
type Reception =
  | { readonly kind: 'accepted'; readonly operation: Operation; readonly contacts: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly contacts: number };

/**
 * Sends the sample contacts through the front door as several services would, waits until each is accounted for, and
 * prints what happened. Updates are sent once the contacts they change are there.
 */
export async function runDemo(demo: Demo): Promise<void> {
  const requests = sampleRequests(readSample());
  demo.out(`Sending 1,000 sample contacts to ${demo.baseUrl} in ${requests.length} requests …`);
  const before = await readStats(demo);
  const startedAt = systemClock.now();
  const receptions: Reception[] = [];
  const operations: Operation[] = [];
  for (const wave of [requests.filter(isNew), requests.filter((request) => !isNew(request))]) {
    const received = await mapConcurrently(wave, CONCURRENT_REQUESTS, (request) => send(request, demo));
    receptions.push(...received);
    const accepted = received.flatMap((each) => (each.kind === 'accepted' ? [each.operation] : []));
    operations.push(...(await mapConcurrently(accepted, CONCURRENT_REQUESTS, (each) => follow(each, demo))));
  }
  const elapsed = milliseconds(systemClock.now() - startedAt);
  const after = await readStats(demo);
  const facts = collectFacts(receptions, operations, requests.length, elapsed);
  const calls = before && after && { total: after.calls - before.calls, records: after.records - before.records };
  for (const line of renderReport({ ...facts, ...(calls && { calls }) }, demo)) demo.out(line);
}

const isNew = ({ method }: SampleRequest): boolean => method === 'POST';

async function send(request: SampleRequest, { baseUrl, apiKey }: Demo): Promise<Reception> {
  const response = await fetch(`${baseUrl}${request.path}`, {
    method: request.method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(request.body),
  });
  const body: unknown = await response.json();
  const { contacts } = request;
  if (response.status === 202) return { kind: 'accepted', operation: Operation.parse(body), contacts };
  const refusal = Refusal.safeParse(body);
  const reason = refusal.success ? refusal.data.message : `the relay answered ${response.status}`;
  return { kind: 'refused', reason: `${response.status} ${reason}`, contacts };
}

/** Asks after an operation until it is complete, or patience ends: then it is reported as it stands. */
async function follow(operation: Operation, { baseUrl, apiKey }: Demo): Promise<Operation> {
  const giveUpAt = systemClock.now() + PATIENCE;
  let current = operation;
  for (
    let wait = 200;
    current.status !== 'COMPLETE' && systemClock.now() < giveUpAt;
    wait = Math.min(wait * 1.5, 1_000)
  ) {
    await systemClock.sleep(milliseconds(wait));
    const response = await fetch(`${baseUrl}/operations/${operation.id}`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    if (response.ok) current = Operation.parse(await response.json());
    else await response.body?.cancel();
  }
  return current;
}

async function readStats({ simulatorUrl }: Demo): Promise<z.infer<typeof Stats> | undefined> {
  if (simulatorUrl === undefined) return undefined;
  const response = await fetch(`${simulatorUrl}/_simulator/stats`);
  return Stats.parse(await response.json());
}

function collectFacts(
  receptions: readonly Reception[],
  operations: readonly Operation[],
  requests: number,
  elapsed: DemoFacts['elapsed'],
): Omit<DemoFacts, 'calls'> {
  const refusedAtTheDoor = receptions.flatMap((each) => (each.kind === 'refused' ? [each] : []));
  const sum = (count: (counts: Operation['counts']) => number) =>
    operations.reduce((total, { counts }) => total + count(counts), 0);
  const reasons = [
    ...refusedAtTheDoor.map(({ reason }) => `at the door: ${reason}`),
    ...operations.flatMap(({ errors }) => (errors ?? []).map(({ category, message }) => `${category}: ${message}`)),
  ];
  return {
    requests,
    contacts: receptions.reduce((total, { contacts }) => total + contacts, 0),
    accepted: sum(({ total }) => total),
    delivered: sum(({ delivered }) => delivered),
    superseded: sum(({ superseded }) => superseded),
    rejected: sum(({ rejected }) => rejected),
    pending: sum(({ pending }) => pending),
    refused: refusedAtTheDoor.reduce((total, { contacts }) => total + contacts, 0),
    reasons,
    elapsed,
    ...(operations[0] !== undefined && { exampleOperation: operations[0].id }),
  };
}
