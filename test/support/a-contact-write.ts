import { type PendingWrite, pendingWritesOf } from '../../lib/deliver/pending-write.ts';
import type { OperationId, Sequence, Verb } from '../../lib/operations/contact-write.ts';
import type { QueuedWrite, WriteMessage } from '../../lib/operations/message.ts';
import { epochMs } from '../../lib/runtime/units.ts';

/** The time at which all builders start counting. */
export const NOON = epochMs(Date.UTC(2026, 10, 23, 12));

const pad = (value: number): string => String(value).padStart(26, '0');

/** A valid operation id, e.g. for 7 `00000000000000000000000007`. */
export const operationId = (number: number): OperationId => pad(number) as OperationId;
/** A valid sequence; a higher number is a later write. */
export const sequence = (number: number): Sequence => pad(number) as Sequence;

/** A write as it stands in a message; `n` gives its sequence. */
export function aContactWrite(n: number, write: Partial<QueuedWrite> = {}): QueuedWrite {
  return { index: 0, sequence: sequence(n), properties: { firstname: `Ada ${n}` }, ...write };
}

/** A message of one operation. */
export function aMessage(
  n: number,
  verb: Verb,
  writes: readonly QueuedWrite[],
  more: Partial<WriteMessage> = {},
): WriteMessage {
  return { v: 1, operationId: operationId(n), verb, acceptedAt: NOON, attempt: 0, writes, ...more };
}

/** A single write on its way, of an operation of its own. */
export function aPendingWrite(n: number, verb: Verb, write: Partial<QueuedWrite> = {}): PendingWrite {
  const [pending] = pendingWritesOf(aMessage(n, verb, [aContactWrite(n, write)]));
  if (pending === undefined) throw new Error('a message of one write has one write');
  return pending;
}
