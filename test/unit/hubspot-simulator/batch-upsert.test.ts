import { describe, expect, test } from '@jest/globals';
import { aPortal } from './portal.ts';

const byEmail = (id: string, properties: Record<string, string> = {}, trace?: string) => ({
  id,
  idProperty: 'email',
  properties,
  ...(trace !== undefined && { objectWriteTraceId: trace }),
});

describe('batch/upsert', () => {
  test('creates what is new and updates what is not, and says which', () => {
    const portal = aPortal();
    const a = portal.create({ email: 'a@example.com', firstname: 'Ada' });
    const { status, body } = portal.post('/batch/upsert', {
      inputs: [byEmail('A@example.com', { city: 'Oslo' }, 't1'), byEmail('new@example.com', { city: 'Rome' }, 't2')],
    });
    expect(status).toBe(200);
    expect(body.results[0]).toMatchObject({ id: a, new: false, objectWriteTraceId: 't1' });
    expect(body.results[1]).toMatchObject({ new: true, properties: { email: 'new@example.com', city: 'Rome' } });
    expect(portal.properties(a)).toMatchObject({ firstname: 'Ada', city: 'Oslo' });
  });

  test('leaves trace ids out of results where set to', () => {
    const { body } = aPortal({ echoTraceIdOnUpsert: false }).post('/batch/upsert', {
      inputs: [byEmail('a@example.com', {}, 't1')],
    });
    expect(body.results[0]).not.toHaveProperty('objectWriteTraceId');
  });

  test('the same upsert again finds the same contact', () => {
    const portal = aPortal();
    const inputs = [byEmail('a@example.com', { city: 'Oslo' })];
    const [first] = portal.post('/batch/upsert', { inputs }).body.results;
    const [second] = portal.post('/batch/upsert', { inputs }).body.results;
    expect([second.id, second.new]).toEqual([first.id, false]);
  });

  test('a secondary e-mail is an alias of its contact', () => {
    const portal = aPortal();
    const a = portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com;C@example.com' });
    const { body } = portal.post('/batch/upsert', { inputs: [byEmail('c@example.com', { city: 'Oslo' })] });
    expect(body.results[0]).toMatchObject({ id: a, new: false });
    expect(portal.properties(a)?.['email']).toBe('a@example.com');
  });

  test('one e-mail twice, by whatever spelling, refuses the whole batch in spite of trace ids', () => {
    const portal = aPortal();
    const { status, body } = portal.post('/batch/upsert', {
      inputs: [
        byEmail('a@example.com', {}, 't1'),
        byEmail(' A@EXAMPLE.com', {}, 't2'),
        byEmail('b@example.com', {}, 't3'),
      ],
    });
    expect(status).toBe(400);
    expect(body.message).toBe('Duplicate IDs found in batch input: [a@example.com]. IDs must be unique');
    expect(body.context).toEqual({ ids: ['a@example.com'] });
    expect(portal.core.size()).toBe(0);
  });

  test('without trace ids one invalid record refuses all; with them it is an entry of a 207', () => {
    const portal = aPortal();
    expect(portal.post('/batch/upsert', { inputs: [byEmail('a@example.com'), byEmail('bad')] }).status).toBe(400);
    expect(portal.core.size()).toBe(0);
    const { status, body } = portal.post('/batch/upsert', {
      inputs: [byEmail('a@example.com', {}, 't1'), byEmail('bad', {}, 't2')],
    });
    expect([status, body.results.length, body.errors[0].context]).toEqual([207, 1, { objectWriteTraceId: ['t2'] }]);
  });

  test('a property that is not unique cannot be the key', () => {
    const { status, body } = aPortal().post('/batch/upsert', {
      inputs: [{ id: 'Oslo', idProperty: 'city', properties: {} }],
    });
    expect([status, body.message]).toEqual([400, 'Unable to perform update/upsert by non-unique 0-1 property city']);
  });

  test('a custom unique property can be the key, without any e-mail', () => {
    const portal = aPortal();
    portal.defineKey('crm_key');
    const inputs = [{ id: 'K-1', idProperty: 'crm_key', properties: { city: 'Oslo' } }];
    const [first] = portal.post('/batch/upsert', { inputs }).body.results;
    expect(first).toMatchObject({ new: true, properties: { crm_key: 'K-1' } });
    expect(portal.post('/batch/upsert', { inputs }).body.results[0]).toMatchObject({ id: first.id, new: false });
    const clash = portal.post('', { properties: { email: 'z@example.com', crm_key: 'K-1' } });
    expect([clash.status, clash.body.message]).toEqual([
      400,
      expect.stringContaining(`${first.id} already has that value`),
    ]);
  });

  describe('one contact by its primary and a secondary e-mail', () => {
    const inputs = [byEmail('a@example.com', { city: 'Oslo' }, 't1'), byEmail('b@example.com', { city: 'Rome' }, 't2')];
    test.each([
      ['two-results', 200, 2],
      ['one-result', 200, 1],
    ] as const)('%s', (aliasesInOneUpsert, status, results) => {
      const portal = aPortal({ aliasesInOneUpsert });
      const id = portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com' });
      const answer = portal.post('/batch/upsert', { inputs });
      expect([answer.status, answer.body.results.length]).toEqual([status, results]);
      expect(portal.properties(id)?.['city']).toBe('Rome');
      expect(portal.core.statistics().violations).toEqual({ 'same-contact-twice': 1 });
    });

    test('refuse', () => {
      const portal = aPortal({ aliasesInOneUpsert: 'refuse' });
      portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com' });
      expect(portal.post('/batch/upsert', { inputs }).status).toBe(400);
    });
  });

  test('an unknown record id is not found, as an upsert cannot make one up', () => {
    const { status, body } = aPortal().post('/batch/upsert', {
      inputs: [{ id: '9', properties: { city: 'Oslo' }, objectWriteTraceId: 't' }],
    });
    expect([status, body.errors[0].category, body.errors[0].context]).toEqual([
      207,
      'OBJECT_NOT_FOUND',
      { ids: ['9'], objectWriteTraceId: ['t'] },
    ]);
  });
});
