import type { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MESSAGE_MAX_BYTES } from '../../lib/operations/message.ts';
import { createSqsWriteQueue, groupEntries } from '../../lib/operations/sqs-write-queue.ts';
import type { DeadLetter, OutgoingMessage, WriteQueue } from '../../lib/operations/write-queue.ts';
import { seconds } from '../../lib/runtime/units.ts';
import { aContactWrite, aMessage, NOON } from '../support/a-contact-write.ts';
import { type EmbeddedSqs, startEmbeddedSqs } from '../support/embedded-sqs.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createInMemoryWriteQueue } from '../support/in-memory-write-queue.ts';

interface OpenQueue {
  readonly queue: WriteQueue;
  /** The bodies of all messages that can be seen, in any order. */
  bodies(): Promise<unknown[]>;
  letters(): Promise<DeadLetter[]>;
}

let sqs: EmbeddedSqs;
beforeAll(async () => {
  sqs = await startEmbeddedSqs();
});
afterAll(() => sqs.close());

const inSqs = (client: SQSClient = sqs.client): WriteQueue =>
  createSqsWriteQueue({ ...sqs, client, clock: createFakeClock(NOON) });

const adapters: readonly [string, () => OpenQueue][] = [
  [
    'in memory',
    () => {
      const queue = createInMemoryWriteQueue();
      return {
        queue,
        bodies: async () => queue.sent.filter(({ delay }) => delay === undefined).map(({ message }) => message),
        letters: async () => [...queue.deadLetters],
      };
    },
  ],
  [
    'in SQS',
    () => ({
      queue: inSqs(),
      bodies: async () => (await sqs.drain(sqs.queueUrl)).map(({ Body }) => JSON.parse(Body ?? '')),
      letters: async () =>
        (await sqs.drain(sqs.deadLetterQueueUrl)).map(({ Body, MessageAttributes: attributes }) => ({
          body: Body ?? '',
          reason: attributes?.['reason']?.StringValue ?? '',
          detail: attributes?.['detail']?.StringValue ?? '',
        })),
    }),
  ],
];

const outgoing = (n: number, note: string): OutgoingMessage => ({
  message: aMessage(n, 'create', [aContactWrite(n, { properties: { firstname: note } })]),
});
const byId = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

describe.each(adapters)('a queue of writes %s', (_, open) => {
  test('confirms and keeps every one of many messages', async () => {
    const { queue, bodies } = open();
    const messages = Array.from({ length: 43 }, (_message, n) => outgoing(n, 'Ada'));
    expect(await queue.send(messages)).toEqual([]);
    expect((await bodies()).sort(byId)).toEqual(messages.map(({ message }) => message));
  });

  test('sends messages that together are larger than a call takes', async () => {
    const { queue, bodies } = open();
    const messages = Array.from({ length: 7 }, (_message, n) => outgoing(n, 'x'.repeat(300_000)));
    expect(await queue.send(messages)).toEqual([]);
    expect(await bodies()).toHaveLength(7);
  });

  test('carries every text that JSON can hold', async () => {
    const { queue, bodies } = open();
    const message = outgoing(1, '\u0000\u000b \ufffe \uffff \ud800 "quoted" 漢字 🚀');
    expect(await queue.send([message])).toEqual([]);
    expect(await bodies()).toEqual([message.message]);
  });

  test('shows a delayed message to nobody yet', async () => {
    const { queue, bodies } = open();
    expect(await queue.send([{ ...outgoing(1, 'Ada'), delay: seconds(900) }])).toEqual([]);
    expect(await bodies()).toEqual([]);
  });

  test('sends nothing when there is nothing to send', async () => {
    expect(await open().queue.send([])).toEqual([]);
  });

  test('sets messages aside with their reason', async () => {
    const { queue, letters } = open();
    const letter = { body: '{"v":9}', reason: 'unreadable-message', detail: 'the body is not a message of version 1' };
    expect(await queue.setAside([letter])).toEqual([]);
    expect(await letters()).toEqual([letter]);
  });
});

