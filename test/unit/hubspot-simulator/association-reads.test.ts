import { describe, expect, test } from '@jest/globals';
import {
  associate,
  hubspotDefined,
  labeled,
  linksOf,
  primary,
  sendBatch,
  unlabeled,
  V3_BATCH,
  V4_BATCH,
} from './association-inputs.ts';
import { aPortal, CONTACTS } from './portal.ts';

const V4 = '/crm/v4/objects/contacts';

describe('batch/read of associations', () => {
  test('answers v4 labels, and calls it an error where there are none', () => {
    const portal = aPortal();
    const [a, b] = [portal.create({ firstname: 'a' }), portal.create({ firstname: 'b' })];
    sendBatch(portal, `${V4_BATCH}/create`, labeled(a, '7', primary));
    const { status, body } = sendBatch(portal, `${V4_BATCH}/read`, { id: a }, { id: b }, { id: '5' });
    expect(status).toBe(207);
    expect(body.results).toEqual([
      {
        from: { id: a },
        to: [
          {
            toObjectId: 7,
            associationTypes: [
              { category: 'HUBSPOT_DEFINED', typeId: 279, label: null },
              { category: 'HUBSPOT_DEFINED', typeId: 1, label: 'Primary' },
            ],
          },
        ],
      },
    ]);
    expect(body.errors).toEqual(
      [b, '5'].map((id) => ({
        status: 'error',
        category: 'OBJECT_NOT_FOUND',
        subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
        message: `No company is associated with contact ${id}.`,
        context: { fromObjectId: [id], fromObjectType: ['contact'], toObjectType: ['company'] },
      })),
    );
  });

  test('answers v3 names, 100 for each contact, and goes on from there', () => {
    const portal = aPortal();
    const a = portal.create({ firstname: 'a' });
    const inputs = Array.from({ length: 101 }, (_, index) => labeled(a, String(index + 1), unlabeled));
    sendBatch(portal, `${V4_BATCH}/create`, ...inputs);
    const first = sendBatch(portal, `${V3_BATCH}/read`, { id: a }).body.results[0];
    expect(first.to).toHaveLength(100);
    expect(first.to[0]).toEqual({ id: '1', type: 'contact_to_company_unlabeled' });
    const rest = sendBatch(portal, `${V3_BATCH}/read`, { id: a, after: first.paging.next.after }).body.results[0];
    expect([rest.to, rest.paging]).toEqual([[{ id: '101', type: 'contact_to_company_unlabeled' }], undefined]);
  });

  test('finds from a company the contacts that are not archived', () => {
    const portal = aPortal();
    const [a, b] = [portal.create({ firstname: 'a' }), portal.create({ firstname: 'b' })];
    for (const id of [a, b]) sendBatch(portal, `${V4_BATCH}/create`, labeled(id, '7', unlabeled));
    portal.post('/batch/archive', { inputs: [{ id: b }] });
    const { status, body } = sendBatch(portal, '/crm/v3/associations/companies/contacts/batch/read', { id: '7' });
    expect([status, body.results]).toEqual([
      200,
      [{ from: { id: '7' }, to: [{ id: a, type: 'company_to_contact_unlabeled' }] }],
    ]);
  });

  test('takes 1,000 inputs and no more', () => {
    const inputs = Array.from({ length: 1_001 }, (_, index) => ({ id: String(index + 1) }));
    expect(sendBatch(aPortal(), `${V4_BATCH}/read`, ...inputs).status).toBe(400);
    expect(sendBatch(aPortal(), `${V4_BATCH}/read`, ...inputs.slice(1)).status).toBe(207);
  });
});

describe('GET of v4 associations', () => {
  test('shows the labels of each, and pages', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    associate(portal, id, 10, hubspotDefined(1));
    associate(portal, id, 9, hubspotDefined(279));
    const unlabeled = { category: 'HUBSPOT_DEFINED', typeId: 279, label: null };
    const first = portal.send('GET', `/crm/objects/2026-03/contacts/${id}/associations/companies?limit=1`).body;
    expect(first.results).toEqual([{ toObjectId: 9, associationTypes: [unlabeled] }]);
    expect(first.paging.next.link).toBe(
      `https://api.hubapi.com/crm/objects/2026-03/contacts/${id}/associations/companies?limit=1&after=9`,
    );
    const second = portal.send('GET', `${V4}/${id}/associations/companies?after=${first.paging.next.after}`).body;
    expect(second.results).toEqual([
      {
        toObjectId: 10,
        associationTypes: [unlabeled, { category: 'HUBSPOT_DEFINED', typeId: 1, label: 'Primary' }],
      },
    ]);
    expect(second.paging).toBeUndefined();
    expect(portal.send('GET', '/crm/v4/objects/companies/9/associations/contacts').body.results).toEqual([
      { toObjectId: Number(id), associationTypes: [{ ...unlabeled, typeId: 280 }] },
    ]);
  });

  test('refuses a page that is too long, and a contact that is not there', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    expect(portal.send('GET', `${V4}/${id}/associations/companies?limit=501`).status).toBe(400);
    expect(portal.send('GET', `${V4}/${id}/associations/companies`).body.results).toEqual([]);
    expect(portal.send('GET', `${V4}/99/associations/companies`).status).toBe(404);
  });
});

describe('associations of a contact', () => {
  test('show on a read by any name of their object type, and on a list', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    associate(portal, id, 7, hubspotDefined(279));
    const expected = { companies: { results: [{ id: '7', type: 'contact_to_company_unlabeled' }] } };
    for (const name of ['companies', 'company', '0-2', 'COMPANY,deals']) {
      expect(portal.send('GET', `${CONTACTS}/${id}?associations=${name}`).body.associations).toEqual(expected);
    }
    expect(portal.send('GET', `${CONTACTS}?associations=companies`).body.results[0]).toMatchObject({
      associations: expected,
    });
    expect(portal.send('GET', `${CONTACTS}/${id}?associations=widgets`).status).toBe(400);
  });

  test('survive a merge, each once, with the primary’s own primary company', () => {
    const portal = aPortal();
    const [a, b] = [portal.create({ firstname: 'a' }), portal.create({ firstname: 'b' })];
    associate(portal, a, 7, hubspotDefined(1));
    associate(portal, b, 7, hubspotDefined(279));
    associate(portal, b, 8, hubspotDefined(1));
    const survivor = portal.post('/merge', { primaryObjectId: a, objectIdToMerge: b }).body.id;
    expect(linksOf(portal, survivor)).toEqual(['companies 7 279', 'companies 7 1', 'companies 8 279']);
  });

  test('to an object that is not there refuse a create', () => {
    const portal = aPortal({ existingObjects: { deals: [] } });
    const associations = [{ to: { id: '7' }, types: [hubspotDefined(4)] }];
    const { status, body } = portal.post('', { properties: { firstname: 'Ada' }, associations });
    expect([status, body.context]).toMatchObject([400, { INVALID_OBJECT_IDS: ['DEAL=7 is not valid'] }]);
    expect(portal.core.size()).toBe(0);
  });
});
