import { describe, expect, test } from '@jest/globals';
import { answerContactRequest } from '../../../lib/accept/answer-contact-request.ts';
import type { HttpRequest } from '../../../lib/accept/http-request.ts';
import type { HttpAnswer } from '../../../lib/accept/hubspot-error.ts';
import type { ContactWrite } from '../../../lib/operations/contact-write.ts';
import { days, after as later, milliseconds, seconds, toIso } from '../../../lib/runtime/units.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { createInMemoryPorts, type InMemoryPorts } from '../../support/accept-ports.ts';
import { anHttpRequest } from '../../support/an-http-request.ts';
import { definitionsOf, thePortal } from '../../support/portal-definitions.ts';

const create = (ports: InMemoryPorts, fields: Parameters<typeof anHttpRequest>[0] = {}) =>
  answerContactRequest('create', anHttpRequest(fields), ports);
const withKey = (key: string, fields: Parameters<typeof anHttpRequest>[0] = {}) => ({
  ...fields,
  headers: { 'idempotency-key': key },
});
const idOf = ({ body }: HttpAnswer) => (body as { id: string }).id;
const writesIn = (ports: InMemoryPorts): ContactWrite[] => ports.queue.sent.flatMap(({ message }) => message.writes);
const down = async () => {
  throw new Error('no connection');
};

