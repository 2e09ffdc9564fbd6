import { describe, expect, test } from '@jest/globals';
import { linksOf, named, sendBatch, V3_BATCH } from './association-inputs.ts';
import { aPortal, CONTACTS } from './portal.ts';

describe.each([CONTACTS, '/crm/objects/2026-09/contacts'])('the older single association under %s', (base) => {
  test('is made with 200 and the contact, and taken away with 204', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    const path = `${base}/${id}/associations/companies/7`;
    const { status, body } = portal.send('PUT', `${path}/1`);
    expect([status, body.id, body.associations]).toEqual([
      200,
      id,
      {
        companies: {
          results: [
            { id: '7', type: 'contact_to_company_unlabeled' },
            { id: '7', type: 'contact_to_company' },
          ],
        },
      },
    ]);
    expect(portal.send('DELETE', `${path}/1`).status).toBe(204);
    expect(linksOf(portal, id)).toEqual(['companies 7 279']);
    portal.send('PUT', `${path}/1`);
    expect(portal.send('DELETE', `${path}/279`).status).toBe(204);
    expect(linksOf(portal, id)).toEqual([]);
  });

  test('is answered with nothing where set to', () => {
    const portal = aPortal({ legacyAssociateAnswer: 'empty' });
    const id = portal.create({ firstname: 'Ada' });
    expect(portal.send('PUT', `${base}/${id}/associations/deals/7/4`)).toMatchObject({ status: 204, body: '' });
  });

  test('refuses a type that does not lead there', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    for (const type of ['4', 'x']) {
      for (const method of ['PUT', 'DELETE']) {
        const { status, body } = portal.send(method, `${base}/${id}/associations/companies/7/${type}`);
        expect([status, body.category]).toEqual([400, 'VALIDATION_ERROR']);
      }
    }
  });
});

describe('v3 batches of associations', () => {
  test('take a type by its name or its id', () => {
    const portal = aPortal();
    const a = portal.create({ firstname: 'a' });
    const { status, body } = sendBatch(
      portal,
      `${V3_BATCH}/create`,
      named(a, '7', 'contact_to_company'),
      named(a, '8', '279'),
    );
    expect([status, body.status]).toEqual([201, 'COMPLETE']);
    expect(body.results).toEqual([named(a, '7', 'contact_to_company'), named(a, '8', 'contact_to_company_unlabeled')]);
    expect(linksOf(portal, a)).toEqual(['companies 7 279', 'companies 7 1', 'companies 8 279']);
    expect(sendBatch(portal, `${V3_BATCH}/archive`, named(a, '7', 'contact_to_company_unlabeled')).status).toBe(204);
    expect(linksOf(portal, a)).toEqual(['companies 8 279']);
  });

  test('say that they are still at work where set to', () => {
    const portal = aPortal({ associationBatchStatus: 'PENDING' });
    const a = portal.create({ firstname: 'a' });
    const { status, body } = sendBatch(portal, `${V3_BATCH}/create`, named(a, '7', 'contact_to_company'));
    expect([status, body.status, body.results]).toEqual([201, 'PENDING', []]);
    expect(linksOf(portal, a)).toContain('companies 7 1');
  });

  test('refuse a name that is none, and tell a contact that is not there', () => {
    const portal = aPortal();
    expect(sendBatch(portal, `${V3_BATCH}/create`, named('5', '7', 'contact_to_deal')).body.category).toBe(
      'VALIDATION_ERROR',
    );
    expect(sendBatch(portal, `${V3_BATCH}/create`, named('5', '7', 'contact_to_company'))).toMatchObject({
      status: 207,
      body: { errors: [{ context: { objectType: ['CONTACT'] } }] },
    });
  });
});
