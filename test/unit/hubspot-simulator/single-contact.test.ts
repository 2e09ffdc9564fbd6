import { describe, expect, test } from '@jest/globals';
import { aPortal, CONTACTS } from './portal.ts';

describe('one contact', () => {
  test('a create is answered 201 with the stored contact', () => {
    const { status, body } = aPortal().post('', { properties: { email: 'A@Example.com', firstname: 'Ada' } });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^\d+$/),
      properties: {
        createdate: '2026-11-02T08:00:00.000Z',
        email: 'a@example.com',
        firstname: 'Ada',
        hs_object_id: body.id,
        lastmodifieddate: '2026-11-02T08:00:00.000Z',
      },
      createdAt: '2026-11-02T08:00:00.000Z',
      updatedAt: '2026-11-02T08:00:00.000Z',
      archived: false,
    });
  });

  test('a create needs an e-mail or a name', () => {
    const portal = aPortal();
    expect(portal.post('', { properties: { city: 'Oslo', email: '' } }).status).toBe(400);
    expect(portal.post('', { properties: { lastname: 'L' } }).status).toBe(201);
  });

  test('a create of an existing e-mail conflicts', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com' });
    const { status, body } = portal.post('', { properties: { email: 'A@example.com' } });
    expect([status, body.category, body.message]).toEqual([
      409,
      'CONFLICT',
      `Contact already exists. Existing ID: ${id}`,
    ]);
  });

  test('an update by e-mail or by an alias reaches the contact', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com' });
    for (const email of ['A%40example.com', 'b@example.com']) {
      const { status, body } = portal.send('PATCH', `${CONTACTS}/${email}?idProperty=email`, {
        properties: { city: email },
      });
      expect([status, body.id, body.properties.city]).toEqual([200, id, email]);
    }
  });

  test('an update with a property that is not unique as its key is refused', () => {
    const answer = aPortal().send('PATCH', `${CONTACTS}/Oslo?idProperty=city`, { properties: {} });
    expect(answer.status).toBe(400);
  });

  test('what is not there is 404, with a category only where the id is no number', () => {
    const portal = aPortal();
    for (const method of ['GET', 'PATCH']) {
      const numeric = portal.send(method, `${CONTACTS}/99`, { properties: {} });
      expect([numeric.status, numeric.body.message, numeric.body.category]).toEqual([
        404,
        'resource not found',
        undefined,
      ]);
      const other = portal.send(method, `${CONTACTS}/ada`, { properties: {} });
      expect(other.body).toMatchObject({
        message: 'Object not found.  objectId are usually numeric.',
        context: { id: ['ada'] },
        category: 'OBJECT_NOT_FOUND',
      });
    }
  });

  test('changing the e-mail frees the old one', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com' });
    portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { email: 'b@example.com' } });
    expect(portal.create({ email: 'a@example.com' })).not.toBe(id);
    expect(portal.send('GET', `${CONTACTS}/b@example.com?idProperty=email`).body.id).toBe(id);
  });

  test('a secondary e-mail that becomes the primary one is secondary no longer', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com;c@example.com' });
    portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { email: 'b@example.com' } });
    expect(portal.properties(id)).toMatchObject({ email: 'b@example.com', hs_additional_emails: 'c@example.com' });
  });

  test('keeps the history of each property, newest first', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com', city: 'Oslo' });
    portal.advance(1_000);
    portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { city: 'Rome' } });
    portal.advance(1_000);
    portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { city: '', firstname: 'Ada' } });
    const { body } = portal.send('GET', `${CONTACTS}/${id}?propertiesWithHistory=city`);
    expect(body.propertiesWithHistory.city).toEqual([
      { value: '', timestamp: '2026-11-02T08:00:02.000Z', sourceType: 'INTEGRATION' },
      { value: 'Rome', timestamp: '2026-11-02T08:00:01.000Z', sourceType: 'INTEGRATION' },
      { value: 'Oslo', timestamp: '2026-11-02T08:00:00.000Z', sourceType: 'INTEGRATION' },
    ]);
    expect(body.updatedAt).toBe('2026-11-02T08:00:02.000Z');
  });

  test('folds the oldest versions together and keeps the values', () => {
    const portal = aPortal({ historySize: 3 });
    const id = portal.create({ email: 'a@example.com', firstname: 'Ada' });
    for (const city of ['1', '2', '3', '4']) portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { city } });
    expect(portal.core.contact(id)?.versions.map((version) => version.values)).toEqual([
      { email: 'a@example.com', firstname: 'Ada', city: '2' },
      { city: '3' },
      { city: '4' },
    ]);
  });

  test('a read shows what it asks for, null where unset, and leaves unknown names out', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com', city: 'Oslo' });
    const path = `${CONTACTS}/${id}?properties=city,phone&properties=colour`;
    const { body } = portal.send('GET', path);
    expect(Object.keys(body.properties)).toEqual(['city', 'createdate', 'hs_object_id', 'lastmodifieddate', 'phone']);
    expect(body.properties.phone).toBeNull();
    const sparse = aPortal({ unsetProperties: 'omitted' });
    const other = sparse.create({ email: 'a@example.com' });
    expect(sparse.send('GET', `${CONTACTS}/${other}?properties=phone`).body.properties).not.toHaveProperty('phone');
  });

  test('lists contacts in pages, to the last', () => {
    const portal = aPortal();
    const ids = ['a', 'b', 'c'].map((name) => portal.create({ firstname: name }));
    const first = portal.send('GET', `${CONTACTS}?limit=2`).body;
    expect(first.results.map((each) => each.id)).toEqual(ids.slice(0, 2));
    const second = portal.send('GET', `${CONTACTS}?limit=2&after=${first.paging.next.after}`).body;
    expect(second.results.map((each) => each.id)).toEqual(ids.slice(2));
    expect(second.paging).toBeUndefined();
    expect(portal.send('GET', `${CONTACTS}?limit=101`).status).toBe(400);
  });

  test('the dated paths behave the same, and versions that were never released are not there', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com' });
    for (const version of ['2025-09', '2026-03', '2026-09']) {
      expect(portal.send('GET', `/crm/objects/${version}/contacts/${id}`).status).toBe(200);
    }
    expect(portal.send('GET', `/crm/objects/2025-03/contacts/${id}`).status).toBe(404);
    expect(portal.send('GET', '/crm/v3/objects/companies').status).toBe(404);
    expect(portal.core.statistics().violations).toEqual({ 'unknown-route': 2 });
  });
});

