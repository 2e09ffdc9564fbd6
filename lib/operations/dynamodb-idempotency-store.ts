import { type DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  after,
  type DurationMs,
  type EpochMs,
  type EpochSeconds,
  epochMs,
  epochSeconds,
  toEpochSeconds,
} from '../runtime/units.ts';
import { hasHeld } from './answer-if-held.ts';
import { type Item, number, readNumber, readText, text } from './attribute-values.ts';
import type { OperationId } from './contact-write.ts';
import { operationAttributes, parseOperation } from './operation-item.ts';
import type { Claim, IdempotencyRecord, IdempotencyStore } from './operation-store.ts';

/** What the store needs. */
export interface IdempotencyTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** How long a key is kept: as long as its operation. */
  readonly ttl: DurationMs;
}

/** A record may expire or be released between a refused put and the look at it; three rounds see only one side of that. */
const MAX_ROUNDS = 3;

/**
 * Idempotency keys in DynamoDB, as `key#<hash>` / `head` in the operations' table. `claimant` is the id that the request at work minted
 * for itself: by it a request whose answer was lost knows its own claim again.
 */
export function createDynamoDbIdempotencyStore(keys: IdempotencyTable): IdempotencyStore {
  return {
    claim: (record, lease, now) => claim(keys, record, lease, now),
    find: async (keyHash, now) => {
      const found = await read(keys, keyHash);
      return found !== undefined && found.expiresAt > toEpochSeconds(now) ? found.record : undefined;
    },
    markEnqueued: (keyHash, operationId) =>
      changeOwn(keys, keyHash, operationId, 'SET #state = :enqueued', { ':enqueued': text('ENQUEUED') }),
    releaseLease: (keyHash, operationId) =>
      changeOwn(keys, keyHash, operationId, 'SET leaseEnd = :released', { ':released': number(0) }),
  };
}

const keyOf = (keyHash: string): Item => ({ pk: text(`key#${keyHash}`), sk: text('head') });

async function claim(
  keys: IdempotencyTable,
  record: IdempotencyRecord,
  lease: DurationMs,
  now: EpochMs,
): Promise<Claim> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (await putFresh(keys, record, lease, now)) return { kind: 'claimed' };
    const found = await read(keys, record.keyHash);
    if (found === undefined) continue;
    if (found.claimant === record.operation.id) {
      // Our own claim: the put was stored, its answer lost, and the SDK's second try met the first.
      const isFirst = found.record.operation.id === record.operation.id;
      return isFirst ? { kind: 'claimed' } : { kind: 'resumed', operation: found.record.operation };
    }
    if (!mayBeResumed(found.record, record.fingerprint, now)) return { kind: 'found', record: found.record };
    if (await takeOver(keys, found, record, lease, now)) return { kind: 'resumed', operation: found.record.operation };
  }
  throw new Error('an idempotency key changed hands at every look at it');
}

/** Abandoned: accepted, not confirmed as sent, and nobody at work on it any more. */
export const mayBeResumed = (found: IdempotencyRecord, fingerprint: string, now: EpochMs): boolean =>
  found.state === 'ACCEPTED' && found.leaseEnd <= now && found.fingerprint === fingerprint;

/**
 * Claims a key that is free:
 *
 *     put              leaseEnd                          expiresAt
 *      |----- ACCEPTED ----|-------- ACCEPTED --------------|
 *      |   (at work: 409)  |  (abandoned: taken over)       |  (free again, whether or not
 *      |----------------- ENQUEUED (replayed) --------------|   TTL has deleted the item)
 *
 *     condition:   attribute_not_exists(pk)     nobody used the key,
 *                  OR expiresAt <= :now         or its record has expired by our clock
 */
async function putFresh(
  { client, table, ttl }: IdempotencyTable,
  record: IdempotencyRecord,
  lease: DurationMs,
  now: EpochMs,
): Promise<boolean> {
  return hasHeld(
    client.send(
      new PutItemCommand({
        TableName: table,
        Item: {
          ...keyOf(record.keyHash),
          ...operationAttributes(record.operation),
          fingerprint: text(record.fingerprint),
          state: text('ACCEPTED'),
          claimant: text(record.operation.id),
          leaseEnd: number(after(now, lease)),
          expiresAt: number(toEpochSeconds(after(now, ttl))),
        },
        ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
        ExpressionAttributeValues: { ':now': number(toEpochSeconds(now)) },
      }),
    ),
  );
}

interface StoredKey {
  readonly record: IdempotencyRecord;
  readonly claimant: string;
  readonly expiresAt: EpochSeconds;
}

async function read({ client, table }: IdempotencyTable, keyHash: string): Promise<StoredKey | undefined> {
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: table, Key: keyOf(keyHash), ConsistentRead: true }),
  );
  if (item === undefined) return undefined;
  return {
    claimant: readText(item, 'claimant'),
    expiresAt: epochSeconds(readNumber(item, 'expiresAt')),
    record: {
      keyHash,
      fingerprint: readText(item, 'fingerprint'),
      operation: parseOperation(item),
      state: readText(item, 'state') === 'ENQUEUED' ? 'ENQUEUED' : 'ACCEPTED',
      leaseEnd: epochMs(readNumber(item, 'leaseEnd')),
    },
  };
}

/**
 * Takes an abandoned key over. The condition is that nothing changed since it was read: of two requests that saw the same record,
 * the second finds another claimant or another end of the lease.
 */
async function takeOver(
  { client, table }: IdempotencyTable,
  found: StoredKey,
  { keyHash, operation }: IdempotencyRecord,
  lease: DurationMs,
  now: EpochMs,
): Promise<boolean> {
  return hasHeld(
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: keyOf(keyHash),
        UpdateExpression: 'SET claimant = :me, leaseEnd = :end',
        ConditionExpression: '#state = :accepted AND claimant = :them AND leaseEnd = :theirEnd',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':me': text(operation.id),
          ':end': number(after(now, lease)),
          ':accepted': text('ACCEPTED'),
          ':them': text(found.claimant),
          ':theirEnd': number(found.record.leaseEnd),
        },
      }),
    ),
  );
}

/** Changes the record of an operation that is not confirmed yet; a record that is gone, or another operation's, stays. */
async function changeOwn(
  { client, table }: IdempotencyTable,
  keyHash: string,
  operationId: OperationId,
  update: string,
  values: Item,
): Promise<void> {
  await hasHeld(
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: keyOf(keyHash),
        UpdateExpression: update,
        ConditionExpression: 'operationId = :id AND #state = :accepted',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':id': text(operationId), ':accepted': text('ACCEPTED'), ...values },
      }),
    ),
  );
}
