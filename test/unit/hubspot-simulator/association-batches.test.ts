import { describe, expect, test } from '@jest/globals';
import { labeled, linksOf, pair, primary, sendBatch, unlabeled, V4_BATCH } from './association-inputs.ts';
import { aPortal } from './portal.ts';

describe('v4 batch/create', () => {
  test('associates with labels and answers 201 with both ends of each', () => {
    const portal = aPortal();
    const [a, b] = [portal.create({ firstname: 'a' }), portal.create({ firstname: 'b' })];
    const { status, body } = sendBatch(
      portal,
      `${V4_BATCH}/create`,
      labeled(a, '7', primary),
      labeled(b, '7', unlabeled),
    );
    expect(status).toBe(201);
    expect(body.results).toEqual([
      {
        fromObjectTypeId: '0-1',
        fromObjectId: Number(a),
        toObjectTypeId: '0-2',
        toObjectId: 7,
        labels: ['Primary'],
      },
      { fromObjectTypeId: '0-1', fromObjectId: Number(b), toObjectTypeId: '0-2', toObjectId: 7, labels: [] },
    ]);
    expect([linksOf(portal, a), linksOf(portal, b)]).toEqual([
      ['companies 7 279', 'companies 7 1'],
      ['companies 7 279'],
    ]);
  });

  test('is the same under a dated path', () => {
    const portal = aPortal();
    const a = portal.create({ firstname: 'a' });
    const path = '/crm/associations/2026-09/contacts/deals/batch/create';
    const deal = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 4 };
    expect(sendBatch(portal, path, labeled(a, '7', deal)).status).toBe(201);
    expect(linksOf(portal, a)).toEqual(['deals 7 4']);
  });

  test('makes what can be made and names the objects that are not there, but not the inputs', () => {
    const portal = aPortal({ existingObjects: { companies: ['7'] } });
    const a = portal.create({ firstname: 'a' });
    const { status, body } = sendBatch(
      portal,
      `${V4_BATCH}/create`,
      labeled('5', '7', unlabeled),
      labeled(a, '8', unlabeled),
      labeled(a, '7', unlabeled),
    );
    expect([status, body.results.length, body.numErrors]).toEqual([207, 1, 2]);
    expect(body.errors).toEqual([
      {
        status: 'error',
        category: 'VALIDATION_ERROR',
        message: 'One or more associations are invalid',
        context: {
          INVALID_OBJECT_IDS: ['CONTACT=5 is not valid'],
          objectId: ['5'],
          objectType: ['CONTACT'],
        },
      },
      expect.objectContaining({ context: expect.objectContaining({ objectId: ['8'], objectType: ['COMPANY'] }) }),
    ]);
    expect(linksOf(portal, a)).toEqual(['companies 7 279']);
  });

  test('a type that does not exist refuses all, or the record alone where set to', () => {
    const answer = (unknownTypesInBatch: 'whole-batch' | 'per-record') => {
      const portal = aPortal({ unknownTypesInBatch });
      const a = portal.create({ firstname: 'a' });
      const type = { associationCategory: 'USER_DEFINED', associationTypeId: 99 };
      const { status, body } = sendBatch(
        portal,
        `${V4_BATCH}/create`,
        labeled(a, '7', unlabeled),
        labeled(a, '8', type),
      );
      expect(portal.core.statistics().violations).toEqual({ 'unknown-association-type': 1 });
      return { status, category: body.category ?? body.errors[0].category, links: linksOf(portal, a) };
    };
    expect(answer('whole-batch')).toEqual({ status: 400, category: 'VALIDATION_ERROR', links: [] });
    expect(answer('per-record')).toEqual({ status: 207, category: 'VALIDATION_ERROR', links: ['companies 7 279'] });
  });

  test('an association that stands twice is answered once, or each time where set to', () => {
    const results = (repeatedAssociations: 'one-result' | 'each') => {
      const portal = aPortal({ repeatedAssociations });
      const a = portal.create({ firstname: 'a' });
      const input = labeled(a, '7', unlabeled);
      const { body } = sendBatch(portal, `${V4_BATCH}/create`, input, input);
      expect(linksOf(portal, a)).toEqual(['companies 7 279']);
      expect(portal.core.statistics().violations).toEqual({ 'same-association-twice': 1 });
      return body.results.length;
    };
    expect([results('one-result'), results('each')]).toEqual([1, 2]);
  });

  test('takes 2,000 inputs and no more', () => {
    const portal = aPortal();
    const a = portal.create({ firstname: 'a' });
    const inputs = Array.from({ length: 2_001 }, (_, index) => labeled(a, String(index + 1), unlabeled));
    expect(sendBatch(portal, `${V4_BATCH}/create`, ...inputs).status).toBe(400);
    expect(portal.core.contact(a)?.associations).toEqual([]);
    expect(sendBatch(portal, `${V4_BATCH}/create`, ...inputs.slice(1)).status).toBe(201);
    expect(portal.core.contact(a)?.associations).toHaveLength(2_000);
    expect(portal.core.statistics().violations).toEqual({ 'too-many-inputs': 1 });
  });

  test('one of wrong shape is not read', () => {
    const portal = aPortal();
    expect(sendBatch(portal, `${V4_BATCH}/create`, { from: { id: '1' } }).status).toBe(400);
    expect(sendBatch(portal, `${V4_BATCH}/create`, labeled('1', '2')).status).toBe(400);
    expect(portal.send('POST', `${V4_BATCH}/create`, {}).body.results).toEqual([]);
  });
});

