import { describe, expect, test } from '@jest/globals';
import { answerContactRequest } from '../../../lib/accept/answer-contact-request.ts';
import { answerOperationRequest } from '../../../lib/accept/answer-operation-request.ts';
import { parseContactRoute } from '../../../lib/accept/contact-route.ts';
import type { HttpRequest } from '../../../lib/accept/http-request.ts';
import type { ContactId } from '../../../lib/operations/contact-write.ts';
import type { Answer, Outcome } from '../../../lib/operations/outcome.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { createInMemoryPorts } from '../../support/accept-ports.ts';
import { anHttpRequest } from '../../support/an-http-request.ts';

const V3 = '/crm/v3/objects/contacts/512/associations';
const V4 = '/crm/v4/objects/contacts/512/associations';
const manager = { associationCategory: 'USER_DEFINED', associationTypeId: 36 };
const primary = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 1 };
const toCompany = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 };
const id = '512' as ContactId;

const request = (method: string, path: string, body?: unknown, more: Partial<HttpRequest> = {}): HttpRequest =>
  anHttpRequest({ method, path, body: body === undefined ? undefined : JSON.stringify(body), ...more });

/** Ports whose consumer settles the first operation as soon as somebody waits for it. */
const portsThatSettle = (outcome: Outcome, body?: Answer['body']) =>
  createInMemoryPorts(({ operations, clock }) => {
    const [operation] = operations.operations.values();
    if (operation === undefined) return;
    const answers = body === undefined ? [] : [{ index: 0, body }];
    const settlement = { operationId: operation.id, outcomes: [outcome], answers, startedAt: NOON };
    void operations.settle({ ...settlement, settledAt: clock.now() });
  });

describe('the paths of one association', () => {
  test.each<[string, string, object]>([
    ['PUT', `${V3}/companies/7/279`, { form: 'typed', toType: 'companies', toId: '7', typeId: '279' }],
    ['DELETE', `${V3}/companies/7/279`, { form: 'typed', toType: 'companies', toId: '7', typeId: '279' }],
    ['PUT', `${V4}/0-2/7`, { form: 'labelled', toType: '0-2', toId: '7' }],
    ['DELETE', `${V4}/company/7`, { form: 'all', toType: 'company', toId: '7' }],
    ['PUT', `${V4}/default/companies/7`, { form: 'default', toType: 'companies', toId: '7' }],
    ['PUT', '/crm/v4/objects/0-1/512/associations/2-345/7', { form: 'labelled', toType: '2-345', toId: '7' }],
    ['PUT', '/crm/objects/2026-03/contact/512/associations/deals/7', { form: 'labelled', toType: 'deals', toId: '7' }],
    [
      'PUT',
      '/crm/objects/2026-03/contacts/512/associations/default/deals/7',
      { form: 'default', toType: 'deals', toId: '7' },
    ],
    [
      'DELETE',
      '/crm/objects/2026-03/contacts/512/associations/deals/7/4',
      { form: 'typed', toType: 'deals', toId: '7', typeId: '4' },
    ],
  ])('%s %s', (method, path, link) => {
    const verb = method === 'PUT' ? 'associate' : 'dissociate';
    expect(parseContactRoute(method, path)).toEqual({
      verb,
      shape: 'single',
      version: path.includes('2026-03') ? '2026-03' : 'v3',
      sync: false,
      path,
      id: '512',
      link,
    });
    expect(parseContactRoute(method, `/sync${path}`, '512')).toMatchObject({ verb, sync: true, path, id: '512', link });
  });

  test.each([
    ['POST', `${V4}/companies/7`],
    ['PUT', `${V3}/companies/7`],
    ['DELETE', `${V4}/default/companies/7`],
    ['PUT', `${V4}/companies/7/279`],
    ['PUT', `${V4}/companies/7/279/1`],
    ['PUT', '/crm/v4/objects/companies/7/associations/contacts/512'],
    ['PUT', '/crm/objects/2026-13/contacts/512/associations/deals/7'],
  ])('%s %s is none', (method, path) => {
    expect(parseContactRoute(method, path)).toBeUndefined();
  });
});