describe('an accepted request', () => {
  test('A1: is answered 202 with its operation, which is stored, and its write, which is queued', async () => {
    const ports = createInMemoryPorts();
    const answer = await create(ports, {
      json: { properties: { email: ' Ada@Example.COM ', age: 36, vip: true, city: null } },
    });
    const id = idOf(answer);
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: `/operations/${id}` },
      body: {
        status: 'PENDING',
        requestedAt: toIso(NOON),
        counts: { total: 1, pending: 1, delivered: 0, superseded: 0, rejected: 0 },
        results: [],
        errors: [],
        numErrors: 0,
        links: { status: `/operations/${id}` },
      },
    });
    expect([...ports.operations.operations.keys()]).toEqual([id]);
    expect(ports.queue.sent).toMatchObject([
      { message: { v: 1, operationId: id, verb: 'create', acceptedAt: NOON, attempt: 0 } },
    ]);
    expect(writesIn(ports)).toMatchObject([
      { index: 0, properties: { email: 'ada@example.com', age: '36', vip: 'true', city: '' } },
    ]);
  });

  test('carries whom each write is about, e-mails normalised', async () => {
    const ports = createInMemoryPorts();
    const update = (fields: Partial<HttpRequest>) =>
      answerContactRequest(
        'update',
        anHttpRequest({ method: 'PATCH', json: { properties: { phone: '1' } }, ...fields }),
        ports,
      );
    await update({ path: '/crm/v3/objects/contacts/512' });
    await update({ path: '/crm/objects/2026-09/contacts/512', idProperty: 'hs_object_id' });
    await update({ path: '/crm/v3/objects/contacts/Ada%40Example.com', idProperty: 'email' });
    await update({ path: '/sync/crm/v3/objects/contacts/K-7', idProperty: 'customer_no' });
    const targets = writesIn(ports).map(({ id, idProperty }) => [id, idProperty]);
    expect(targets).toEqual([
      ['512', undefined],
      ['512', undefined],
      ['ada@example.com', 'email'],
      ['K-7', 'customer_no'],
    ]);
  });

  test.each([
    ['a slash', 'a/b@example.com', 'a/b@example.com'],
    ['what looks encoded', 'a%41b@example.com', 'a%41b@example.com'],
    ['what looks encoded, its path not decoded', 'a%2541b@example.com', 'a%41b@example.com'],
    ['a slash, its path not decoded', 'a%2Fb@example.com', 'a/b@example.com'],
    ['the name of a batch', 'batch/update', 'batch/update'],
  ])('is about the contact that the gateway names, whose key has %s', async (_, inPath, pathId) => {
    const ports = createInMemoryPorts();
    const fields = { path: `/sync/crm/objects/2026-03/contacts/${inPath}`, pathId, idProperty: 'customer_no' };
    const update = anHttpRequest({ method: 'PATCH', json: { properties: { phone: '1' } }, ...fields });
    expect(await answerContactRequest('update', update, ports)).toMatchObject({ status: 202 });
    const archive = anHttpRequest({ method: 'DELETE', body: undefined, ...fields });
    expect(await answerContactRequest('archive', archive, ports)).toMatchObject({ status: 202 });
    expect(writesIn(ports).map(({ id }) => id)).toEqual([pathId, pathId]);
  });

  test.each([
    ['a byte order mark', '\ufeff{"properties":{"firstname":"Ada"}}', 'Ada'],
    ['U+FFFD that was sent as such', '{"properties":{"firstname":"Ad\ufffd"}}', 'Ad\ufffd'],
    ['neither', '{"properties":{"firstname":"Ada"}}', 'Ada'],
  ])('is read alike as text and as base64, with %s', async (_, text, firstname) => {
    const ports = createInMemoryPorts();
    const headers = { 'content-length': String(Buffer.byteLength(text)), 'content-encoding': 'identity' };
    const asBase64 = { body: Buffer.from(text).toString('base64'), isBase64Encoded: true };
    const first = await create(ports, { body: text, headers: { ...headers, 'idempotency-key': 'k' } });
    const second = await create(ports, { ...asBase64, headers: { ...headers, 'idempotency-key': 'k' } });
    expect([first.status, second.status, idOf(second)]).toEqual([202, 202, idOf(first)]);
    expect(writesIn(ports)).toMatchObject([{ properties: { firstname } }]);
  });

  test('takes a thousand contacts as ten messages, in order, the same contact twice if need be', async () => {
    const ports = createInMemoryPorts();
    const inputs = Array(1_000).fill({ id: 'ada@example.com', idProperty: 'email', properties: { phone: '1' } });
    const request = anHttpRequest({ path: '/crm/v3/objects/contacts/batch/upsert', json: { inputs } });
    expect(await answerContactRequest('upsert', request, ports)).toMatchObject({ status: 202 });
    expect(ports.queue.sent).toHaveLength(10);
    const sequences = writesIn(ports).map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort());
  });

  test('takes base64, associations, empty associations and event times, these no later than now', async () => {
    const ports = createInMemoryPorts();
    const associations = [
      { to: { id: '9' }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 }] },
    ];
    const inputs = [
      { properties: { firstname: 'Adä' }, associations, occurredAt: '2026-11-23T12:59:59+01:00' },
      { properties: { firstname: 'Bea' }, associations: [], occurredAt: NOON + 60_000, objectWriteTraceId: 'mine' },
    ];
    const body = Buffer.from(JSON.stringify({ inputs, unheardOf: true })).toString('base64');
    const path = '/crm/v3/objects/contacts/batch/create';
    expect(await create(ports, { path, body, isBase64Encoded: true })).toMatchObject({ status: 202 });
    expect(writesIn(ports)).toEqual([
      {
        index: 0,
        sequence: expect.any(String),
        properties: { firstname: 'Adä' },
        associations,
        occurredAt: NOON - 1_000,
      },
      { index: 1, sequence: expect.any(String), properties: { firstname: 'Bea' }, occurredAt: NOON },
    ]);
  });
});