describe('v4 batch/associate/default', () => {
  test('answers each direction of each, and 200 for errors too', () => {
    const portal = aPortal();
    const a = portal.create({ firstname: 'a' });
    const { status, body } = sendBatch(portal, `${V4_BATCH}/associate/default`, pair(a, '7'), pair('5', '7'));
    expect(status).toBe(200);
    expect(body.results).toEqual([
      { ...pair(a, '7'), associationSpec: unlabeled },
      { ...pair('7', a), associationSpec: { ...unlabeled, associationTypeId: 280 } },
    ]);
    expect(body).toMatchObject({ numErrors: 1, errors: [{ context: { objectId: ['5'] } }] });
  });
});

describe('v4 batch/archive', () => {
  test('takes all away that one contact has in common with several', () => {
    const portal = aPortal();
    const a = portal.create({ firstname: 'a' });
    for (const id of ['7', '8', '9']) sendBatch(portal, `${V4_BATCH}/create`, labeled(a, id, primary));
    const answer = sendBatch(
      portal,
      `${V4_BATCH}/archive`,
      { from: { id: a }, to: [{ id: '7' }, { id: '9' }] },
      { from: { id: '5' }, to: [{ id: '7' }] },
    );
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(linksOf(portal, a)).toEqual(['companies 8 279']);
  });

  test('of labels leaves the association, and of the association leaves no label', () => {
    const portal = aPortal();
    const a = portal.create({ firstname: 'a' });
    sendBatch(portal, `${V4_BATCH}/create`, labeled(a, '7', primary));
    expect(sendBatch(portal, `${V4_BATCH}/labels/archive`, labeled(a, '7', primary)).status).toBe(204);
    expect(linksOf(portal, a)).toEqual(['companies 7 279']);
    sendBatch(portal, `${V4_BATCH}/create`, labeled(a, '7', primary));
    expect(sendBatch(portal, `${V4_BATCH}/labels/archive`, labeled(a, '7', unlabeled)).status).toBe(204);
    expect(linksOf(portal, a)).toEqual([]);
  });
});

describe('the limit of association batches', () => {
  test('is apart from that of other calls, which single associations count towards', () => {
    const portal = aPortal({ limit: 3, associationLimit: 2 });
    const a = portal.create({ firstname: 'a' });
    const batch = () => sendBatch(portal, `${V4_BATCH}/create`, labeled(a, '7', unlabeled)).status;
    const single = () => portal.send('PUT', `/crm/v4/objects/contacts/${a}/associations/default/companies/7`).status;
    expect([batch(), batch(), batch()]).toEqual([201, 201, 429]);
    expect([single(), single(), single()]).toEqual([200, 200, 429]);
    portal.advance(10_000);
    expect([batch(), single()]).toEqual([201, 200]);
    expect(portal.core.statistics().peakCallsPer10Seconds).toBe(4);
  });

  test('counts towards the day', () => {
    const portal = aPortal({ dailyLimit: 1 });
    expect(sendBatch(portal, `${V4_BATCH}/read`, { id: '1' }).status).toBe(207);
    expect(sendBatch(portal, `${V4_BATCH}/read`, { id: '1' }).body).toMatchObject({ policyName: 'DAILY' });
  });

  test('is in no header, unless set to', () => {
    const names = (rateHeadersOnAssociations: boolean) =>
      Object.keys(sendBatch(aPortal({ rateHeadersOnAssociations }), `${V4_BATCH}/read`, { id: '1' }).headers);
    expect(names(false)).not.toContain('x-hubspot-ratelimit-remaining');
    expect(names(true)).toContain('x-hubspot-ratelimit-remaining');
  });
});

test('statistics count associations by route', () => {
  const portal = aPortal();
  const a = portal.create({ firstname: 'a' });
  sendBatch(portal, `${V4_BATCH}/create`, labeled(a, '7', unlabeled), labeled(a, '8', unlabeled));
  sendBatch(portal, `${V4_BATCH}/archive`, { from: { id: a }, to: [{ id: '7' }, { id: '8' }, { id: '9' }] });
  portal.send('DELETE', `/crm/v4/objects/contacts/${a}/associations/companies/7`);
  expect(portal.core.statistics().recordsByRoute).toMatchObject({
    [`POST ${V4_BATCH}/create`]: { calls: 1, records: 2 },
    [`POST ${V4_BATCH}/archive`]: { calls: 1, records: 3 },
    'DELETE /crm/v4/objects/contacts/{id}/associations/{to}/{toId}': { calls: 1, records: 1 },
  });
});
