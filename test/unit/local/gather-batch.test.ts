import { describe, expect, test } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import { gatherBatch, type Receive } from '../../../infra/local/queue/gather-batch.ts';
import { splitByPayload, toSqsRecord } from '../../../infra/local/queue/sqs-record.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { after, epochMs, seconds } from '../../../lib/runtime/units.ts';

const never = new AbortController().signal;

function aRecord(id: number, body = 'x'): SQSRecord {
  return toSqsRecord({ MessageId: String(id), Body: body }, 'arn:aws:sqs:us-east-1:000000000000:q', 'us-east-1');
}

/** A clock that stands still but for sleeping, which takes no time. */
function aClock(): Clock {
  let now = epochMs(0);
  return {
    now: () => now,
    sleep: async (duration) => {
      now = after(now, duration);
    },
  };
}

/** A queue of so many messages, of which some arrive only at a given time. */
function aQueue(messages: readonly { readonly at: number; readonly body?: string }[], clock: Clock) {
  let waiting = messages.map((message, id) => ({ ...message, record: aRecord(id, message.body) }));
  const receives: number[] = [];
  const receive: Receive = async (count, waitSeconds) => {
    receives.push(waitSeconds);
    const found = waiting.filter(({ at }) => at <= clock.now()).slice(0, count);
    waiting = waiting.filter((message) => !found.includes(message));
    return found.map(({ record }) => record);
  };
  return { receive, receives };
}

const atOnce = (count: number) => Array.from({ length: count }, () => ({ at: 0 }));

describe('gathering a batch', () => {
  test('gives an empty batch when one long poll brings nothing', async () => {
    const clock = aClock();
    const { receive, receives } = aQueue([], clock);
    const { batch } = await gatherBatch({ batchSize: 100, window: seconds(1) }, receive, clock, never, []);
    expect([batch, receives]).toEqual([[], [20]]);
  });

  test('takes no more than the batch size from a full queue, at once', async () => {
    const clock = aClock();
    const { receive } = aQueue(atOnce(500), clock);
    const { batch, rest } = await gatherBatch({ batchSize: 125, window: seconds(1) }, receive, clock, never, []);
    expect([batch.length, rest.length, clock.now()]).toEqual([125, 0, 0]);
  });

  test('waits for later messages until the window after the first one is over', async () => {
    const clock = aClock();
    const { receive } = aQueue([{ at: 0 }, { at: 500 }, { at: 990 }, { at: 1_500 }], clock);
    const { batch } = await gatherBatch({ batchSize: 100, window: seconds(1) }, receive, clock, never, []);
    expect([batch.length, clock.now()]).toEqual([3, 1_000]);
  });

  test('does not wait at all without a window', async () => {
    const clock = aClock();
    const { receive } = aQueue(atOnce(3), clock);
    const { batch } = await gatherBatch({ batchSize: 10, window: seconds(0) }, receive, clock, never, []);
    expect([batch.length, clock.now()]).toEqual([3, 0]);
  });

  test('ends a batch at 6 MB and carries the rest over to the next', async () => {
    const clock = aClock();
    const body = 'x'.repeat(1_000_000);
    const { receive } = aQueue(
      atOnce(9).map((message) => ({ ...message, body })),
      clock,
    );
    const first = await gatherBatch({ batchSize: 100, window: seconds(1) }, receive, clock, never, []);
    const second = await gatherBatch({ batchSize: 100, window: seconds(1) }, receive, clock, never, first.rest);
    expect([first.batch.length, second.batch.length, second.rest.length]).toEqual([6, 3, 0]);
  });
});

test('a record that is too large for an event alone still goes alone', () => {
  const { batch, rest } = splitByPayload([aRecord(0, 'x'.repeat(200)), aRecord(1)], 10, 100);
  expect([batch.length, rest.length]).toEqual([1, 1]);
});
