import { describe, expect, test } from '@jest/globals';
import { aPortal, CONTACTS, type Portal } from './portal.ts';

const merge = (portal: Portal, primaryObjectId: string, objectIdToMerge: string) =>
  portal.post('/merge', { primaryObjectId, objectIdToMerge });

describe('merge', () => {
  test('makes a new record to which both old ids and both e-mails lead', () => {
    const portal = aPortal();
    const a = portal.create({ email: 'a@example.com', city: 'Oslo' });
    const b = portal.create({ email: 'b@example.com', city: 'Rome', phone: '1' });
    const { status, body } = merge(portal, a, b);
    expect(status).toBe(200);
    expect([a, b]).not.toContain(body.id);
    expect(portal.properties(body.id)).toMatchObject({
      email: 'a@example.com',
      hs_additional_emails: 'b@example.com',
      city: 'Oslo',
      phone: '1',
      hs_merged_object_ids: `${a};${b}`,
    });
    for (const path of [a, b, 'a@example.com?idProperty=email', 'b@example.com?idProperty=email']) {
      expect(portal.send('GET', `${CONTACTS}/${path}`).body.id).toBe(body.id);
    }
    expect(portal.core.size()).toBe(1);
  });

  test('keeps the id of the primary where set to', () => {
    const portal = aPortal({ mergeKeepsPrimaryId: true });
    const a = portal.create({ email: 'a@example.com' });
    const b = portal.create({ email: 'b@example.com' });
    expect(merge(portal, a, b).body.id).toBe(a);
    expect(portal.send('GET', `${CONTACTS}/${b}`).body.id).toBe(a);
  });

  test('an update of a merged-away id reaches the survivor, through two merges', () => {
    const portal = aPortal();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => portal.create({ firstname: name }));
    const survivor = merge(portal, c ?? '', merge(portal, a ?? '', b ?? '').body.id).body.id;
    const { body } = portal.send('PATCH', `${CONTACTS}/${a}`, { properties: { city: 'Oslo' } });
    expect(body.id).toBe(survivor);
    expect(portal.properties(survivor)?.['city']).toBe('Oslo');
  });

  test('refuses to merge a contact with itself or with nobody', () => {
    const portal = aPortal();
    const a = portal.create({ firstname: 'a' });
    expect(merge(portal, a, a).status).toBe(400);
    expect(merge(portal, a, '1').status).toBe(404);
  });
});

describe('archive', () => {
  test('takes a contact out of reach and frees its e-mail', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com' });
    expect(portal.send('DELETE', `${CONTACTS}/${id}`)).toMatchObject({ status: 204, body: '' });
    expect(portal.send('GET', `${CONTACTS}/${id}`).status).toBe(404);
    expect(portal.send('GET', `${CONTACTS}/${id}?archived=true`).body).toMatchObject({ id, archived: true });
    expect(portal.post('/batch/update', { inputs: [{ id, properties: {} }] }).body.errors[0].context.ids).toEqual([id]);
    expect(portal.create({ email: 'a@example.com' })).not.toBe(id);
  });

  test('keeps the e-mail taken where set to', () => {
    const portal = aPortal({ archivedKeys: 'taken' });
    const id = portal.create({ email: 'a@example.com' });
    portal.send('DELETE', `${CONTACTS}/${id}`);
    expect(portal.post('', { properties: { email: 'a@example.com' } }).status).toBe(409);
  });

  test('of many answers 204, unknown ids or not', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com' });
    expect(portal.post('/batch/archive', { inputs: [{ id }, { id: '1' }] }).status).toBe(204);
    expect(portal.core.contact(id)?.archivedAt).toBeDefined();
  });

  test('tells unknown ids where set to', () => {
    const portal = aPortal({ archiveUnknownId: 'not-found' });
    expect(portal.send('DELETE', `${CONTACTS}/1`).status).toBe(404);
    expect(portal.post('/batch/archive', { inputs: [{ id: '1' }] })).toMatchObject({
      status: 207,
      body: { errors: [{ context: { ids: ['1'] } }] },
    });
  });

  test('refuses an id that stands twice, or takes it once where set to', () => {
    const inputs = [{ id: '1' }, { id: '1' }];
    expect(aPortal().post('/batch/archive', { inputs }).status).toBe(400);
    const lenient = aPortal({ duplicateIdsOnReadOrArchive: 'collapse', archiveUnknownId: 'not-found' });
    expect(lenient.post('/batch/archive', { inputs }).body.errors[0].context).toEqual({ ids: ['1'] });
  });

  test('of a merged-away id takes the survivor, or nothing where set to', () => {
    for (const [archiveMergedId, archived] of [
      ['survivor', true],
      ['nothing', false],
    ] as const) {
      const portal = aPortal({ archiveMergedId });
      const [a, b] = [portal.create({ firstname: 'a' }), portal.create({ firstname: 'b' })];
      const survivor = merge(portal, a, b).body.id;
      expect(portal.send('DELETE', `${CONTACTS}/${b}`).status).toBe(204);
      expect(portal.core.contact(survivor)?.archivedAt !== undefined).toBe(archived);
    }
  });
});

describe('gdpr-delete', () => {
  test('removes a contact for good', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com' });
    expect(portal.post('/gdpr-delete', { objectId: 'A@example.com', idProperty: 'email' }).status).toBe(204);
    expect(portal.core.contact(id)).toBeUndefined();
    expect(portal.create({ email: 'a@example.com' })).not.toBe(id);
  });

  test('of an e-mail that nobody has blocks it', () => {
    const portal = aPortal();
    expect(portal.post('/gdpr-delete', { objectId: 'a@example.com', idProperty: 'email' }).status).toBe(204);
    expect(portal.post('', { properties: { email: 'a@example.com' } }).status).toBe(400);
  });

  test.each(['sentence', 'listed'] as const)(
    'of an e-mail that nobody has keeps it from being upserted or given to another (%s)',
    (blockedEmailError) => {
      const portal = aPortal({ blockedEmailError });
      const other = portal.create({ email: 'b@example.com' });
      portal.post('/gdpr-delete', { objectId: ' A@example.com', idProperty: 'email' });
      const upsert = {
        inputs: [{ id: 'a@example.com', idProperty: 'email', properties: { city: 'Oslo' }, objectWriteTraceId: 't' }],
      };
      expect(portal.post('/batch/upsert', upsert)).toMatchObject({ status: 207, body: { results: [], numErrors: 1 } });
      expect(portal.send('PATCH', `${CONTACTS}/${other}`, { properties: { email: 'a@example.com' } }).status).toBe(400);
      expect(portal.core.size()).toBe(1);
    },
  );
});
