import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { localClient } from '../../infra/local/aws/local-client.ts';
import { defaultApiKey, type RunningRelay } from '../../infra/local/run-relay.ts';
import { createSqsWriteQueue } from '../../lib/operations/sqs-write-queue.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { mapConcurrently } from '../../lib/runtime/map-concurrently.ts';
import { after, type EpochMs, seconds } from '../../lib/runtime/units.ts';
import { type BenchOperation, createAcceptor } from './bench-operation.ts';

/** Operations that were accepted. */
export interface SentLoad {
  readonly operationIds: readonly string[];
  /** When the first of their messages could be received. */
  readonly startedAt: EpochMs;
}

const CONCURRENT_REQUESTS = 20;
/** Until then all messages of a backlog are on the queue, and none can be received. */
const BACKLOG_DELAY = seconds(8);

const headers = { authorization: `Bearer ${defaultApiKey}`, 'content-type': 'application/json' };
const operation = z.looseObject({
  id: z.string(),
  status: z.string(),
  counts: z.looseObject({ total: z.number(), delivered: z.number() }),
});

/** Sends operations as requests to the front door, while the consumers are at work already. */
export async function sendThroughDoor(relay: RunningRelay, operations: readonly BenchOperation[]): Promise<SentLoad> {
  const startedAt = systemClock.now();
  const send = async ({ verb, writes }: BenchOperation): Promise<string> => {
    const url = `${relay.url}/crm/v3/objects/contacts/batch/${verb}`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ inputs: writes }) });
    if (answer.status !== 202) throw new Error(`batch/${verb} was answered ${answer.status}: ${await answer.text()}`);
    return operation.parse(await answer.json()).id;
  };
  return { operationIds: await mapConcurrently(operations, CONCURRENT_REQUESTS, send), startedAt };
}

/** Puts operations on the queue such that all of them are there before a consumer sees the first: a backlog. */
export async function sendAsBacklog(relay: RunningRelay, operations: readonly BenchOperation[]): Promise<SentLoad> {
  const acceptor = createAcceptor(relay.endpoints.dynamodb, relay.tableName('Operations'));
  const client = new SQSClient(localClient(relay.endpoints.sqs));
  try {
    const messages = await acceptor.accept(operations);
    const queue = createSqsWriteQueue({ client, clock: systemClock, queueUrl: relay.queueUrl('QueuesWrites') });
    const sentAt = systemClock.now();
    const lost = await queue.send(messages.map((message) => ({ message, delay: BACKLOG_DELAY })));
    if (lost.length > 0) throw new Error(`${lost.length} messages of the backlog were not sent`);
    const operationIds = messages.map(({ operationId }) => operationId);
    return { operationIds, startedAt: after(sentAt, BACKLOG_DELAY) };
  } finally {
    acceptor.close();
    client.destroy();
  }
}

/** Asks the relay after operations; throws when one is not complete, or has a write that was not delivered. */
export async function expectDelivered(relay: RunningRelay, operationIds: readonly string[]): Promise<void> {
  await mapConcurrently(operationIds, CONCURRENT_REQUESTS, async (id) => {
    const answer = await fetch(`${relay.url}/operations/${id}`, { headers });
    const { status, counts } = operation.parse(await answer.json());
    if (status !== 'COMPLETE' || counts.delivered !== counts.total) {
      throw new Error(`operation ${id} is ${status} with ${counts.delivered} of ${counts.total} delivered`);
    }
  });
}
