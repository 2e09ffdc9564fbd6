import type { SQSEvent } from 'aws-lambda';
import { toSqsRecord } from '../../infra/local/queue/sqs-record.ts';
import { upsertsOf } from './bench-contacts.ts';
import type { Acceptor } from './bench-operation.ts';

/** A batch of messages as the consumer gets it. */
export interface BatchShape {
  readonly messages: number;
  readonly writesPerMessage: number;
}

const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:bench';

/** Batches of accepted upserts of contacts that nobody knows yet; `tag` must be new each time. */
export async function queuedBatches(
  acceptor: Acceptor,
  tag: string,
  { messages, writesPerMessage }: BatchShape,
  count: number,
): Promise<readonly SQSEvent[]> {
  const events: SQSEvent[] = [];
  for (let batch = 0; batch < count; batch += 1) {
    const operations = upsertsOf(`${tag}-${batch}`, messages * writesPerMessage, writesPerMessage);
    const accepted = await acceptor.accept(operations);
    events.push({ Records: accepted.map((message) => toRecord(message.operationId, JSON.stringify(message))) });
  }
  return events;
}

const toRecord = (id: string, body: string) =>
  toSqsRecord({ MessageId: id, ReceiptHandle: id, Body: body }, QUEUE_ARN, 'us-east-1');
