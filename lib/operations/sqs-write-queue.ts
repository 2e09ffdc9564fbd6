import {
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../runtime/clock.ts';
import { milliseconds } from '../runtime/units.ts';
import { MESSAGE_MAX_BYTES } from './message.ts';
import type { DeadLetter, OutgoingMessage, WriteQueue } from './write-queue.ts';

/** What the queue needs. Without a dead-letter queue nothing can be set aside: functions at the door never do. */
export interface SqsQueues {
  readonly client: SQSClient;
  readonly clock: Clock;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl?: string;
}

/** SendMessageBatch and DeleteMessageBatch take so many entries. */
const ENTRIES_PER_CALL = 10;
/** Pauses before what was not confirmed is sent again; the SDK has already tried twice whatever did not get through at all. */
const PAUSES = [milliseconds(100)];
const MAX_DELAY_SECONDS = 900;
/** Three bytes a character: reason and detail fit into the KiB that a body of `MESSAGE_MAX_BYTES` leaves. */
const MAX_REASON_LENGTH = 60;
const MAX_DETAIL_LENGTH = 250;

/** The queue of writes in SQS. */
export function createSqsWriteQueue(queues: SqsQueues): WriteQueue {
  return {
    send: (messages) => sendAll(queues, queues.queueUrl, messages.map(toEntry)),
    setAside: async (letters) =>
      queues.deadLetterQueueUrl === undefined
        ? letters.map((_, position) => position)
        : sendAll(queues, queues.deadLetterQueueUrl, letters.map(toDeadEntry)),
    acknowledge: (receipts) => deleteAll(queues, receipts),
  };
}

async function deleteAll({ client, queueUrl }: SqsQueues, receipts: readonly string[]): Promise<void> {
  const groups = Array.from({ length: Math.ceil(receipts.length / ENTRIES_PER_CALL) }, (_, n) =>
    receipts.slice(n * ENTRIES_PER_CALL, (n + 1) * ENTRIES_PER_CALL),
  );
  const deletions = groups.map((group) => {
    const entries = group.map((receipt, position) => ({ Id: String(position), ReceiptHandle: receipt }));
    return client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
  });
  await Promise.allSettled(deletions);
}

/** An entry of SendMessageBatch; its id is its position among everything that is to be sent. */
interface Entry extends SendMessageBatchRequestEntry {
  readonly Id: string;
  readonly MessageBody: string;
}

function toEntry({ message, delay }: OutgoingMessage, position: number): Entry {
  const entry = { Id: String(position), MessageBody: escapeIllegal(JSON.stringify(message)) };
  if (delay === undefined || delay <= 0) return entry;
  return { ...entry, DelaySeconds: Math.min(Math.ceil(delay / 1_000), MAX_DELAY_SECONDS) };
}

const toDeadEntry = ({ body, reason, detail }: DeadLetter, position: number): Entry => ({
  Id: String(position),
  // A body that SQS would not take, empty or with characters illegal in XML, never came from SQS; it is kept as well as it can be.
  MessageBody: replaceIllegal(body) || '(empty)',
  MessageAttributes: { reason: attribute(reason, MAX_REASON_LENGTH), detail: attribute(detail, MAX_DETAIL_LENGTH) },
});

const attribute = (text: string, length: number) => ({
  DataType: 'String',
  StringValue: replaceIllegal(text).slice(0, length).toWellFormed() || '-',
});

/**
 * SQS refuses U+FFFE and U+FFFF, which JSON does not escape. Surrogates are escaped too: SQS itself takes pairs, the SQS of the local
 * runner does not.
 */
const escapeIllegal = (json: string): string =>
  json.replace(/[\ud800-\udfff\ufffe\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
const ILLEGAL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const replaceIllegal = (text: string): string => text.toWellFormed().replace(ILLEGAL, '\ufffd');

/** Sends entries and returns the positions of those that SQS did not confirm, after all tries, in order. */
async function sendAll({ client, clock }: SqsQueues, queueUrl: string, entries: readonly Entry[]): Promise<number[]> {
  const refused: Entry[] = [];
  let unconfirmed = entries;
  for (let round = 0; unconfirmed.length > 0; round++) {
    if (round > 0) {
      const pause = PAUSES[round - 1];
      if (pause === undefined) break;
      await clock.sleep(pause);
    }
    const answers = await Promise.all(groupEntries(unconfirmed).map((group) => sendGroup(client, queueUrl, group)));
    refused.push(...answers.flatMap((answer) => answer.refused));
    unconfirmed = answers.flatMap((answer) => answer.failed);
  }
  return [...refused, ...unconfirmed].map(({ Id }) => Number(Id)).sort((a, b) => a - b);
}

interface GroupAnswer {
  /** SQS says that it would refuse these again. */
  readonly refused: readonly Entry[];
  /** Not confirmed, for whatever reason; sent again they may double, which the consumer recognises. */
  readonly failed: readonly Entry[];
}

async function sendGroup(client: SQSClient, queueUrl: string, group: readonly Entry[]): Promise<GroupAnswer> {
  try {
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: [...group] }));
    const confirmed = new Set((answer.Successful ?? []).map(({ Id }) => Id));
    const refused = new Set((answer.Failed ?? []).filter(({ SenderFault }) => SenderFault).map(({ Id }) => Id));
    return {
      refused: group.filter(({ Id }) => refused.has(Id)),
      failed: group.filter(({ Id }) => !confirmed.has(Id) && !refused.has(Id)),
    };
  } catch {
    return { refused: [], failed: group };
  }
}

/** Groups entries into calls of at most ten and together at most 1 MiB, which SQS counts over bodies and attributes. */
export function groupEntries<E extends SendMessageBatchRequestEntry>(entries: readonly E[]): E[][] {
  const groups: E[][] = [];
  let open: E[] = [];
  let openBytes = 0;
  for (const entry of entries) {
    const bytes = sizeOf(entry);
    if (open.length > 0 && (open.length === ENTRIES_PER_CALL || openBytes + bytes > MESSAGE_MAX_BYTES)) {
      groups.push(open);
      open = [];
      openBytes = 0;
    }
    open.push(entry);
    openBytes += bytes;
  }
  if (open.length > 0) groups.push(open);
  return groups;
}

function sizeOf({ MessageBody, MessageAttributes }: SendMessageBatchRequestEntry): number {
  let bytes = Buffer.byteLength(MessageBody ?? '');
  for (const [name, { DataType, StringValue }] of Object.entries(MessageAttributes ?? {})) {
    bytes += Buffer.byteLength(`${name}${DataType}${StringValue}`);
  }
  return bytes;
}
