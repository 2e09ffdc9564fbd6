import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { seconds } from '../../../lib/runtime/units.ts';
import { localClient } from '../aws/local-client.ts';
import type { FunctionPool } from '../lambda/function-pool.ts';
import { chosenForDeletion } from './chosen-for-deletion.ts';
import type { EventSourceMapping } from './event-source-mapping.ts';
import { gatherBatch, type Receive } from './gather-batch.ts';
import { toSqsRecord } from './sqs-record.ts';

/** What a poller needs to know. */
export interface QueuePollerOptions {
  readonly mapping: EventSourceMapping;
  readonly queueUrl: string;
  readonly endpoint: string;
  readonly region: string;
  readonly pool: FunctionPool;
  /** Is told of an invocation that failed or of a queue that did not answer, in one line. */
  readonly report: (line: string) => void;
}

/** Messages of one queue on their way to one function. */
export interface QueuePoller {
  /** Starts no further invocation; resolves when those that run have ended and their messages are settled. */
  stop(): Promise<void>;
}

/** Runs an event source mapping: `maximumConcurrency` loops of gather, invoke, delete. */
export function startQueuePoller(options: QueuePollerOptions): QueuePoller {
  const client = new SQSClient({ ...localClient(options.endpoint), maxAttempts: 1 });
  const stopping = new AbortController();
  const loops = Array.from({ length: options.mapping.maximumConcurrency }, () =>
    poll(options, client, stopping.signal),
  );
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
      client.destroy();
    },
  };
}

async function poll(options: QueuePollerOptions, client: SQSClient, signal: AbortSignal): Promise<void> {
  const receive = receiveFrom(options, client, signal);
  let carried: readonly SQSRecord[] = [];
  while (!signal.aborted) {
    try {
      const { batch, rest } = await gatherBatch(options.mapping, receive, systemClock, signal, carried);
      carried = rest;
      if (signal.aborted) carried = [...batch, ...rest];
      else if (batch.length > 0) await runBatch(options, client, batch);
    } catch (error) {
      if (signal.aborted) break;
      options.report(`the queue ${options.mapping.queueArn} did not answer: ${String(error)}`);
      await systemClock.sleep(seconds(1), signal).catch(() => undefined);
    }
  }
  await giveBack(options.queueUrl, client, carried).catch(() => undefined);
}

function receiveFrom(options: QueuePollerOptions, client: SQSClient, signal: AbortSignal): Receive {
  return async (count, waitSeconds) => {
    const command = new ReceiveMessageCommand({
      QueueUrl: options.queueUrl,
      MaxNumberOfMessages: count,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    // Only a long poll is cut short: a short one may already hold messages, which would then stay invisible.
    const { Messages = [] } = await client.send(command, waitSeconds > 0 ? { abortSignal: signal } : {});
    return Messages.map((message) => toSqsRecord(message, options.mapping.queueArn, options.region));
  };
}

async function runBatch(options: QueuePollerOptions, client: SQSClient, batch: readonly SQSRecord[]): Promise<void> {
  const result = await options.pool.invoke({ Records: batch });
  if (result.kind !== 'returned') options.report(`${options.mapping.functionArn} failed: ${result.reason}`);
  const ids = batch.map((record) => record.messageId);
  const chosen = new Set(chosenForDeletion(ids, result, options.mapping.reportsItemFailures));
  const done = batch.filter((record) => chosen.has(record.messageId));
  await inTens(done, (entries) =>
    client.send(new DeleteMessageBatchCommand({ QueueUrl: options.queueUrl, Entries: entries })),
  );
}

/** Makes messages that no invocation got visible again, so that they need not wait out their visibility timeout. */
async function giveBack(queueUrl: string, client: SQSClient, records: readonly SQSRecord[]): Promise<void> {
  await inTens(records, (entries) =>
    client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: entries.map((entry) => ({ ...entry, VisibilityTimeout: 0 })),
      }),
    ),
  );
}

async function inTens(
  records: readonly SQSRecord[],
  send: (entries: { Id: string; ReceiptHandle: string }[]) => Promise<unknown>,
): Promise<void> {
  const calls = Array.from({ length: Math.ceil(records.length / 10) }, (_, call) =>
    records
      .slice(call * 10, call * 10 + 10)
      .map((record, position) => ({ Id: String(position), ReceiptHandle: record.receiptHandle })),
  );
  await Promise.all(calls.map(send));
}
