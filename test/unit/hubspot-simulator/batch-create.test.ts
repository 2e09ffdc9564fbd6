import { describe, expect, test } from '@jest/globals';
import { aPortal } from './portal.ts';

const traced = (trace: string, properties: Record<string, string>) => ({ objectWriteTraceId: trace, properties });

describe('batch/create', () => {
  test('creates all and answers 201 without echoing trace ids', () => {
    const portal = aPortal();
    const { status, body } = portal.post('/batch/create', {
      inputs: [traced('t1', { email: 'Ada@Example.com ' }), traced('t2', { firstname: 'Bo' })],
    });
    expect(status).toBe(201);
    expect(body.status).toBe('COMPLETE');
    expect(body.results[0].properties.email).toBe('ada@example.com');
    expect(body.results[0]).not.toHaveProperty('objectWriteTraceId');
    expect(Object.keys(body)).toEqual(['status', 'results', 'startedAt', 'completedAt']);
    expect(portal.core.size()).toBe(2);
  });

  test('echoes trace ids where set to', () => {
    const { body } = aPortal({ echoTraceIdOnCreate: true }).post('/batch/create', {
      inputs: [traced('t1', { email: 'a@example.com' })],
    });
    expect(body.results[0].objectWriteTraceId).toBe('t1');
  });

  test('shuffles results by default', () => {
    const portal = aPortal({ resultOrder: 'shuffled' });
    const emails = Array.from({ length: 20 }, (_, index) => `p${index}@example.com`);
    const { body } = portal.post('/batch/create', { inputs: emails.map((email) => ({ properties: { email } })) });
    const answered = body.results.map((each) => each.properties['email']);
    expect(answered).not.toEqual(emails);
    expect(answered.toSorted()).toEqual(emails.toSorted());
  });

  test('without trace ids, one existing e-mail fails the whole batch with 409 and names only the first', () => {
    const portal = aPortal();
    const first = portal.create({ email: 'a@example.com' });
    portal.create({ email: 'b@example.com' });
    const { status, body } = portal.post('/batch/create', {
      inputs: ['new@example.com', 'A@example.com', 'b@example.com'].map((email) => ({ properties: { email } })),
    });
    expect(status).toBe(409);
    expect(body).toEqual({
      status: 'error',
      message: `Contact already exists. Existing ID: ${first}`,
      correlationId: expect.any(String),
      category: 'CONFLICT',
    });
    expect(portal.core.size()).toBe(2);
  });

  test('with trace ids, an existing e-mail is one CONFLICT entry that names the existing contact', () => {
    const portal = aPortal();
    const existing = portal.create({ email: 'a@example.com' });
    const { status, body } = portal.post('/batch/create', {
      inputs: [traced('t1', { email: 'a@example.com' }), traced('t2', { email: 'b@example.com' })],
    });
    expect(status).toBe(207);
    expect(body.numErrors).toBe(1);
    expect(body.errors).toEqual([
      {
        status: 'error',
        category: 'CONFLICT',
        message: `Contact already exists. Existing ID: ${existing}`,
        context: { objectWriteTraceId: ['t1'], existingId: [existing] },
      },
    ]);
    expect(body.results).toHaveLength(1);
  });

  test('a secondary e-mail of another contact conflicts too', () => {
    const portal = aPortal();
    const existing = portal.create({ email: 'a@example.com', hs_additional_emails: 'b@example.com' });
    const { body } = portal.post('/batch/create', { inputs: [traced('t1', { email: 'b@example.com' })] });
    expect(body.errors[0].context.existingId).toEqual([existing]);
  });

  test('with trace ids, an invalid value is one entry of exactly four keys', () => {
    const portal = aPortal();
    const { status, body } = portal.post('/batch/create', {
      inputs: [traced('t1', { email: 'nonsense' }), traced('t2', { email: 'b@example.com' })],
    });
    expect(status).toBe(207);
    expect(Object.keys(body.errors[0])).toEqual(['status', 'category', 'message', 'context']);
    expect(body.errors[0].message).toContain('"error":"INVALID_EMAIL"');
    expect(body.errors[0].context).toEqual({ objectWriteTraceId: ['t1'] });
  });

  test('without trace ids, invalid values refuse all and are listed without their records', () => {
    const portal = aPortal();
    const { status, body } = portal.post('/batch/create', {
      inputs: [
        { properties: { email: 'good@example.com' } },
        { properties: { email: 'bad' } },
        { properties: { firstname: 'Bo', colour: 'red' } },
      ],
    });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { message: expect.any(String), code: 'INVALID_EMAIL', context: { propertyName: ['email'] } },
      { message: expect.any(String), code: 'PROPERTY_DOESNT_EXIST', context: { propertyName: ['colour'] } },
    ]);
    expect(portal.core.size()).toBe(0);
  });

  describe('two creates with one e-mail', () => {
    const inputs = [traced('t1', { email: 'a@example.com' }), traced('t2', { email: ' A@example.com' })];

    test('the second conflicts with the first', () => {
      const { status, body } = aPortal().post('/batch/create', { inputs });
      expect(status).toBe(207);
      expect(body.errors[0].context).toEqual({ objectWriteTraceId: ['t2'], existingId: [body.results[0].id] });
    });

    test('the whole batch conflicts where set to', () => {
      const portal = aPortal({ sameEmailInOneCreate: 'whole-batch' });
      expect(portal.post('/batch/create', { inputs }).status).toBe(409);
      expect(portal.core.size()).toBe(0);
    });
  });

  describe('a value of a unique property that is taken', () => {
    const aPortalWithKey = (settings: Parameters<typeof aPortal>[0]) => {
      const portal = aPortal(settings);
      const [label, groupName] = ['Key', 'contactinformation'];
      const definition = { name: 'crm_key', label, type: 'string', fieldType: 'text', groupName, hasUniqueValue: true };
      expect(portal.send('POST', '/crm/v3/properties/contacts', definition).status).toBe(201);
      return { portal, id: portal.create({ email: 'a@example.com', crm_key: 'K-1' }) };
    };
    const inputs = [traced('t1', { firstname: 'Ada', crm_key: 'K-1' }), traced('t2', { firstname: 'Bob' })];

    test('refuses the record alone, naming the contact that has it', () => {
      const { portal, id } = aPortalWithKey({});
      const { status, body } = portal.post('/batch/create', { inputs });
      expect([status, body.results.length, body.errors[0].category]).toEqual([207, 1, 'VALIDATION_ERROR']);
      expect(body.errors[0].message).toContain(`propertyName=crm_key, value=K-1} on`);
      expect(body.errors[0].message).toContain(`${id} already has that value.`);
    });

    test('refuses the whole batch, and is told in the list of invalid values, where set to', () => {
      const { portal } = aPortalWithKey({ takenValueOnCreate: 'whole-batch', takenValueError: 'listed' });
      const { status, body } = portal.post('/batch/create', { inputs });
      expect([status, body.errors[0].code]).toEqual([400, 'CONFLICTING_UNIQUE_VALUE']);
      expect(portal.core.size()).toBe(1);
    });

    test.each([
      ['email', 'CONFLICT'],
      ['unique-value', 'VALIDATION_ERROR'],
    ] as const)('beside a taken e-mail: %s is told first', (firstConflict, category) => {
      const { portal } = aPortalWithKey({ firstConflict });
      const input = traced('t1', { email: 'a@example.com', crm_key: 'K-1' });
      expect(portal.post('/batch/create', { inputs: [input] }).body.errors[0].category).toBe(category);
    });
  });

  test('when only some inputs have trace ids, the batch stands or falls as one, unless set otherwise', () => {
    const inputs = [traced('t1', { email: 'bad' }), { properties: { email: 'b@example.com' } }];
    expect(aPortal().post('/batch/create', { inputs }).status).toBe(400);
    expect(aPortal({ someTraceIds: 'per-record' }).post('/batch/create', { inputs }).status).toBe(207);
  });

  test('repeated trace ids are counted, and refused where set to', () => {
    const inputs = [traced('t', { email: 'a@example.com' }), traced('t', { email: 'b@example.com' })];
    const lenient = aPortal();
    expect(lenient.post('/batch/create', { inputs }).status).toBe(201);
    expect(lenient.core.statistics().violations).toEqual({ 'duplicate-trace-ids': 1 });
    expect(aPortal({ duplicateTraceIds: 'refuse' }).post('/batch/create', { inputs }).status).toBe(400);
  });

  test('100 inputs are taken and 101 are not', () => {
    const portal = aPortal();
    const inputs = Array.from({ length: 101 }, (_, index) => ({ properties: { email: `p${index}@example.com` } }));
    expect(portal.post('/batch/create', { inputs }).status).toBe(400);
    expect(portal.core.size()).toBe(0);
    expect(portal.post('/batch/create', { inputs: inputs.slice(0, 100) }).status).toBe(201);
    expect(portal.core.statistics().violations).toEqual({ 'too-many-inputs': 1 });
  });

  test('a body without inputs is a silent success with nothing in it, or a 400 where set to', () => {
    const { status, body } = aPortal().post('/batch/create', { records: [] });
    expect(status).toBe(201);
    expect(body.results).toEqual([]);
    expect(aPortal({ missingInputs: 'refuse' }).post('/batch/create', {}).status).toBe(400);
  });

  test('keeps the associations that a create asks for', () => {
    const portal = aPortal();
    const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 }];
    const { body } = portal.post('/batch/create', {
      inputs: [{ properties: { email: 'a@example.com' }, associations: [{ to: { id: '77' }, types }] }],
    });
    const read = portal.send('GET', `/crm/v3/objects/contacts/${body.results[0].id}?associations=companies,deals`);
    expect(read.body.associations).toEqual({
      companies: { results: [{ id: '77', type: 'contact_to_company_unlabeled' }] },
    });
  });

  test('refuses a record with an association type that contacts do not have', () => {
    const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 9_999 }];
    const { status, body } = aPortal().post('/batch/create', {
      inputs: [{ ...traced('t1', { email: 'a@example.com' }), associations: [{ to: { id: '77' }, types }] }],
    });
    expect([status, body.errors[0].context]).toEqual([207, { objectWriteTraceId: ['t1'] }]);
  });
});