describe('a request that cannot be stored', () => {
  const unavailable = {
    status: 503,
    headers: { 'retry-after': '5' },
    body: { status: 'error', category: 'SERVICE_UNAVAILABLE' },
  };

  test('A1: is answered 503 and nothing is sent when the operation cannot be put', async () => {
    const ports = createInMemoryPorts();
    const answer = await create({ ...ports, operations: { ...ports.operations, put: down } });
    expect(answer).toMatchObject(unavailable);
    expect(ports.queue.sent).toEqual([]);
  });

  test('A4: is answered 503 when one of many messages is not confirmed', async () => {
    const ports = createInMemoryPorts();
    ports.queue.failAt([1]);
    const inputs = Array(300).fill({ properties: { firstname: 'Ada' } });
    expect(await create(ports, { path: '/crm/v3/objects/contacts/batch/create', json: { inputs } })).toMatchObject(
      unavailable,
    );
  });

  test.each(['claim', 'markEnqueued'] as const)('A1: is answered 503 when %s fails', async (step) => {
    const ports = createInMemoryPorts();
    const broken = { ...ports, idempotency: { ...ports.idempotency, [step]: down } };
    expect(await create(broken, withKey('k'))).toMatchObject(unavailable);
  });

  test('says nothing of its contacts in the log', async () => {
    const ports = createInMemoryPorts();
    await create({ ...ports, operations: { ...ports.operations, put: down } });
    expect(ports.log.events).toMatchObject([{ event: 'accept-failed' }]);
    expect(JSON.stringify(ports.log.events)).not.toContain('ada@');
  });
});

