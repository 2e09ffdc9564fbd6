import { expect, test } from '@jest/globals';
import { parseLinkAnswer } from '../../../lib/hubspot/link-answer.ts';

test('reads results of both endpoints, with ids that are numbers or texts, and keeps them as they came', () => {
  const labelled = { fromObjectId: 512, toObjectId: '7', labels: ['Manager'] };
  const directed = { from: { id: '512' }, to: { id: '8' }, associationSpec: {} };
  expect(parseLinkAnswer({ status: 'COMPLETE', results: [labelled, directed, { id: '1' }] })).toEqual({
    results: [
      { fromId: '512', toId: '7', body: labelled },
      { fromId: '512', toId: '8', body: directed },
    ],
    errors: [],
  });
});

test('reads errors, and takes what is no batch answer for none', () => {
  const error = { status: 'error', category: 'VALIDATION_ERROR', message: 'no', context: { objectId: ['7'] } };
  expect(parseLinkAnswer({ errors: [error] })).toEqual({ results: [], errors: [error] });
  for (const body of [undefined, null, 'text', { results: 'none' }, { errors: [{ context: { objectId: 7 } }] }])
    expect(parseLinkAnswer(body)).toBeUndefined();
});
