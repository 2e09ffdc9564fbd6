import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { ContactId, OperationId, Sequence } from '../../lib/operations/contact-write.ts';
import { createDynamoDbOperationStore } from '../../lib/operations/dynamodb-operation-store.ts';
import type { LinkOutcome } from '../../lib/operations/link.ts';
import type { NewOperation, OperationStore, Settlement } from '../../lib/operations/operation-store.ts';
import type { Outcome } from '../../lib/operations/outcome.ts';
import { days, after as later, milliseconds, minutes, seconds } from '../../lib/runtime/units.ts';
import { NOON } from '../support/a-contact-write.ts';
import { type EmbeddedDynamoDb, startEmbeddedDynamoDb } from '../support/embedded-dynamodb.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createInMemoryOperationStore } from '../support/in-memory-operation-store.ts';

const KEPT_FOR = days(30);

const anOperation = (fields: Partial<NewOperation> = {}): NewOperation => ({
  id: ulid(NOON) as OperationId,
  verb: 'upsert',
  total: 3,
  baseSequence: ulid(NOON) as Sequence,
  requestedAt: NOON,
  ...fields,
});

const anAssociation: LinkOutcome = { toObjectType: 'companies', toObjectId: '12', outcome: 'associated' };
const aRefusedAssociation = {
  toObjectType: 'deals',
  toObjectId: '13',
  outcome: 'rejected',
  error: { status: 'error', category: 'VALIDATION_ERROR', message: 'One or more associations are invalid' },
} as const;
const created = (index: number): Outcome => ({ kind: 'created', index, id: String(500 + index) as ContactId });
const rejected = (index: number, message = 'Property values were not valid'): Outcome => ({
  kind: 'rejected',
  index,
  httpStatus: 400,
  error: { status: 'error', category: 'VALIDATION_ERROR', message, context: { propertyName: ['phone'] } },
});
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, offset) => from + offset);

const aSettlement = (
  operation: NewOperation,
  outcomes: readonly Outcome[],
  more: Partial<Settlement> = {},
): Settlement => ({
  operationId: operation.id,
  outcomes,
  answers: [],
  startedAt: later(NOON, seconds(1)),
  settledAt: later(NOON, seconds(2)),
  ...more,
});

let database: EmbeddedDynamoDb;
beforeAll(async () => {
  database = await startEmbeddedDynamoDb();
});
afterAll(() => database.close());

const adapters: readonly [string, (clock: FakeClock) => OperationStore][] = [
  ['in memory', (clock) => createInMemoryOperationStore(clock, KEPT_FOR)],
  [
    'in DynamoDB',
    (clock) => createDynamoDbOperationStore({ client: database.client, table: database.table, clock, ttl: KEPT_FOR }),
  ],
];

