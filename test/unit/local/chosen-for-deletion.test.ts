import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chosenForDeletion } from '../../../infra/local/queue/chosen-for-deletion.ts';

const batch = ['a', 'b', 'c'];
const returned = (payload: unknown) => ({ kind: 'returned', payload }) as const;
const failing = (...ids: unknown[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

describe('after an invocation that reports item failures', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['an empty object', {}],
    ['a null list', { batchItemFailures: null }],
    ['an empty list', { batchItemFailures: [] }],
  ])('all messages are deleted when the answer is %s', (_, payload) => {
    expect(chosenForDeletion(batch, returned(payload), true)).toEqual(batch);
  });

  test('all but the reported ones are deleted', () => {
    expect(chosenForDeletion(batch, returned(failing('b')), true)).toEqual(['a', 'c']);
  });

  test.each<[string, unknown]>([
    ['an unknown identifier', failing('a', 'x')],
    ['an empty identifier', failing('a', '')],
    ['a null identifier', failing(null)],
    ['a wrong key', { batchItemFailures: [{ id: 'a' }] }],
    ['a list of texts', { batchItemFailures: ['a'] }],
    ['a text for a list', { batchItemFailures: 'a' }],
    ['an answer that is a list', []],
    ['an answer that is a text', 'done'],
  ])('no message is deleted for %s', (_, payload) => {
    expect(chosenForDeletion(batch, returned(payload), true)).toEqual([]);
  });

  test('no message is deleted when the function failed', () => {
    expect(chosenForDeletion(batch, { kind: 'failed', reason: 'timed out' }, true)).toEqual([]);
  });

  test('deleted and reported messages are the batch, each once, for every report of known ids', () => {
    const reports = fc
      .uniqueArray(fc.uuid(), { minLength: 1 })
      .chain((ids) => fc.tuple(fc.constant(ids), fc.subarray(ids)));
    fc.assert(
      fc.property(reports, ([ids, failed]) => {
        const chosen = chosenForDeletion(ids, returned(failing(...failed)), true);
        expect([...chosen, ...failed].sort()).toEqual([...ids].sort());
      }),
    );
  });

  test('nothing that was not in the batch is ever deleted, whatever is answered', () => {
    fc.assert(
      fc.property(fc.anything(), (payload) => {
        for (const id of chosenForDeletion(batch, returned(payload), true)) expect(batch).toContain(id);
      }),
    );
  });
});

describe('after an invocation that does not report item failures', () => {
  test('all messages are deleted whatever is answered, and none when it failed', () => {
    expect(chosenForDeletion(batch, returned(failing('a')), false)).toEqual(batch);
    expect(chosenForDeletion(batch, { kind: 'failed', reason: 'thrown' }, false)).toEqual([]);
  });
});
