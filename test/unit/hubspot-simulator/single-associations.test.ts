import { describe, expect, test } from '@jest/globals';
import { associate, hubspotDefined, linksOf } from './association-inputs.ts';
import { aPortal, type Portal } from './portal.ts';

const V4 = '/crm/v4/objects/contacts';
const billing = {
  toType: 'companies',
  category: 'USER_DEFINED',
  typeId: 36,
  inverseTypeId: 37,
  label: 'Billing contact',
} as const;
const billingSpec = { associationCategory: 'USER_DEFINED', associationTypeId: 36 };

const put = (portal: Portal, path: string, ...types: object[]) => portal.send('PUT', path, types);
describe('PUT of a v4 association', () => {
  test('is answered 201 with the two ends and the labels', () => {
    const portal = aPortal({ associationLabels: [billing] });
    const id = portal.create({ firstname: 'Ada' });
    const { status, body } = associate(portal, id, 7, hubspotDefined(279), billingSpec);
    expect(status).toBe(201);
    expect(body).toEqual({
      fromObjectTypeId: '0-1',
      fromObjectId: Number(id),
      toObjectTypeId: '0-2',
      toObjectId: 7,
      labels: ['Billing contact'],
    });
  });

  test('has ids as texts where set to', () => {
    const portal = aPortal({ associationIds: 'string' });
    const id = portal.create({ firstname: 'Ada' });
    const { body } = put(portal, `${V4}/${id}/associations/deals/7`, hubspotDefined(4));
    expect(body).toMatchObject({ fromObjectId: id, toObjectId: '7' });
  });

  test('changes nothing the second time', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    const answers = [1, 2].map(() => put(portal, `${V4}/${id}/associations/tickets/7`, hubspotDefined(15)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(linksOf(portal, id)).toEqual(['tickets 7 15']);
  });

  test('a label brings the association without one along', () => {
    const portal = aPortal({ associationLabels: [billing] });
    const id = portal.create({ firstname: 'Ada' });
    associate(portal, id, 7, billingSpec);
    expect(linksOf(portal, id)).toEqual(['companies 7 279', 'companies 7 36']);
  });

  test('one company at a time is the primary one', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    for (const company of [7, 8]) associate(portal, id, company, hubspotDefined(1));
    expect(linksOf(portal, id)).toEqual(['companies 7 279', 'companies 8 279', 'companies 8 1']);
  });

  test('the first company becomes the primary one by itself where set to', () => {
    const portal = aPortal({ firstCompanyIsPrimary: true });
    const id = portal.create({ firstname: 'Ada' });
    for (const company of [7, 8]) associate(portal, id, company, hubspotDefined(279));
    expect(linksOf(portal, id)).toEqual(['companies 7 279', 'companies 7 1', 'companies 8 279']);
  });

  test.each([
    ['a type id of another kind of object', hubspotDefined(4), 'HUBSPOT_DEFINED=4'],
    ['a type id of the other direction', hubspotDefined(280), 'HUBSPOT_DEFINED=280'],
    ['a category that the type is not of', { ...billingSpec, associationTypeId: 279 }, 'USER_DEFINED=279'],
  ])('%s is refused and named', (_, type, named) => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    const { status, body } = associate(portal, id, 7, type);
    expect([status, body.category, body.message]).toEqual([
      400,
      'VALIDATION_ERROR',
      'One or more associations are invalid',
    ]);
    expect(body.context).toEqual({
      associationSpec: [named],
      INVALID_ASSOCIATION_TYPE_ID: [`${named} is not a valid association definition id`],
    });
    expect(linksOf(portal, id)).toEqual([]);
  });

  test('names every end that is not there, or answers 404 where set to', () => {
    const answer = (missingAssociated: 'invalid' | 'not-found') =>
      put(
        aPortal({ missingAssociated, existingObjects: { companies: ['8'] } }),
        `${V4}/5/associations/companies/7`,
        hubspotDefined(279),
      );
    expect(answer('invalid')).toMatchObject({
      status: 400,
      body: {
        category: 'VALIDATION_ERROR',
        context: {
          INVALID_OBJECT_IDS: ['CONTACT=5 is not valid', 'COMPANY=7 is not valid'],
          objectId: ['5', '7'],
          objectType: ['CONTACT', 'COMPANY'],
        },
      },
    });
    expect(answer('not-found').status).toBe(404);
  });

  test('takes an object for a real one only if its id is a number', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    for (const company of ['x', '0', '-1']) {
      expect(associate(portal, id, company, hubspotDefined(279)).status).toBe(400);
    }
  });

  test('without types is refused', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    expect(associate(portal, id, 7).status).toBe(400);
    expect(portal.send('PUT', `${V4}/${id}/associations/companies/7`, { types: [] }).status).toBe(400);
  });

  test('an object type that is none is named, without a category', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    const { status, body } = put(portal, `${V4}/${id}/associations/widgets/7`, hubspotDefined(279));
    expect([status, body.message, body.category]).toEqual([
      400,
      'Unable to infer object type from: widgets',
      undefined,
    ]);
  });

  test('works from the other side, with the type ids of that direction', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    const { status, body } = put(portal, `/crm/v4/objects/company/7/associations/0-1/${id}`, hubspotDefined(2));
    expect([status, body]).toMatchObject([
      201,
      { fromObjectTypeId: '0-2', toObjectId: Number(id), labels: ['Primary'] },
    ]);
    expect(linksOf(portal, id)).toEqual(['companies 7 279', 'companies 7 1']);
  });

  test('between two objects that are no contacts is no path of this API', () => {
    const portal = aPortal();
    expect(put(portal, '/crm/v4/objects/companies/7/associations/deals/8', hubspotDefined(5)).status).toBe(404);
    expect(portal.core.statistics().violations).toEqual({ 'unknown-route': 1 });
  });

  test('of a merged-away id is the survivor’s, or not found where set to', () => {
    const answer = (mergedIdInAssociations: 'survivor' | 'not-found') => {
      const portal = aPortal({ mergedIdInAssociations });
      const [a, b] = [portal.create({ firstname: 'a' }), portal.create({ firstname: 'b' })];
      const survivor = portal.post('/merge', { primaryObjectId: a, objectIdToMerge: b }).body.id;
      const { status } = associate(portal, b, 7, hubspotDefined(279));
      return [status, linksOf(portal, survivor)];
    };
    expect(answer('survivor')).toEqual([201, ['companies 7 279']]);
    expect(answer('not-found')).toEqual([400, []]);
  });

  test('takes the other object’s scope too where set to', () => {
    const portal = aPortal({ associationScopes: 'both' });
    const id = portal.create({ firstname: 'Ada' });
    const { status, body } = associate(portal, id, 7, hubspotDefined(279));
    expect([status, body.errors[0].context.requiredGranularScopes]).toEqual([403, ['crm.objects.companies.write']]);
  });
});