describe('one association is queued', () => {
  test.each<[string, 'associate' | 'dissociate', HttpRequest, object]>([
    ['v3', 'associate', request('PUT', `${V3}/company/7/1`), { toType: 'companies', toId: '7', types: [primary] }],
    ['v3', 'dissociate', request('DELETE', `${V3}/0-2/7/1`), { toType: 'companies', toId: '7', types: [primary] }],
    [
      'v4',
      'associate',
      request('PUT', `${V4}/companies/7`, [manager, primary]),
      { toType: 'companies', toId: '7', types: [manager, primary] },
    ],
    ['default', 'associate', request('PUT', `${V4}/default/P_Cars/7`), { toType: 'p_cars', toId: '7' }],
    ['v4', 'dissociate', request('DELETE', `${V4}/tickets/7`), { toType: 'tickets', toId: '7' }],
  ])('by %s, to %s', async (_, verb, sent, link) => {
    const ports = createInMemoryPorts();
    expect(await answerContactRequest(verb, sent, ports)).toMatchObject({ status: 202, body: { verb } });
    expect(ports.queue.sent.map(({ message }) => message)).toMatchObject([
      { verb, writes: [{ index: 0, id: '512', properties: {}, link }] },
    ]);
  });

  test('once for each Idempotency-Key', async () => {
    const ports = createInMemoryPorts();
    const keyed = (path: string) => request('PUT', path, undefined, { headers: { 'idempotency-key': 'k' } });
    const first = await answerContactRequest('associate', keyed(`${V4}/default/deals/7`), ports);
    const again = await answerContactRequest('associate', keyed(`${V4}/default/deals/7`), ports);
    const other = await answerContactRequest('associate', keyed(`${V4}/default/deals/8`), ports);
    expect(again.body).toEqual(first.body);
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' });
    expect(other.headers?.['location']).not.toEqual(first.headers?.['location']);
  });

  test('a dry run tells the calls, and leaves no trace', async () => {
    const ports = createInMemoryPorts();
    const sent = request('PUT', `${V4}/default/deals/7`, undefined, { query: 'dryRun=true' });
    expect(await answerContactRequest('associate', sent, ports)).toMatchObject({
      status: 200,
      body: { accepted: true, results: [{ contact: 'unknown', calls: ['batch/read', 'associations/deals/batch'] }] },
    });
    const faulty = request('PUT', `${V4}/default/deals/x`, undefined, { query: 'dryRun=true' });
    expect(await answerContactRequest('associate', faulty, ports)).toMatchObject({
      status: 200,
      body: { accepted: false, errors: [{ index: 0 }] },
    });
    expect([ports.queue.sent.length, ports.operations.operations.size]).toEqual([0, 0]);
  });
});

describe('a caller that waits for an association gets', () => {
  const associated: Outcome = { kind: 'associated', index: 0, id };
  const labels = {
    fromObjectTypeId: '0-1',
    fromObjectId: 512,
    toObjectTypeId: '0-2',
    toObjectId: 7,
    labels: ['Manager'],
  };
  const sync = (method: string, path: string, body?: unknown) => request(method, `/sync${path}`, body);

  test('201 and the labels, HubSpot’s own or what was asked for', async () => {
    const sent = sync('PUT', `${V4}/companies/7`, [manager]);
    const told = portsThatSettle(associated, { results: [labels] });
    expect(await answerContactRequest('associate', sent, told)).toMatchObject({ status: 201, body: labels });
    const untold = portsThatSettle({ kind: 'superseded', index: 0, id });
    expect(await answerContactRequest('associate', sent, untold)).toMatchObject({
      status: 201,
      body: { fromObjectTypeId: '0-1', fromObjectId: '512', toObjectTypeId: '0-2', toObjectId: '7', labels: [] },
    });
  });

  test('200 and a batch of two for the one without a label', async () => {
    const both = [
      { from: { id: '512' }, to: { id: '7' } },
      { from: { id: '7' }, to: { id: '512' } },
    ];
    const ports = portsThatSettle(associated, { results: both });
    expect(await answerContactRequest('associate', sync('PUT', `${V4}/default/companies/7`), ports)).toMatchObject({
      status: 200,
      body: { status: 'COMPLETE', results: both },
    });
  });

  test('200 and the contact by v3, 204 for what is taken away', async () => {
    const ports = portsThatSettle(associated);
    expect(await answerContactRequest('associate', sync('PUT', `${V3}/companies/7/1`), ports)).toMatchObject({
      status: 200,
      body: { id: '512', archived: false },
    });
    for (const path of [`${V3}/companies/7/1`, `${V4}/companies/7`]) {
      const gone = portsThatSettle({ kind: 'dissociated', index: 0, id });
      expect(await answerContactRequest('dissociate', sync('DELETE', path), gone)).toMatchObject({ status: 204 });
    }
  });

  test('HubSpot’s status and error when it is refused', async () => {
    const error = { status: 'error', category: 'VALIDATION_ERROR', message: 'COMPANY=7 is not valid' } as const;
    const ports = portsThatSettle({ kind: 'rejected', index: 0, httpStatus: 400, error });
    expect(await answerContactRequest('associate', sync('PUT', `${V4}/companies/7`, [manager]), ports)).toMatchObject({
      status: 400,
      body: { category: 'VALIDATION_ERROR', message: 'COMPANY=7 is not valid' },
    });
  });
});