describe('a queue of writes in SQS', () => {
  test('takes received messages off, and leaves the others', async () => {
    const queue = inSqs();
    const messages = Array.from({ length: 23 }, (_message, n) => outgoing(n, 'Ada'));
    expect(await queue.send(messages)).toEqual([]);
    const received = await sqs.receive(sqs.queueUrl);
    await queue.acknowledge(received.slice(3).map(({ ReceiptHandle }) => ReceiptHandle ?? ''));
    expect(await sqs.count(sqs.queueUrl)).toBe(3);
    await queue.acknowledge(received.slice(0, 3).map(({ ReceiptHandle }) => ReceiptHandle ?? ''));
    expect(await sqs.count(sqs.queueUrl)).toBe(0);
  });

  test('says nothing of messages that could not be taken off: they come again', async () => {
    const send = { value: () => Promise.reject(new Error('SQS is away')) };
    await inSqs(Object.create(sqs.client, { send })).acknowledge(['receipt']);
  });

  type Answer = (command: SendMessageBatchCommand, call: number) => Promise<unknown>;
  const answering = (answer: Answer) => {
    const calls: SendMessageBatchCommand[] = [];
    const send = async (command: SendMessageBatchCommand) => {
      calls.push(command);
      return answer(command, calls.length);
    };
    return { calls, queue: inSqs(Object.create(sqs.client, { send: { value: send } })) };
  };
  const entries = (command: SendMessageBatchCommand) => command.input.Entries ?? [];
  const confirmAll = (command: SendMessageBatchCommand) => ({ Successful: entries(command).map(({ Id }) => ({ Id })) });

  test('sends again what SQS did not confirm, and only that', async () => {
    const { queue, calls } = answering(async (command, call) =>
      call > 1 ? confirmAll(command) : { Successful: [{ Id: '0' }], Failed: [{ Id: '1', SenderFault: false }] },
    );
    expect(await queue.send([0, 1, 2].map((n) => outgoing(n, 'Ada')))).toEqual([]);
    expect(calls.map((command) => entries(command).map(({ Id }) => Id))).toEqual([
      ['0', '1', '2'],
      ['1', '2'],
    ]);
  });

  test('A1: names the positions that stay unconfirmed, of a call that throws as of an entry that fails', async () => {
    const { queue } = answering(async (command) => {
      if (entries(command).some(({ Id }) => Id === '12')) throw new Error('no connection');
      return { Successful: entries(command).flatMap(({ Id }) => (Id === '3' ? [] : [{ Id }])), Failed: [{ Id: '3' }] };
    });
    expect(await queue.send(Array.from({ length: 13 }, (_, n) => outgoing(n, 'Ada')))).toEqual([3, 10, 11, 12]);
  });

  test('does not repeat what SQS refuses for good', async () => {
    const { queue, calls } = answering(async () => ({ Failed: [{ Id: '0', SenderFault: true }] }));
    expect(await queue.send([outgoing(0, 'Ada')])).toEqual([0]);
    expect(calls).toHaveLength(1);
  });

  test('sets aside a body that SQS itself would refuse', async () => {
    expect(await inSqs().setAside([{ body: '\u0000\ufffe', reason: '', detail: 'x'.repeat(5_000) }])).toEqual([]);
    const [letter] = await sqs.drain(sqs.deadLetterQueueUrl);
    expect(letter?.Body).toBe('\ufffd\ufffd');
    expect(letter?.MessageAttributes?.['detail']?.StringValue).toHaveLength(250);
  });

  test('sets nothing aside without a dead-letter queue, and says so', async () => {
    const { client, queueUrl } = sqs;
    const queue = createSqsWriteQueue({ client, queueUrl, clock: createFakeClock(NOON) });
    expect(await queue.setAside([{ body: '{}', reason: 'r', detail: 'd' }])).toEqual([0]);
  });

  test('puts at most ten entries and one MiB into a call', () => {
    const sizes = [600_000, 400_000, 400_000, ...Array.from({ length: 25 }, () => 10)];
    const groups = groupEntries(sizes.map((size, n) => ({ Id: String(n), MessageBody: 'é'.repeat(size / 2) })));
    expect(groups.flat().map(({ Id }) => Number(Id))).toEqual(sizes.map((_, n) => n));
    for (const group of groups) {
      expect(group.length).toBeLessThanOrEqual(10);
      const bytes = group.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody), 0);
      expect(bytes).toBeLessThanOrEqual(MESSAGE_MAX_BYTES);
    }
  });
});
