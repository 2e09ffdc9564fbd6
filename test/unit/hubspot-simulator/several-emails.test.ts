import { describe, expect, test } from '@jest/globals';
import { aPortal, CONTACTS, type Portal } from './portal.ts';

const byEmail = (id: string, properties: object = {}) => ({ id, idProperty: 'email', properties });
const changeEmail = (portal: Portal, id: string, email: string) =>
  portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { email } }).status;

describe('secondary e-mails', () => {
  test('find their contact on every read and write', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com', hs_additional_emails: 'B@example.com;c@example.com' });
    expect(portal.properties(id)?.['hs_additional_emails']).toBe('b@example.com;c@example.com');
    expect(portal.send('GET', `${CONTACTS}/b@example.com?idProperty=email`).body.id).toBe(id);
    const patch = { properties: { city: 'Oslo' } };
    expect(portal.send('PATCH', `${CONTACTS}/c@example.com?idProperty=email`, patch).body.id).toBe(id);
    const read = { idProperty: 'email', inputs: [{ id: 'b@example.com' }] };
    expect(portal.post('/batch/read', read).body.results[0].id).toBe(id);
    const upserted = portal.post('/batch/upsert', { inputs: [byEmail('c@example.com')] }).body.results[0];
    expect([upserted.id, upserted.new]).toEqual([id, false]);
    expect(portal.post('', { properties: { email: 'b@example.com' } }).status).toBe(409);
  });

  test('cannot be those of another contact', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com' });
    const other = portal.create({ firstname: 'Other' });
    const { status, body } = portal.send('PATCH', `${CONTACTS}/${other}`, {
      properties: { hs_additional_emails: 'b@example.com' },
    });
    expect([status, body.message]).toEqual([400, expect.stringContaining(`${id} already has that value`)]);
  });

  test('are free again once they are taken away', () => {
    const portal = aPortal();
    const id = portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com;c@example.com' });
    portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { hs_additional_emails: 'c@example.com' } });
    expect(portal.create({ email: 'b@example.com' })).not.toBe(id);
    expect(portal.send('GET', `${CONTACTS}/c@example.com?idProperty=email`).body.id).toBe(id);
  });

  test('the second of two upserts of one contact is dropped without a word where set to', () => {
    const portal = aPortal({ aliasesInOneUpsert: 'drops-second' });
    const id = portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com' });
    const inputs = [byEmail('b@example.com', { city: 'Oslo' }), byEmail('a@example.com', { city: 'Rome' })];
    const { status, body } = portal.post('/batch/upsert', { inputs });
    expect([status, body.results.length, body.errors]).toEqual([200, 1, undefined]);
    expect(portal.properties(id)?.['city']).toBe('Oslo');
  });
});

describe('a changed e-mail', () => {
  test('leaves the one before free, or keeps it as a secondary one where set to', () => {
    const emails = (replacedEmail: 'dropped' | 'secondary') => {
      const portal = aPortal({ replacedEmail });
      const id = portal.create({ email: 'a@example.com', hs_additional_emails: 'c@example.com' });
      expect(changeEmail(portal, id, 'b@example.com')).toBe(200);
      return [
        portal.properties(id)?.['hs_additional_emails'],
        portal.post('', { properties: { email: 'a@example.com' } }).status,
      ];
    };
    expect(emails('dropped')).toEqual(['c@example.com', 201]);
    expect(emails('secondary')).toEqual(['c@example.com;a@example.com', 409]);
  });

  test('can be swapped with a secondary one where the one before is kept', () => {
    const portal = aPortal({ replacedEmail: 'secondary' });
    const id = portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com' });
    changeEmail(portal, id, 'b@example.com');
    expect(portal.properties(id)).toMatchObject({ email: 'b@example.com', hs_additional_emails: 'a@example.com' });
  });
});

describe('a contact that is deleted for good', () => {
  test('frees its e-mails, or has all of them blocked where set to', () => {
    const statuses = (purgedEmails: 'free' | 'blocked') => {
      const portal = aPortal({ purgedEmails });
      portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com' });
      portal.post('/gdpr-delete', { objectId: 'b@example.com', idProperty: 'email' });
      return ['a@example.com', 'b@example.com'].map((email) => portal.post('', { properties: { email } }).status);
    };
    expect(statuses('free')).toEqual([201, 201]);
    expect(statuses('blocked')).toEqual([400, 400]);
  });

  test('by an id that nobody has is not found', () => {
    expect(aPortal().post('/gdpr-delete', { objectId: '99' }).status).toBe(404);
  });
});

test('an update of a merged-away id is not found where set to', () => {
  const portal = aPortal({ mergedIdInUpdate: 'not-found' });
  const [a, b] = [portal.create({ firstname: 'a' }), portal.create({ firstname: 'b' })];
  portal.post('/merge', { primaryObjectId: a, objectIdToMerge: b });
  expect(portal.send('PATCH', `${CONTACTS}/${b}`, { properties: { city: 'Oslo' } }).status).toBe(404);
});

test('the pinned activity is a property like others', () => {
  const portal = aPortal();
  const id = portal.create({ firstname: 'Ada', hs_pinned_engagement_id: '123' });
  const pin = (value: string) =>
    portal.send('PATCH', `${CONTACTS}/${id}`, { properties: { hs_pinned_engagement_id: value } }).status;
  expect([pin('456'), pin('note')]).toEqual([200, 400]);
  expect(portal.properties(id)).toMatchObject({ hs_pinned_engagement_id: '456' });
  expect(pin('')).toBe(200);
  expect(portal.properties(id)).not.toHaveProperty('hs_pinned_engagement_id');
});
