import { describe, expect, test } from '@jest/globals';
import { answerContactRequest } from '../../../lib/accept/answer-contact-request.ts';
import { answerOperationRequest } from '../../../lib/accept/answer-operation-request.ts';
import { gdprDeleteIsOff, parseGdprDeleteSetting } from '../../../lib/accept/gdpr-delete-setting.ts';
import type { ContactId } from '../../../lib/operations/contact-write.ts';
import type { Outcome } from '../../../lib/operations/outcome.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { createInMemoryPorts } from '../../support/accept-ports.ts';
import { anHttpRequest } from '../../support/an-http-request.ts';

const PATH = '/crm/v3/objects/contacts/gdpr-delete';
const deletion = (json: unknown, fields: Parameters<typeof anHttpRequest>[0] = {}) =>
  anHttpRequest({ path: PATH, json, ...fields });
const send = (request: ReturnType<typeof anHttpRequest>, ports = createInMemoryPorts()) =>
  answerContactRequest('gdpr-delete', request, ports);

describe('a request for a GDPR delete', () => {
  test.each([
    ['by record id', { objectId: '512' }, { id: '512' }],
    ['by a record id that is a number', { objectId: 512 }, { id: '512' }],
    [
      'by e-mail, however it is spelt',
      { objectId: ' Ada@Example.com', idProperty: 'email' },
      { id: 'ada@example.com', idProperty: 'email' },
    ],
    ['by a unique property', { objectId: 'C-7', idProperty: 'customer_no' }, { id: 'C-7', idProperty: 'customer_no' }],
  ])('%s is queued: 202', async (_, json, target) => {
    const ports = createInMemoryPorts();
    const answer = await send(deletion(json), ports);
    expect(answer.status).toBe(202);
    expect(ports.queue.sent).toMatchObject([
      { message: { verb: 'gdpr-delete', writes: [{ index: 0, properties: {}, ...target }] } },
    ]);
    expect(JSON.stringify([...ports.operations.operations])).not.toContain('ada@');
  });

  test.each(['/sync/crm/objects/2026-03/contacts/gdpr-delete', '/crm/objects/2026-03/contacts/gdpr-delete'])(
    'is taken at %s',
    async (path) => {
      const ports = createInMemoryPorts();
      expect((await send(deletion({ objectId: '512' }, { path }), ports)).status).toBe(202);
    },
  );

  test('takes no time of its own: what was written until now is older', async () => {
    const ports = createInMemoryPorts();
    await send(deletion({ objectId: '512', occurredAt: '2026-11-01T00:00:00Z' }), ports);
    expect(JSON.stringify(ports.queue.sent)).not.toContain('occurredAt');
  });

  test.each<[string, unknown, readonly string[]]>([
    ['nothing', {}, ['REQUIRED_FIELD objectId']],
    [
      'an unknown idProperty and nobody',
      { idProperty: 'firstname' },
      ['INVALID_ID_PROPERTY idProperty', 'REQUIRED_FIELD objectId'],
    ],
    ['an e-mail that is none', { objectId: 'ada', idProperty: 'email' }, ['INVALID_EMAIL objectId']],
    ['no record id', { objectId: 'ada@example.com' }, ['INVALID_ID objectId']],
    ['a list', ['512'], ['INVALID_BODY body']],
  ])('with %s is refused, and nothing is stored', async (_, json, faults) => {
    const ports = createInMemoryPorts();
    const { status, body } = await send(deletion(json), ports);
    expect(status).toBe(400);
    const { errors } = Object(body) as { errors: { code: string; in: string }[] };
    expect(errors.map(({ code, in: place }) => `${code} ${place}`)).toEqual(faults);
    expect([ports.queue.sent, [...ports.operations.operations]]).toEqual([[], []]);
  });

  test('A2: with an Idempotency-Key is one operation, whose record nobody can try addresses against', async () => {
    const ports = createInMemoryPorts();
    const json = { objectId: 'ada@example.com', idProperty: 'email' };
    const requests = ['k1', 'k1', 'k2'].map((key) => deletion(json, { headers: { 'idempotency-key': key } }));
    const answers = [];
    for (const request of requests) answers.push(await send(request, ports));
    const [first, again, other] = answers.map(({ headers }) => headers?.['location']);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    const fingerprints = [...ports.idempotency.records.values()].map(({ fingerprint }) => fingerprint);
    expect(new Set(fingerprints).size).toBe(2);
    const misuse = deletion({ objectId: '7' }, { headers: { 'idempotency-key': 'k1' } });
    expect((await send(misuse, ports)).status).toBe(422);
  });

  test.each([
    [{ objectId: 'ada@example.com', idProperty: 'email' }, ['gdpr-delete']],
    [{ objectId: '512' }, ['batch/read', 'gdpr-delete']],
    [{ objectId: 'C-7', idProperty: 'customer_no' }, ['batch/read', 'gdpr-delete']],
  ])('with dryRun tells what it would do with %j, and does nothing', async (json, calls) => {
    const ports = createInMemoryPorts();
    const { status, body } = await send(deletion(json, { query: 'dryRun=true' }), ports);
    expect(status).toBe(200);
    expect(body).toMatchObject({ dryRun: true, accepted: true, results: [{ index: 0, contact: 'unknown', calls }] });
    expect(ports.queue.sent).toEqual([]);
  });

  test.each<[string, Outcome]>([
    ['done', { kind: 'deleted', index: 0, id: '512' as ContactId }],
    ['done before', { kind: 'deleted', index: 0, wasGone: true }],
  ])('that is %s is answered 204 to a caller that waits, and told by its operation', async (_, outcome) => {
    const ports = createInMemoryPorts(({ operations }) => {
      const [operation] = operations.operations.values();
      if (operation === undefined) return;
      void operations.settle({
        operationId: operation.id,
        outcomes: [outcome],
        answers: [],
        startedAt: NOON,
        settledAt: NOON,
      });
    });
    const answer = await send(deletion({ objectId: '512' }, { headers: { prefer: 'wait=5' } }), ports);
    expect(answer).toMatchObject({ status: 204, body: undefined });
    const [id] = ports.operations.operations.keys();
    const { body } = await answerOperationRequest(id, 'c', ports.operations);
    expect(body).toMatchObject({ verb: 'gdpr-delete', counts: { delivered: 1 }, results: [{ outcome: 'deleted' }] });
    expect(JSON.stringify(body).includes('"alreadyDeleted":true')).toBe(
      outcome.kind === 'deleted' && outcome.wasGone === true,
    );
  });
});

describe('the setting', () => {
  test.each([
    ['on', 'on'],
    ['off', 'off'],
    ['yes', 'off'],
    ['', 'off'],
    [undefined, 'off'],
  ])('%j means %s', (text, meaning) => {
    expect(parseGdprDeleteSetting(text)).toBe(meaning);
  });

  test('is named by the refusal, in HubSpot’s shape', () => {
    expect(gdprDeleteIsOff('c1')).toMatchObject({
      status: 403,
      body: {
        status: 'error',
        correlationId: 'c1',
        category: 'FORBIDDEN',
        message: expect.stringContaining('gdprDelete=on'),
      },
    });
  });
});
