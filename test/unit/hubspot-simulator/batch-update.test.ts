import { describe, expect, test } from '@jest/globals';
import { aPortal, type Portal } from './portal.ts';

const duplicateMessage = (ids: string) => `Duplicate IDs found in batch input: [${ids}]. IDs must be unique`;

function twoContacts(portal: Portal): [string, string] {
  return [portal.create({ email: 'a@example.com' }), portal.create({ email: 'b@example.com' })];
}

function mergedContacts(portal: Portal): { gone: string; survivor: string } {
  const [a, b] = twoContacts(portal);
  const { body } = portal.post('/merge', { primaryObjectId: a, objectIdToMerge: b });
  return { gone: b, survivor: body.id };
}

describe('batch/update', () => {
  test('updates by id and answers 200', () => {
    const portal = aPortal();
    const [a, b] = twoContacts(portal);
    const { status, body } = portal.post('/batch/update', {
      inputs: [
        { id: a, properties: { city: 'Oslo' } },
        { id: b, properties: { city: 'Rome' } },
      ],
    });
    expect(status).toBe(200);
    expect(body.results.map((each) => each.id)).toEqual([a, b]);
    expect(portal.properties(a)?.['city']).toBe('Oslo');
  });

  test('groups ids that lead nowhere in one error with their trace ids', () => {
    const portal = aPortal();
    const [a] = twoContacts(portal);
    const { status, body } = portal.post('/batch/update', {
      inputs: [
        { id: '1', objectWriteTraceId: 'x', properties: { city: 'Oslo' } },
        { id: a, objectWriteTraceId: 'y', properties: { city: 'Oslo' } },
        { id: '2', objectWriteTraceId: 'z', properties: { city: 'Oslo' } },
      ],
    });
    expect(status).toBe(207);
    expect(body.numErrors).toBe(1);
    expect(body.errors).toEqual([
      {
        status: 'error',
        category: 'OBJECT_NOT_FOUND',
        message: 'Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.',
        context: { ids: ['1', '2'], objectWriteTraceId: ['x', 'z'] },
      },
    ]);
    expect(body.results).toHaveLength(1);
  });

  test('counts records in numErrors where set to', () => {
    const { body } = aPortal({ numErrors: 'records' }).post('/batch/update', {
      inputs: [
        { id: '1', properties: {} },
        { id: '2', properties: {} },
      ],
    });
    expect(body.numErrors).toBe(2);
  });

  test('an id that stands twice refuses the whole batch', () => {
    const portal = aPortal();
    const [a] = twoContacts(portal);
    const { status, body } = portal.post('/batch/update', {
      inputs: [
        { id: a, objectWriteTraceId: 'x', properties: { city: 'Oslo' } },
        { id: a, objectWriteTraceId: 'y', properties: { city: 'Rome' } },
      ],
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ message: duplicateMessage(a), context: { ids: [a] }, category: 'VALIDATION_ERROR' });
    expect(portal.properties(a)?.['city']).toBeUndefined();
  });

  test('an unknown property name refuses the whole batch, trace ids or not, unless set otherwise', () => {
    const inputsFor = (a: string, b: string) => [
      { id: a, objectWriteTraceId: 'x', properties: { colour: 'red' } },
      { id: b, objectWriteTraceId: 'y', properties: { city: 'Rome' } },
    ];
    const strict = aPortal();
    const refused = strict.post('/batch/update', { inputs: inputsFor(...twoContacts(strict)) });
    expect([refused.status, refused.body.errors[0].code]).toEqual([400, 'PROPERTY_DOESNT_EXIST']);
    const split = aPortal({ unknownNamesOnUpdate: 'per-record' });
    expect(split.post('/batch/update', { inputs: inputsFor(...twoContacts(split)) }).status).toBe(207);
  });

  test('an invalid value is one entry of a 207 with trace ids, and refuses all without them', () => {
    const portal = aPortal();
    const [a, b] = twoContacts(portal);
    const bad = { id: a, properties: { annualrevenue: 'much' } };
    const good = { id: b, properties: { city: 'Rome' } };
    expect(portal.post('/batch/update', { inputs: [bad, good] }).status).toBe(400);
    expect(portal.properties(b)?.['city']).toBeUndefined();
    const { status, body } = portal.post('/batch/update', {
      inputs: [
        { ...bad, objectWriteTraceId: 'x' },
        { ...good, objectWriteTraceId: 'y' },
      ],
    });
    expect([status, body.errors[0].context, body.results.length]).toEqual([207, { objectWriteTraceId: ['x'] }, 1]);
  });

  test('invalid values without trace ids are told by id where set to', () => {
    const portal = aPortal({ badValuesOnUpdate: 'per-record' });
    const [a] = twoContacts(portal);
    const { status, body } = portal.post('/batch/update', { inputs: [{ id: a, properties: { email: 'bad' } }] });
    expect([status, body.errors[0].context]).toEqual([207, { ids: [a] }]);
  });

  test('idProperty email is refused, or taken where set to', () => {
    const inputs = [{ id: 'a@example.com', idProperty: 'email', properties: { city: 'Oslo' } }];
    const strict = aPortal();
    twoContacts(strict);
    const { status, body } = strict.post('/batch/update', { inputs });
    expect([status, body.message]).toEqual([400, 'Unable to perform update/upsert by non-unique 0-1 property email']);
    const lenient = aPortal({ batchUpdateByEmail: 'accept' });
    const [a] = twoContacts(lenient);
    expect(lenient.post('/batch/update', { inputs }).status).toBe(200);
    expect(lenient.properties(a)?.['city']).toBe('Oslo');
  });

  test('an e-mail that another contact has is a collision that names both records', () => {
    const portal = aPortal();
    const [a, b] = twoContacts(portal);
    const { status, body } = portal.post('/batch/update', {
      inputs: [{ id: a, objectWriteTraceId: 'x', properties: { email: 'B@example.com' } }],
    });
    expect(status).toBe(207);
    expect(body.errors[0].message).toMatch(
      new RegExp(
        `^Cannot set PropertyValueCoordinates\\{.*propertyName=email, value=b@example.com\\} on ${a}\\. ${b} already has that value\\.$`,
      ),
    );
  });

  test('a merged-away id is missing from the results without a word', () => {
    const portal = aPortal();
    const { gone, survivor } = mergedContacts(portal);
    const { status, body } = portal.post('/batch/update', { inputs: [{ id: gone, properties: { city: 'Oslo' } }] });
    expect([status, body.results, body.errors]).toEqual([200, [], undefined]);
    expect(portal.properties(survivor)?.['city']).toBeUndefined();
  });

  test.each([
    ['omitted-but-applied', 200, 0, 'Oslo'],
    ['survivor', 200, 1, 'Oslo'],
    ['not-found', 207, 0, undefined],
  ] as const)('a merged-away id is %s where set to', (mergedIdInBatchUpdate, status, results, city) => {
    const portal = aPortal({ mergedIdInBatchUpdate });
    const { gone, survivor } = mergedContacts(portal);
    const answer = portal.post('/batch/update', { inputs: [{ id: gone, properties: { city: 'Oslo' } }] });
    expect([answer.status, answer.body.results.length]).toEqual([status, results]);
    expect(portal.properties(survivor)?.['city']).toBe(city);
  });

  test('associations on updates do nothing and are counted', () => {
    const portal = aPortal();
    const [a] = twoContacts(portal);
    portal.post('/batch/update', {
      inputs: [{ id: a, properties: {}, associations: [{ to: { id: '7' }, types: [] }] }],
    });
    expect(portal.core.statistics().violations).toEqual({ 'associations-on-update': 1 });
    expect(portal.core.contact(a)?.associations).toEqual([]);
  });
});