describe('associations of an update or upsert', () => {
  const upsert = (associations: unknown, more: Partial<HttpRequest> = {}) =>
    anHttpRequest({
      path: '/crm/v3/objects/contacts/batch/upsert',
      json: { inputs: [{ id: 'ada@example.com', idProperty: 'email', properties: { city: 'Rome' }, associations }] },
      ...more,
    });

  test('travel with the type of the object that they lead to, those to one object as one', async () => {
    const ports = createInMemoryPorts();
    const associations = [
      { to: { id: 7 }, types: [toCompany] },
      { to: { id: '9' }, types: [{ ...manager, associationTypeId: 55 }], toObjectType: '0-3' },
      { to: { id: '007' }, types: [manager], toObjectType: 'company' },
    ];
    expect(await answerContactRequest('upsert', upsert(associations), ports)).toMatchObject({ status: 202 });
    expect(ports.queue.sent[0]?.message.writes[0]?.associations).toEqual([
      { to: { id: '7' }, types: [toCompany, manager], toObjectType: 'companies' },
      { to: { id: '9' }, types: [{ ...manager, associationTypeId: 55 }], toObjectType: 'deals' },
    ]);
  });

  test('stand in the operation, and those that HubSpot refused among its errors', async () => {
    const refused = {
      toObjectType: 'companies',
      toObjectId: '8',
      outcome: 'rejected',
      error: { status: 'error', category: 'VALIDATION_ERROR', message: 'no' },
    } as const;
    const made = { toObjectType: 'companies', toObjectId: '7', outcome: 'associated' } as const;
    const outcome: Outcome = { kind: 'updated', index: 0, id, associations: [made, refused] };
    const ports = portsThatSettle(outcome, { id: '512', properties: { city: 'Rome' }, new: false });
    const associations = ['7', '8'].map((to) => ({ to: { id: to }, types: [toCompany] }));
    const waited = upsert(associations, { path: '/sync/crm/v3/objects/contacts/batch/upsert' });
    expect(await answerContactRequest('upsert', waited, ports)).toMatchObject({
      status: 207,
      body: {
        results: [{ id: '512', properties: { city: 'Rome' }, associations: [made, refused] }],
        numErrors: 1,
        errors: [{ category: 'VALIDATION_ERROR', context: { toObjectType: ['companies'], toObjectId: ['8'] } }],
      },
    });
    const [operation] = ports.operations.operations.values();
    expect(await answerOperationRequest(operation?.id, 'c', ports.operations)).toMatchObject({
      body: {
        counts: { total: 1, delivered: 1, rejected: 0 },
        results: [{ index: 0, outcome: 'updated', associations: [made, refused] }],
        errors: [{ index: 0, message: 'no', context: { toObjectId: ['8'] } }],
        numErrors: 1,
      },
    });
  });
});
