import type { SQSRecord } from 'aws-lambda';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { after, between, milliseconds } from '../../../lib/runtime/units.ts';
import type { EventSourceMapping } from './event-source-mapping.ts';
import { bytesOf, maximumRecordBytes, splitByPayload } from './sqs-record.ts';

/** Receives up to `count` (1-10) messages, waiting for the first up to `waitSeconds`. */
export type Receive = (count: number, waitSeconds: number) => Promise<readonly SQSRecord[]>;

/** SQS gives at most ten messages a call. */
const receiveLimit = 10;
/** Receives at once while the queue keeps filling them; more would only make the embedded server slow. */
const parallelReceives = 5;
/** Between receives that found little while the window is still open. */
const pause = milliseconds(50);
/** SQS's own longest long poll. */
const longPollSeconds = 20;

/**
 * Gathers one batch as Lambda's pollers do: waits for a first message, then receives on until the batch is full, the event
 * is at its size limit, or the window after the first message is over. `carried` are messages received before that did not
 * fit. Gives an empty batch when nothing came within one long poll.
 */
export async function gatherBatch(
  mapping: Pick<EventSourceMapping, 'batchSize' | 'window'>,
  receive: Receive,
  clock: Clock,
  signal: AbortSignal,
  carried: readonly SQSRecord[],
): Promise<{ readonly batch: readonly SQSRecord[]; readonly rest: readonly SQSRecord[] }> {
  const first = Math.min(receiveLimit, mapping.batchSize);
  let records = carried.length > 0 ? [...carried] : [...(await receive(first, longPollSeconds))];
  let bytes = bytesOf(records);
  let full = records.length === first;
  const end = after(clock.now(), mapping.window);
  while (records.length > 0 && records.length < mapping.batchSize && bytes < maximumRecordBytes && !signal.aborted) {
    const left = between(clock.now(), end);
    if (left <= 0) break;
    if (!full) await clock.sleep(milliseconds(Math.min(pause, left)), signal).catch(() => undefined);
    const counts = receiveCounts(mapping.batchSize - records.length, full ? parallelReceives : 1);
    const received = await Promise.all(counts.map((count) => receive(count, 0)));
    full = received.every((some, position) => some.length === counts[position]);
    records = [...records, ...received.flat()];
    bytes += bytesOf(received.flat());
  }
  return splitByPayload(records, mapping.batchSize);
}

/** How many messages each of the next receives asks for, never more in all than the batch still takes. */
function receiveCounts(room: number, receives: number): number[] {
  return Array.from({ length: receives }, (_, position) =>
    Math.min(receiveLimit, room - position * receiveLimit),
  ).filter((count) => count > 0);
}
