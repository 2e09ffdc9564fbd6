import { epochMs } from '../runtime/units.ts';
import { type Item, number, readNumber, readText, text, UnreadableItemError } from './attribute-values.ts';
import type { OperationId, Sequence, Verb } from './contact-write.ts';
import { VERBS } from './contact-write.ts';
import type { NewOperation } from './operation-store.ts';

/** An operation's own attributes: the same in the operation's item and in that of its idempotency key. */
export const operationAttributes = ({ id, verb, total, baseSequence, requestedAt }: NewOperation): Item => ({
  operationId: text(id),
  verb: text(verb),
  total: number(total),
  baseSequence: text(baseSequence),
  requestedAt: number(requestedAt),
});

/** Reads them back. */
export const parseOperation = (item: Item): NewOperation => ({
  id: readText(item, 'operationId') as OperationId,
  verb: parseVerb(readText(item, 'verb')),
  total: readNumber(item, 'total'),
  baseSequence: readText(item, 'baseSequence') as Sequence,
  requestedAt: epochMs(readNumber(item, 'requestedAt')),
});

function parseVerb(word: string): Verb {
  const verb = VERBS.find((known) => known === word);
  if (verb === undefined) throw new UnreadableItemError('verb');
  return verb;
}
