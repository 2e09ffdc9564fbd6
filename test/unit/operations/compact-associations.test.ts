import { expect, test } from '@jest/globals';
import { compactOutcome, parseOutcome } from '../../../lib/operations/compact-outcome.ts';
import type { ContactId } from '../../../lib/operations/contact-write.ts';
import type { Outcome } from '../../../lib/operations/outcome.ts';

test('of many refused associations the messages are cut, so that a hundred outcomes fit an item of 400 KB', () => {
  const error = {
    status: 'error',
    category: 'VALIDATION_ERROR',
    message: '\u0001"\u00e4\ud800'.repeat(1_000),
  } as const;
  const refused = Array.from({ length: 20 }, () => ({
    toObjectType: 'x'.repeat(60),
    toObjectId: '9'.repeat(19),
    outcome: 'rejected' as const,
    error,
  }));
  const outcome: Outcome = { kind: 'updated', index: 3, id: '9'.repeat(19) as ContactId, associations: refused };
  const compact = compactOutcome(outcome);
  expect(Buffer.byteLength(compact)).toBeLessThan(4_000);
  expect(parseOutcome(3, compact)).toMatchObject({
    kind: 'updated',
    index: 3,
    associations: Array(20).fill({ outcome: 'rejected' }),
  });
});

test('one refused association keeps what HubSpot said of it', () => {
  const error = {
    status: 'error',
    category: 'VALIDATION_ERROR',
    message: 'One or more associations are invalid | "7"',
  } as const;
  const association = { toObjectType: 'deals', toObjectId: '7', outcome: 'rejected', error } as const;
  const outcome: Outcome = { kind: 'created', index: 0, id: '512' as ContactId, associations: [association] };
  expect(parseOutcome(0, compactOutcome(outcome))).toEqual(outcome);
});

test('an outcome whose associations nobody has written is a broken item', () => {
  expect(() => parseOutcome(0, 'u:512|[["deals","7","x"]]')).toThrow('associations');
});
