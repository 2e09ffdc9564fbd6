import { type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { OperationId, Sequence } from '../../lib/operations/contact-write.ts';
import { createDynamoDbIdempotencyStore } from '../../lib/operations/dynamodb-idempotency-store.ts';
import type { IdempotencyRecord, IdempotencyStore } from '../../lib/operations/operation-store.ts';
import { days, after as later, milliseconds, seconds } from '../../lib/runtime/units.ts';
import { NOON } from '../support/a-contact-write.ts';
import { type EmbeddedDynamoDb, startEmbeddedDynamoDb } from '../support/embedded-dynamodb.ts';
import { createInMemoryIdempotencyStore } from '../support/in-memory-idempotency-store.ts';

const KEPT_FOR = days(30);
const LEASE = seconds(35);
const LEASE_END = later(NOON, LEASE);

const aKey = () => `key-${ulid()}`;

const aRecord = (keyHash: string, fields: Partial<IdempotencyRecord> = {}): IdempotencyRecord => ({
  keyHash,
  fingerprint: 'body-1',
  operation: {
    id: ulid(NOON) as OperationId,
    verb: 'create',
    total: 2,
    baseSequence: ulid(NOON) as Sequence,
    requestedAt: NOON,
  },
  state: 'ACCEPTED',
  leaseEnd: LEASE_END,
  ...fields,
});

let database: EmbeddedDynamoDb;
beforeAll(async () => {
  database = await startEmbeddedDynamoDb();
});
afterAll(() => database.close());

const inDynamoDb = (client: DynamoDBClient = database.client) =>
  createDynamoDbIdempotencyStore({ client, table: database.table, ttl: KEPT_FOR });

const adapters: readonly [string, () => IdempotencyStore][] = [
  ['in memory', () => createInMemoryIdempotencyStore(KEPT_FOR)],
  ['in DynamoDB', () => inDynamoDb()],
];

describe.each(adapters)('an idempotency store %s', (_, create) => {
  test('lets the first request claim a key', async () => {
    expect(await create().claim(aRecord(aKey()), LEASE, NOON)).toEqual({ kind: 'claimed' });
  });

  test('A2: of many concurrent requests under one key, one claims it and all others find its operation', async () => {
    const store = create();
    const key = aKey();
    const records = Array.from({ length: 20 }, () => aRecord(key));
    const claims = await Promise.all(records.map((record) => store.claim(record, LEASE, NOON)));
    const winners = records.filter((_record, position) => claims[position]?.kind === 'claimed');
    expect(winners).toHaveLength(1);
    const found = claims.flatMap((claim) => (claim.kind === 'found' ? [claim.record.operation] : []));
    expect(found).toEqual(Array.from({ length: 19 }, () => winners[0]?.operation));
  });

  test('finds the record of a key in flight, with its lease', async () => {
    const store = create();
    const first = aRecord(aKey());
    await store.claim(first, LEASE, NOON);
    const claim = await store.claim(aRecord(first.keyHash), LEASE, later(NOON, seconds(1)));
    expect(claim).toEqual({ kind: 'found', record: first });
  });

  test('keeps the lease up to its last millisecond, and then lets the same request resume', async () => {
    const store = create();
    const first = aRecord(aKey());
    await store.claim(first, LEASE, NOON);
    const early = later(LEASE_END, milliseconds(-1));
    expect((await store.claim(aRecord(first.keyHash), LEASE, early)).kind).toBe('found');
    const claim = await store.claim(aRecord(first.keyHash), LEASE, LEASE_END);
    expect(claim).toEqual({ kind: 'resumed', operation: first.operation });
  });

  test('lets one of many resume, and gives it a lease of its own', async () => {
    const store = create();
    const first = aRecord(aKey());
    await store.claim(first, LEASE, NOON);
    const claims = await Promise.all(
      Array.from({ length: 10 }, () => store.claim(aRecord(first.keyHash), LEASE, LEASE_END)),
    );
    expect(claims.filter(({ kind }) => kind === 'resumed')).toHaveLength(1);
    expect(claims.filter(({ kind }) => kind === 'found')).toHaveLength(9);
  });

  test('A3: another body never resumes a key', async () => {
    const store = create();
    const first = aRecord(aKey());
    await store.claim(first, LEASE, NOON);
    const other = aRecord(first.keyHash, { fingerprint: 'body-2' });
    expect(await store.claim(other, LEASE, later(LEASE_END, days(1)))).toEqual({ kind: 'found', record: first });
  });

  test('lets a repeat resume at once when the lease was released', async () => {
    const store = create();
    const first = aRecord(aKey());
    await store.claim(first, LEASE, NOON);
    await store.releaseLease(first.keyHash, first.operation.id);
    const claim = await store.claim(aRecord(first.keyHash), LEASE, NOON);
    expect(claim).toEqual({ kind: 'resumed', operation: first.operation });
  });

  test('finds an enqueued operation for as long as the key is kept, lease or not', async () => {
    const store = create();
    const first = aRecord(aKey());
    await store.claim(first, LEASE, NOON);
    await store.markEnqueued(first.keyHash, first.operation.id);
    await store.releaseLease(first.keyHash, first.operation.id);
    const late = later(later(NOON, KEPT_FOR), seconds(-1));
    const claim = await store.claim(aRecord(first.keyHash), LEASE, late);
    expect(claim).toEqual({ kind: 'found', record: { ...first, state: 'ENQUEUED' } });
  });

  test('T1: finds the record of a key until our clock says that it has expired', async () => {
    const store = create();
    const first = aRecord(aKey());
    expect(await store.find(first.keyHash, NOON)).toBeUndefined();
    await store.claim(first, LEASE, NOON);
    expect(await store.find(first.keyHash, later(NOON, seconds(1)))).toEqual(first);
    await store.markEnqueued(first.keyHash, first.operation.id);
    const lastSecond = later(NOON, milliseconds(KEPT_FOR - 1_000));
    expect(await store.find(first.keyHash, lastSecond)).toMatchObject({
      state: 'ENQUEUED',
      operation: first.operation,
    });
    expect(await store.find(first.keyHash, later(NOON, KEPT_FOR))).toBeUndefined();
  });

  test('T1: a key is free again when our clock says that it has expired', async () => {
    const store = create();
    const first = aRecord(aKey());
    await store.claim(first, LEASE, NOON);
    const claim = await store.claim(aRecord(first.keyHash), LEASE, later(NOON, KEPT_FOR));
    expect(claim).toEqual({ kind: 'claimed' });
  });

  test('leaves a record alone that is another operation’s, or not there', async () => {
    const store = create();
    const first = aRecord(aKey());
    const stranger = aRecord(aKey());
    await store.claim(first, LEASE, NOON);
    await store.markEnqueued(first.keyHash, stranger.operation.id);
    await store.releaseLease(first.keyHash, stranger.operation.id);
    await store.markEnqueued(stranger.keyHash, stranger.operation.id);
    expect(await store.claim(aRecord(first.keyHash), LEASE, NOON)).toEqual({ kind: 'found', record: first });
    expect(await store.claim(stranger, LEASE, NOON)).toEqual({ kind: 'claimed' });
  });
});

describe('an idempotency store in DynamoDB whose answer is lost', () => {
  /** Sends every write twice, as the SDK does when the first answer does not come. */
  const withLostAnswers = (client: DynamoDBClient): DynamoDBClient => {
    const send = async (command: PutItemCommand) => {
      const isWrite = [PutItemCommand, UpdateItemCommand].some((kind) => command instanceof kind);
      if (isWrite) await client.send(command);
      return client.send(command);
    };
    return Object.create(client, { send: { value: send } });
  };

  test('knows its own claim again', async () => {
    const store = inDynamoDb(withLostAnswers(database.client));
    expect(await store.claim(aRecord(aKey()), LEASE, NOON)).toEqual({ kind: 'claimed' });
  });

  test('knows its own takeover again', async () => {
    const first = aRecord(aKey());
    await inDynamoDb().claim(first, LEASE, NOON);
    const store = inDynamoDb(withLostAnswers(database.client));
    const claim = await store.claim(aRecord(first.keyHash), LEASE, LEASE_END);
    expect(claim).toEqual({ kind: 'resumed', operation: first.operation });
  });

  test('confirms an operation although the confirmation was sent twice', async () => {
    const store = inDynamoDb(withLostAnswers(database.client));
    const first = aRecord(aKey());
    await store.claim(first, LEASE, NOON);
    await store.markEnqueued(first.keyHash, first.operation.id);
    expect(await store.claim(aRecord(first.keyHash), LEASE, NOON)).toMatchObject({ record: { state: 'ENQUEUED' } });
  });
});