describe.each(adapters)('an operation store %s', (_, create) => {
  const open = () => {
    const clock = createFakeClock(NOON);
    return { clock, store: create(clock) };
  };

  test('reads back what was put', async () => {
    const { store } = open();
    const operation = anOperation();
    await store.put(operation);
    expect(await store.read(operation.id)).toEqual({ ...operation, outcomes: [] });
  });

  test('knows no operation that was never put', async () => {
    expect(await open().store.read(anOperation().id)).toBeUndefined();
  });

  test('keeps the outcomes when the same operation is put again', async () => {
    const { store } = open();
    const operation = anOperation();
    await store.put(operation);
    await store.settle(aSettlement(operation, [created(0)]));
    await store.put(operation);
    expect((await store.read(operation.id))?.outcomes).toEqual([created(0)]);
  });

  test('keeps every kind of outcome, and the times', async () => {
    const { store } = open();
    const operation = anOperation({ total: 17 });
    const outcomes: Outcome[] = [
      created(0),
      { kind: 'updated', index: 1, id: '7' as ContactId },
      { kind: 'superseded', index: 2, id: '8' as ContactId },
      { kind: 'superseded', index: 3 },
      rejected(4),
      { kind: 'archived', index: 5, id: '9' as ContactId },
      { kind: 'archived', index: 6, wasGone: true },
      {
        kind: 'created',
        index: 7,
        id: '9' as ContactId,
        stage: { kind: 'kept', sent: 'a:b', stage: '"{', reason: 'backward' },
      },
      { kind: 'updated', index: 8, id: '7' as ContactId, stage: { kind: 'moved-back', sent: 'lead', from: '512:u' } },
      { kind: 'deleted', index: 9, id: '9' as ContactId },
      { kind: 'deleted', index: 10, wasGone: true },
      { kind: 'associated', index: 11, id: '9' as ContactId },
      { kind: 'dissociated', index: 12, id: '9' as ContactId },
      { kind: 'created', index: 13, id: '9' as ContactId, associations: [anAssociation] },
      { kind: 'superseded', index: 14, associations: [{ ...anAssociation, outcome: 'superseded' }] },
      { kind: 'updated', index: 15, id: '9' as ContactId, associations: [anAssociation, aRefusedAssociation] },
      {
        kind: 'updated',
        index: 16,
        id: '9' as ContactId,
        associations: [anAssociation, aRefusedAssociation],
        stage: { kind: 'moved-back', sent: 'lead|a', from: '512:u' },
      },
    ];
    await store.put(operation);
    await store.settle(aSettlement(operation, outcomes));
    expect(await store.read(operation.id)).toEqual({
      ...operation,
      startedAt: later(NOON, seconds(1)),
      lastSettledAt: later(NOON, seconds(2)),
      outcomes,
    });
  });

  test('D4: a write that has an outcome keeps it, others of the same settlement get theirs', async () => {
    const { store } = open();
    const operation = anOperation();
    await store.put(operation);
    await store.settle(aSettlement(operation, [created(1)]));
    await store.settle(aSettlement(operation, [rejected(1), created(2)]));
    expect((await store.read(operation.id))?.outcomes).toEqual([created(1), created(2)]);
  });

  test('changes nothing, the times included, when a settlement is repeated', async () => {
    const { store } = open();
    const operation = anOperation();
    await store.put(operation);
    await store.settle(aSettlement(operation, [created(1)]));
    const before = await store.read(operation.id);
    const repeated = later(NOON, minutes(5));
    await store.settle(aSettlement(operation, [created(1)], { startedAt: repeated, settledAt: repeated }));
    expect(await store.read(operation.id)).toEqual(before);
  });

  test('keeps a thousand outcomes in order of index, settled in any order', async () => {
    const { store } = open();
    const operation = anOperation({ total: 1_000 });
    await store.put(operation);
    for (const from of [900, 0, 350, 100, 250]) {
      await store.settle(aSettlement(operation, range(from, Math.min(from + 250, 1_000)).map(created)));
    }
    await store.settle(aSettlement(operation, range(0, 1_000).map(created)));
    expect((await store.read(operation.id))?.outcomes).toEqual(range(0, 1_000).map(created));
  });

  test('takes a hundred rejections with messages of any length, and marks what it cut', async () => {
    const { store } = open();
    const operation = anOperation({ total: 200 });
    const outcomes = range(0, 200).map((index) => rejected(index, 'Straße 漢字 🚀 '.repeat(500)));
    await store.put(operation);
    await store.settle(aSettlement(operation, outcomes));
    const record = await store.read(operation.id);
    expect(record?.outcomes).toHaveLength(200);
    const [first] = record?.outcomes ?? [];
    expect(first).toMatchObject({
      kind: 'rejected',
      error: { message: expect.stringMatching(/^Straße 漢字.* … \(cut\)$/) },
    });
  });

  test('T1: an operation has expired when our clock says so, deleted or not', async () => {
    const { store, clock } = open();
    const operation = anOperation();
    await store.put(operation);
    clock.advance(milliseconds(KEPT_FOR - 1_000));
    expect(await store.read(operation.id)).toBeDefined();
    clock.advance(seconds(1));
    expect(await store.read(operation.id)).toBeUndefined();
  });

  test('does not bring an operation back by settling it after it is gone', async () => {
    const { store } = open();
    const gone = anOperation({ total: 200 });
    await store.settle(aSettlement(gone, range(0, 200).map(created)));
    expect(await store.read(gone.id)).toBeUndefined();
  });

  test('finds the writes that are settled among many of many operations', async () => {
    const { store } = open();
    const operations = range(0, 120).map(() => anOperation({ total: 250 }));
    for (const [position, operation] of operations.entries()) {
      await store.put(operation);
      if (position % 3 === 0) await store.settle(aSettlement(operation, [created(0), created(7), created(207)]));
    }
    const references = operations.flatMap(({ id }) => [0, 1, 107, 207].map((index) => ({ operationId: id, index })));
    const expected = operations.flatMap(({ id }, position) =>
      position % 3 === 0 ? [0, 207].map((index) => ({ operationId: id, index })) : [],
    );
    expect(await store.findSettled([...references, { operationId: anOperation().id, index: 0 }])).toEqual(expected);
  });

  test('finds nothing settled among no references', async () => {
    expect(await open().store.findSettled([])).toEqual([]);
  });

  test('keeps answers for an hour, whatever their size together', async () => {
    const { store, clock } = open();
    const operation = anOperation();
    const answers = range(0, 5).map((index) => ({
      index,
      body: { id: String(index), properties: { note: 'x'.repeat(100_000) } },
    }));
    await store.put(operation);
    await store.settle(aSettlement(operation, [created(3), created(4)], { answers: answers.slice(3) }));
    await store.settle(aSettlement(operation, [created(0)], { answers: answers.slice(0, 3) }));
    expect(await store.readAnswers(operation.id)).toEqual(answers);
    clock.advance(minutes(61));
    expect(await store.readAnswers(operation.id)).toEqual([]);
  });

  describe('attempts at writes that must not be sent twice', () => {
    const until = later(NOON, minutes(3));
    const attempts = (operation: NewOperation, attempt: number, ...indexes: readonly number[]) =>
      indexes.map((index) => ({ operationId: operation.id, index, attempt }));
    const anAttemptedOperation = async () => {
      const store = create(createFakeClock(NOON));
      const operation = anOperation({ verb: 'create', total: 250 });
      await store.put(operation);
      return { store, operation };
    };

    test('the first to mark one may make it, a second owner is told until when the first may be at it', async () => {
      const { store, operation } = await anAttemptedOperation();
      expect(await store.markAttempts(attempts(operation, 0, 1, 120), 'first', until)).toEqual([
        { kind: 'marked' },
        { kind: 'marked' },
      ]);
      expect(await store.markAttempts(attempts(operation, 0, 0, 120), 'second', later(until, seconds(9)))).toEqual([
        { kind: 'marked' },
        { kind: 'begun', until },
      ]);
    });

    test('after a lost reply the same owner finds its own mark', async () => {
      const { store, operation } = await anAttemptedOperation();
      await store.markAttempts(attempts(operation, 0, 1), 'first', until);
      expect(await store.markAttempts(attempts(operation, 0, 1), 'first', until)).toEqual([{ kind: 'marked' }]);
    });

    test('the next attempt is free, and a late copy of the one before is told that it was handed on', async () => {
      const { store, operation } = await anAttemptedOperation();
      await store.markAttempts(attempts(operation, 0, 1), 'first', until);
      expect(await store.markAttempts(attempts(operation, 1, 1), 'second', until)).toEqual([{ kind: 'marked' }]);
      expect(await store.markAttempts(attempts(operation, 0, 1), 'first', until)).toEqual([{ kind: 'handed-on' }]);
    });

    test('of many owners at once exactly one may make it', async () => {
      const { store, operation } = await anAttemptedOperation();
      const answers = await Promise.all(
        range(0, 20).map((n) => store.markAttempts(attempts(operation, 0, 7), `owner-${n}`, until)),
      );
      expect(answers.flat().filter(({ kind }) => kind === 'marked')).toHaveLength(1);
    });

    test('marks do not show in the operation', async () => {
      const { store, operation } = await anAttemptedOperation();
      await store.markAttempts(attempts(operation, 0, 1, 101), 'first', until);
      expect(await store.read(operation.id)).toMatchObject({ outcomes: [] });
    });
  });
});