describe('a request with an Idempotency-Key', () => {
  test('A2: gets the same operation and the same answer again, quoted or bare, and is sent once', async () => {
    const ports = createInMemoryPorts();
    const first = await create(ports, withKey('k-1'));
    const second = await create(ports, withKey('"k-1"'));
    expect(second.body).toEqual(first.body);
    expect(second).toMatchObject({ status: 202, headers: { ...first.headers, 'idempotent-replayed': 'true' } });
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    expect(ports.queue.sent).toHaveLength(1);
  });

  test('A2: gets one operation for all of many concurrent copies', async () => {
    const ports = createInMemoryPorts();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(ports, withKey('k'))));
    const accepted = answers.filter(({ status }) => status === 202);
    expect(new Set(accepted.map(idOf)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(20 - accepted.length);
    expect(ports.operations.operations.size).toBe(1);
    expect(ports.queue.sent).toHaveLength(1);
  });

  test('A3: is refused with 422 under another body, and changes nothing', async () => {
    const ports = createInMemoryPorts();
    const first = await create(ports, withKey('k'));
    const other = await create(ports, withKey('k', { json: { properties: { email: 'bea@example.com' } } }));
    expect(other).toMatchObject({ status: 422, body: { status: 'error', category: 'VALIDATION_ERROR' } });
    expect(ports.queue.sent).toHaveLength(1);
    expect(idOf(await create(ports, withKey('k')))).toBe(idOf(first));
  });

  test('A2: is another request for another principal, another path and without the key', async () => {
    const ports = createInMemoryPorts();
    const answers = [
      await create(ports, withKey('k')),
      await create(ports, withKey('k', { principal: 'crm' })),
      await create(ports, withKey('k', { path: '/crm/objects/2026-09/contacts' })),
      await create(ports),
    ];
    expect(new Set(answers.map(idOf)).size).toBe(4);
  });

  test('A4: can be sent again at once after a 503, and sends the same writes', async () => {
    const ports = createInMemoryPorts();
    const inputs = Array(150).fill({ properties: { firstname: 'Ada' } });
    const request = withKey('k', { path: '/crm/v3/objects/contacts/batch/create', json: { inputs } });
    ports.queue.failAt([1]);
    expect(await create(ports, request)).toMatchObject({ status: 503 });
    const [before] = ports.queue.sent;
    ports.queue.failAt([]);
    const again = await create(ports, request);
    expect(again).toMatchObject({ status: 202, headers: { 'idempotent-replayed': 'true' } });
    expect(ports.operations.operations.size).toBe(1);
    expect(ports.queue.sent[1]).toEqual(before);
    expect(new Set(writesIn(ports).map(({ sequence }) => sequence)).size).toBe(150);
  });

  describe('and events with a time of their own', () => {
    const byEmail = { id: 'ada@example.com', idProperty: 'email', properties: { city: 'Rome' } };
    const upsert = (occurredAt: unknown, ports: InMemoryPorts) => {
      const inputs = [{ ...byEmail, occurredAt, objectWriteTraceId: 'mine' }];
      const path = '/crm/v3/objects/contacts/batch/upsert';
      const request = anHttpRequest({ path, json: { inputs }, headers: { 'idempotency-key': 'k' } });
      return answerContactRequest('upsert', request, ports);
    };
    const almostTooOld = later(NOON, milliseconds(1_000 - days(30)));

    test('A2: gets the same answer again when the event is over 30 days old by then', async () => {
      const ports = createInMemoryPorts();
      const first = await upsert(almostTooOld, ports);
      ports.clock.advance(seconds(2));
      const second = await upsert(almostTooOld, ports);
      expect(second).toMatchObject({ status: 202, headers: { 'idempotent-replayed': 'true' } });
      expect(second.body).toEqual(first.body);
      expect(ports.queue.sent).toHaveLength(1);
    });

    test('A3: is refused when only another request was taken under the key', async () => {
      const ports = createInMemoryPorts();
      await upsert(NOON, ports);
      ports.clock.advance(seconds(2));
      expect(await upsert(almostTooOld, ports)).toMatchObject({
        status: 400,
        body: { errors: [{ code: 'TIME_TOO_OLD' }] },
      });
    });

    test('A2: still has faulty properties left out when it was half sent and the event is too old by then', async () => {
      const definitions = definitionsOf(thePortal());
      const ports = { ...createInMemoryPorts(), definitions, propertyChecks: 'drop' as const };
      const inputs = [{ ...byEmail, properties: { city: 'Rome', nick: 'Ada' }, occurredAt: almostTooOld }];
      const path = '/crm/v3/objects/contacts/batch/upsert';
      const request = anHttpRequest({ path, json: { inputs }, headers: { 'idempotency-key': 'k' } });
      ports.queue.failAt([0]);
      expect(await answerContactRequest('upsert', request, ports)).toMatchObject({ status: 503 });
      ports.queue.failAt([]);
      ports.clock.advance(seconds(2));
      expect(await answerContactRequest('upsert', request, ports)).toMatchObject({
        status: 202,
        headers: { 'relay-warnings': '1' },
      });
      expect(writesIn(ports)).toMatchObject([{ properties: { city: 'Rome' } }]);
      expect(writesIn(ports).some(({ properties }) => 'nick' in properties)).toBe(false);
    });

    test('gives the copies of a write one order key: a future time is capped at the first acceptance', async () => {
      const ports = createInMemoryPorts();
      ports.queue.failAt([0]);
      expect(await upsert(later(NOON, days(1)), ports)).toMatchObject({ status: 503 });
      ports.queue.failAt([]);
      ports.clock.advance(seconds(40));
      expect(await upsert(later(NOON, days(1)), ports)).toMatchObject({ status: 202 });
      expect(writesIn(ports).map(({ occurredAt }) => occurredAt)).toEqual([NOON]);
    });
  });

  test('is told 409 and when to come again while the first copy is in flight', async () => {
    const ports = createInMemoryPorts();
    let meanwhile: HttpAnswer | undefined;
    const slow = {
      ...ports,
      queue: {
        ...ports.queue,
        send: async (messages: Parameters<typeof ports.queue.send>[0]) => {
          meanwhile = await create(ports, withKey('k'));
          return ports.queue.send(messages);
        },
      },
    };
    expect(await create(slow, withKey('k'))).toMatchObject({ status: 202 });
    expect(meanwhile).toMatchObject({ status: 409, headers: { 'retry-after': '35' }, body: { category: 'CONFLICT' } });
    expect(ports.queue.sent).toHaveLength(1);
  });
});