describe('PUT of a default association', () => {
  test.each([V4, '/crm/objects/2026-03/contacts'])(
    'under %s is answered like a batch, once for each direction',
    (base) => {
      const portal = aPortal();
      const id = portal.create({ firstname: 'Ada' });
      const { status, body } = portal.send('PUT', `${base}/${id}/associations/default/companies/7`);
      expect(status).toBe(200);
      expect(body).toEqual({
        status: 'COMPLETE',
        results: [
          { from: { id }, to: { id: '7' }, associationSpec: hubspotDefined(279) },
          { from: { id: '7' }, to: { id }, associationSpec: hubspotDefined(280) },
        ],
        startedAt: expect.any(String),
        completedAt: expect.any(String),
      });
      expect(linksOf(portal, id)).toEqual(['companies 7 279']);
    },
  );
});

describe('DELETE of a v4 association', () => {
  test('takes away all that the two have in common, and is 204 if that is nothing', () => {
    const portal = aPortal();
    const id = portal.create({ firstname: 'Ada' });
    for (const company of [7, 8]) associate(portal, id, company, hubspotDefined(1));
    for (const path of [`${V4}/${id}`, `${V4}/${id}`, `${V4}/99`]) {
      expect(portal.send('DELETE', `${path}/associations/companies/8`).status).toBe(204);
    }
    expect(linksOf(portal, id)).toEqual(['companies 7 279']);
  });

  test('of a contact that is not there is 404 where set to', () => {
    const portal = aPortal({ dissociateUnknown: 'not-found' });
    expect(portal.send('DELETE', `${V4}/99/associations/companies/8`).status).toBe(404);
  });
});
