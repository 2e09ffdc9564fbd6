import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type EpochMs, epochMs } from '../runtime/units.ts';
import { type Item, number, text } from './attribute-values.ts';
import type { Attempt, Marking } from './operation-store.ts';
import { attemptAttribute, OUTCOMES_PER_PART, partKey, partOf } from './outcome-parts.ts';

/** Where the marks of some attempts go. */
export interface MarkTarget {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly partition: string;
  readonly expiresAt: number;
}

/**
 * Marks attempts at writes of one part of one operation, in one call. A mark that is there stays; whose it is, the answer
 * shows, so that a repeat after a lost reply finds its own.
 */
export async function markAttempts(
  { client, table, partition, expiresAt }: MarkTarget,
  attempts: readonly Attempt[],
  owner: string,
  until: EpochMs,
): Promise<readonly Marking[]> {
  const names = attempts.map(({ index, attempt }) => attemptAttribute(index, attempt));
  const earlier = attempts.flatMap(({ index, attempt }) => (attempt > 0 ? [attemptAttribute(index, attempt - 1)] : []));
  const marks = names.map((name) => `${name}=if_not_exists(${name},:mark)`).join(',');
  const { Attributes: item = {} } = await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { pk: text(partition), sk: text(partKey(partOf(attempts[0]?.index ?? 0))) },
      UpdateExpression: `SET expiresAt=:expiry,${marks}${earlier.length > 0 ? ` REMOVE ${earlier.join(',')}` : ''}`,
      ExpressionAttributeValues: { ':mark': text(`${until}#${owner}`), ':expiry': number(expiresAt) },
      ReturnValues: 'ALL_NEW',
    }),
  );
  return attempts.map((attempt) => readMarking(item, attempt, owner));
}

function readMarking(item: Item, { index, attempt }: Attempt, owner: string): Marking {
  if (hasLaterAttempt(item, index, attempt)) return { kind: 'handed-on' };
  const [until, ...by] = (item[attemptAttribute(index, attempt)]?.S ?? '').split('#');
  return by.join('#') === owner ? { kind: 'marked' } : { kind: 'begun', until: epochMs(Number(until)) };
}

function hasLaterAttempt(item: Item, index: number, attempt: number): boolean {
  const prefix = `a${index % OUTCOMES_PER_PART}_`;
  return Object.keys(item).some((name) => name.startsWith(prefix) && Number(name.slice(prefix.length)) > attempt);
}