describe('what differs between versions', () => {
  const base = (version: string) => (version === 'v3' ? CONTACTS : `/crm/objects/${version}/contacts`);

  test.each([
    ['v3', true],
    ['2026-03', true],
    ['2025-09', false],
    ['2026-09', false],
  ])('contacts of %s may have warnings: %s', (version, mayHave) => {
    const portal = aPortal({ contactWarnings: 'empty' });
    const created = portal.send('POST', base(version), { properties: { firstname: 'A' } }).body;
    const read = portal.send('GET', `${base(version)}/${created.id}`).body;
    const [listed] = portal.send('GET', base(version)).body.results;
    for (const contact of [created, read, listed]) expect('warnings' in contact).toBe(mayHave);
  });

  test.each([
    ['v3', false],
    ['2026-03', false],
    ['2025-09', true],
    ['2026-09', true],
  ])('a good batch of %s may say that there are no errors: %s', (version, maySay) => {
    const body = { inputs: [{ properties: { firstname: 'A' } }] };
    const good = aPortal({ errorsOfGoodBatch: 'empty' }).send('POST', `${base(version)}/batch/create`, body);
    expect(good.status).toBe(201);
    expect([good.body.numErrors, good.body.errors]).toEqual(maySay ? [0, []] : [undefined, undefined]);
    const silent = aPortal().send('POST', `${base(version)}/batch/create`, body);
    expect('errors' in silent.body).toBe(false);
  });
});

describe('batch/read', () => {
  test('answers what is there and one error for all that is not', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com' });
    const { status, body } = portal.post('/batch/read', {
      inputs: [{ id }, { id: '1' }, { id: '2' }],
      properties: ['email'],
    });
    expect(status).toBe(207);
    expect(body.results[0].properties.email).toBe('a@example.com');
    expect(body).toMatchObject({
      numErrors: 1,
      errors: [{ category: 'OBJECT_NOT_FOUND', context: { ids: ['1', '2'] } }],
    });
  });

  test('resolves a secondary e-mail without saying which input it was', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com' });
    const { status, body } = portal.post('/batch/read', {
      idProperty: 'email',
      inputs: [{ id: 'B@example.com' }],
      properties: ['email', 'hs_additional_emails'],
    });
    expect(status).toBe(200);
    expect(body.results[0]).toMatchObject({ id, properties: { email: 'a@example.com' } });
    expect(JSON.stringify(body)).not.toContain('B@example.com');
  });

  test('reads a merged-away id as its survivor', () => {
    const portal = aPortal();
    const [a, b] = [portal.create({ email: 'a@example.com' }), portal.create({ email: 'b@example.com' })];
    const survivor = portal.post('/merge', { primaryObjectId: a, objectIdToMerge: b }).body.id;
    expect(portal.post('/batch/read', { inputs: [{ id: b }] }).body.results[0].id).toBe(survivor);
  });

  test('refuses an id that stands twice, or answers it once where set to', () => {
    const inputs = (id: string) => ({ inputs: [{ id }, { id }] });
    const strict = aPortal();
    expect(strict.post('/batch/read', inputs(strict.create({ firstname: 'A' }))).status).toBe(400);
    const lenient = aPortal({ duplicateIdsOnReadOrArchive: 'collapse' });
    expect(lenient.post('/batch/read', inputs(lenient.create({ firstname: 'A' }))).body.results).toHaveLength(1);
  });
});
