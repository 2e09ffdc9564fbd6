import { describe, expect, test } from '@jest/globals';
import { answerContactRequest } from '../../../lib/accept/answer-contact-request.ts';
import { answerOperationRequest } from '../../../lib/accept/answer-operation-request.ts';
import type { HttpRequest } from '../../../lib/accept/http-request.ts';
import type { ContactId, Verb } from '../../../lib/operations/contact-write.ts';
import type { Answer, Outcome } from '../../../lib/operations/outcome.ts';
import { between, after as later, milliseconds, seconds, toIso } from '../../../lib/runtime/units.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { createInMemoryPorts } from '../../support/accept-ports.ts';
import { anHttpRequest } from '../../support/an-http-request.ts';

const id = (value: string) => value as ContactId;
const contact = (n: string, more: object = {}) => ({
  id: n,
  properties: { firstname: 'Ada' },
  createdAt: '2026-11-23T12:00:00.000Z',
  updatedAt: '2026-11-23T12:00:00.000Z',
  archived: false,
  ...more,
});
const conflict = (index: number, httpStatus = 409): Outcome => ({
  kind: 'rejected',
  index,
  httpStatus,
  error: {
    status: 'error',
    category: 'CONFLICT',
    message: 'Contact already exists. Existing ID: 7',
    context: { objectWriteTraceId: ['relay-1'], existingId: ['7'] },
  },
});

/** Ports whose consumer settles the first operation once `settledAfter` has passed. */
function portsThatSettle(
  outcomes: readonly Outcome[],
  answers: readonly Answer[] = [],
  settledAfter = milliseconds(100),
) {
  return createInMemoryPorts((ports) => {
    const [operation] = ports.operations.operations.values();
    if (operation === undefined || between(NOON, ports.clock.now()) < settledAfter) return;
    const settledAt = later(NOON, settledAfter);
    void ports.operations.settle({ operationId: operation.id, outcomes, answers, startedAt: NOON, settledAt });
  });
}

const waiting = (fields: Parameters<typeof anHttpRequest>[0] = {}) =>
  anHttpRequest({ ...fields, headers: { prefer: 'wait=10', ...fields.headers } });
const batch = (verb: Verb, inputs: readonly unknown[]): HttpRequest =>
  anHttpRequest({ path: `/sync/crm/v3/objects/contacts/batch/${verb}`, json: { inputs } });
const patch = (fields: Parameters<typeof anHttpRequest>[0] = {}) =>
  waiting({ method: 'PATCH', path: '/crm/v3/objects/contacts/512', ...fields });

describe('a caller that waits', () => {
  test('gets 201 and HubSpot’s contact for a create', async () => {
    const ports = portsThatSettle(
      [{ kind: 'created', index: 0, id: id('512') }],
      [{ index: 0, body: contact('512', { objectWriteTraceId: 'relay-1' }) }],
    );
    const answer = await answerContactRequest('create', waiting(), ports);
    expect(answer).toEqual({ status: 201, headers: { 'preference-applied': 'wait=10' }, body: contact('512') });
    expect(ports.queue.sent).toMatchObject([{ message: { wait: true } }]);
  });

  test.each([
    ['/crm/v3/objects/contacts', true],
    ['/crm/objects/2026-03/contacts', true],
    ['/crm/objects/2025-09/contacts', false],
    ['/crm/objects/2026-09/contacts', false],
  ])('gets %s as its version has it: with `warnings` of HubSpot’s %s', async (path, hasWarnings) => {
    const warnings = [{ message: 'one of HubSpot’s' }];
    const expected = contact('512', hasWarnings ? { warnings } : {});
    const answers = [{ index: 0, body: contact('512', { warnings }) }];
    const single = portsThatSettle([{ kind: 'created', index: 0, id: id('512') }], answers);
    expect((await answerContactRequest('create', waiting({ path }), single)).body).toEqual(expected);
    const several = portsThatSettle([{ kind: 'created', index: 0, id: id('512') }], answers);
    const json = { inputs: [{ properties: { firstname: 'Ada' } }] };
    const batched = await answerContactRequest('create', waiting({ path: `${path}/batch/create`, json }), several);
    expect(batched.body).toMatchObject({ results: [expected] });
    expect(JSON.stringify(batched.body).includes('warnings')).toBe(hasWarnings);
  });

  test('gets 200 for an update', async () => {
    const ports = portsThatSettle([{ kind: 'updated', index: 0, id: id('512') }], [{ index: 0, body: contact('512') }]);
    expect(await answerContactRequest('update', patch(), ports)).toMatchObject({ status: 200, body: contact('512') });
  });

  test('gets 200 and the id for an update that a newer one made needless', async () => {
    const ports = portsThatSettle([{ kind: 'superseded', index: 0 }]);
    const time = toIso(later(NOON, milliseconds(100)));
    expect(await answerContactRequest('update', patch(), ports)).toMatchObject({
      status: 200,
      body: { id: '512', properties: {}, createdAt: time, updatedAt: time, archived: false },
    });
  });

  test('gets HubSpot’s status and error for a create that was refused', async () => {
    const answer = await answerContactRequest('create', waiting(), portsThatSettle([conflict(0)]));
    expect(answer).toMatchObject({ status: 409, headers: { 'preference-applied': 'wait=10' } });
    expect(answer.body).toEqual({
      status: 'error',
      message: 'Contact already exists. Existing ID: 7',
      correlationId: anHttpRequest().correlationId,
      context: { existingId: ['7'] },
      category: 'CONFLICT',
    });
  });

  test('gets 201 for a batch of creates, in order of the inputs and with its own trace ids', async () => {
    const ports = portsThatSettle(
      [
        { kind: 'created', index: 1, id: id('2') },
        { kind: 'created', index: 0, id: id('1') },
      ],
      [
        { index: 1, body: contact('2') },
        { index: 0, body: contact('1', { objectWriteTraceId: 'relay-1' }) },
      ],
    );
    const properties = { firstname: 'Ada' };
    const inputs = [{ properties }, { properties, objectWriteTraceId: 'mine' }];
    const answer = await answerContactRequest('create', batch('create', inputs), ports);
    expect(answer).toEqual({
      status: 201,
      headers: {},
      body: {
        status: 'COMPLETE',
        results: [contact('1'), contact('2', { objectWriteTraceId: 'mine' })],
        requestedAt: toIso(NOON),
        startedAt: toIso(NOON),
        completedAt: toIso(later(NOON, milliseconds(100))),
        links: { status: expect.stringMatching(/^\/operations\//) },
      },
    });
  });

  test('gets 207 when some of a batch were refused, the errors under its own trace ids', async () => {
    const outcomes: Outcome[] = [conflict(0), { kind: 'updated', index: 1, id: id('2') }, conflict(2)];
    const input = { id: 'ada@example.com', idProperty: 'email', properties: { firstname: 'Ada' } };
    const inputs = [{ ...input, objectWriteTraceId: 'mine' }, input, input];
    const ports = portsThatSettle(outcomes, [{ index: 1, body: contact('2', { new: false }) }]);
    expect(await answerContactRequest('upsert', batch('upsert', inputs), ports)).toMatchObject({
      status: 207,
      body: {
        results: [contact('2', { new: false })],
        numErrors: 2,
        errors: [
          { category: 'CONFLICT', context: { objectWriteTraceId: ['mine'], existingId: ['7'] } },
          { category: 'CONFLICT', context: { existingId: ['7'] } },
        ],
      },
    });
  });

  test.each<[string, HttpRequest]>([
    ['an archive', waiting({ method: 'DELETE', path: '/crm/v3/objects/contacts/512', body: undefined, headers: {} })],
    ['a batch of archives', batch('archive', [{ id: '512' }])],
  ])('gets 204 and no body for %s, of somebody who is gone too', async (_, request) => {
    const outcomes: Outcome[] = [{ kind: 'archived', index: 0, id: id('512'), wasGone: true }];
    const answer = await answerContactRequest('archive', request, portsThatSettle(outcomes));
    expect(answer.status).toBe(204);
    expect(answer.body).toBeUndefined();
  });

  test('gets 207 for a batch of archives of which one was refused', async () => {
    const outcomes: Outcome[] = [{ kind: 'archived', index: 0, id: id('512') }, { ...conflict(1) }];
    const request = batch('archive', [{ id: '512' }, { id: '513' }]);
    expect(await answerContactRequest('archive', request, portsThatSettle(outcomes))).toMatchObject({
      status: 207,
      body: { results: [{ id: '512', archived: true }], numErrors: 1 },
    });
  });

  test('gets 200 for a batch of upserts', async () => {
    const input = { id: 'ada@example.com', idProperty: 'email', properties: { firstname: 'Ada' } };
    const ports = portsThatSettle([{ kind: 'created', index: 0, id: id('2') }]);
    const answer = await answerContactRequest('upsert', batch('upsert', [input]), ports);
    expect(answer).toMatchObject({ status: 200, body: { results: [{ id: '2', new: true }] } });
  });

  describe('for a thousand contacts', () => {
    /** Of a text of quotes each takes four bytes on its way: `\\\"` in the result's JSON. */
    const answersOf = (quotes: number) =>
      Array.from({ length: 1_000 }, (_, index) => ({
        index,
        body: contact(String(index + 1), { properties: { notes: '"'.repeat(quotes) } }),
      }));
    const inputs = Array.from({ length: 1_000 }, () => ({ properties: { firstname: 'Ada' } }));
    const outcomes = (rejected: boolean): Outcome[] =>
      inputs.map((_, index) =>
        rejected && index === 0 ? conflict(index) : { kind: 'created', index, id: id(String(index + 1)) },
      );
    const sizeOnTheWay = (body: unknown) => Buffer.byteLength(JSON.stringify({ body: JSON.stringify(body) }));
    const send = (quotes: number, rejected = false) =>
      answerContactRequest('create', batch('create', inputs), portsThatSettle(outcomes(rejected), answersOf(quotes)));

    test('gets them without properties when Lambda could not hand them on: they were made', async () => {
      const { status, body } = await send(1_490);
      expect(status).toBe(201);
      const { results } = body as { results: { id: string; properties: unknown }[] };
      expect(results.map(({ id }) => id)).toEqual(answersOf(0).map(({ body }) => body.id));
      expect(results.every(({ properties }) => Object.keys(Object(properties)).length === 0)).toBe(true);
      expect(sizeOnTheWay(body)).toBeLessThan(6_000_000);
    });

    test('gets them whole up to there', async () => {
      const { body } = await send(1_350);
      expect(sizeOnTheWay(body)).toBeGreaterThan(5_500_000);
      expect(body).toMatchObject({ results: expect.arrayContaining([answersOf(1_350)[999]?.body]) });
    });

    test('is told of those that were refused all the same', async () => {
      const { status, body } = await send(1_490, true);
      expect(status).toBe(207);
      expect(body).toMatchObject({ numErrors: 1, errors: [{ category: 'CONFLICT', context: { existingId: ['7'] } }] });
    });
  });

  test('gets 202 when the time is up, on /sync too, and looks less and less often', async () => {
    const ports = createInMemoryPorts();
    const answer = await answerContactRequest('create', batch('create', [{ properties: { firstname: 'Ada' } }]), ports);
    expect(answer).toMatchObject({ status: 202, body: { status: 'PENDING' } });
    expect(answer.headers).not.toHaveProperty('preference-applied');
    expect(between(NOON, ports.clock.now())).toBeLessThanOrEqual(seconds(25));
    expect(between(NOON, ports.clock.now())).toBeGreaterThan(seconds(24));
    expect(ports.clock.sleeps[0]).toBe(50);
    expect(Math.max(...ports.clock.sleeps)).toBe(250);
  });

  test('F3: gets 202 in good time before the function ends', async () => {
    const ports = createInMemoryPorts();
    await answerContactRequest('create', waiting({ remainingTime: () => seconds(5) }), ports);
    expect(between(NOON, ports.clock.now())).toBeLessThanOrEqual(seconds(3));
  });

  const neverEnds = () => new Promise<never>(() => undefined);
  const done: Outcome[] = [{ kind: 'created', index: 0, id: id('512') }];
  test.each([
    ['a look', () => createInMemoryPorts(), { read: neverEnds }],
    ['reading HubSpot’s answers', () => portsThatSettle(done), { readAnswers: neverEnds }],
    ['reading those of the last moment', () => portsThatSettle(done, [], seconds(3)), { readAnswers: neverEnds }],
  ])('F3: gets 202 in good time before the function ends when %s does not end', async (_, portsOf, slow) => {
    const ports = portsOf();
    const request = waiting({ remainingTime: () => seconds(5) });
    const answer = await answerContactRequest('create', request, {
      ...ports,
      operations: { ...ports.operations, ...slow },
    });
    expect(answer).toMatchObject({ status: 202 });
    expect(between(NOON, ports.clock.now())).toBeLessThanOrEqual(milliseconds(4_500));
  });

  test('gets 202 when nothing can be read: its write is accepted', async () => {
    const ports = createInMemoryPorts();
    const read = async () => {
      throw new Error('no connection');
    };
    const answer = await answerContactRequest('create', waiting(), {
      ...ports,
      operations: { ...ports.operations, read },
    });
    expect(answer).toMatchObject({ status: 202 });
  });

  test.each([
    [undefined, 25, {}],
    ['wait=2', 2, { 'preference-applied': 'wait=2' }],
    ['wait=0', 25, {}],
  ])(
    'under /sync with Prefer: %s waits %d s at most, and says so where it was asked',
    async (prefer, most, headers) => {
      const request = anHttpRequest({ path: '/sync/crm/v3/objects/contacts', headers: { prefer } });
      const ports = createInMemoryPorts();
      expect(await answerContactRequest('create', request, ports)).toMatchObject({ status: 202 });
      expect(between(NOON, ports.clock.now())).toBeLessThanOrEqual(seconds(most));
      expect(between(NOON, ports.clock.now())).toBeGreaterThan(seconds(most - 1));
      const answer = await answerContactRequest('create', request, portsThatSettle(done));
      expect(answer).toMatchObject({ status: 201 });
      expect(answer.headers).toEqual(headers);
    },
  );

  test('does not wait at all without asking', async () => {
    const ports = createInMemoryPorts();
    await answerContactRequest('create', anHttpRequest({ headers: { prefer: 'respond-async' } }), ports);
    expect(ports.clock.sleeps).toEqual([]);
    expect(ports.queue.sent[0]?.message).not.toHaveProperty('wait');
  });
});

describe('GET /operations/{id}', () => {
  test('tells what became of each write', async () => {
    const ports = createInMemoryPorts();
    const inputs = Array(4).fill({ id: '1', properties: { phone: '1' } });
    const request = anHttpRequest({ path: '/crm/v3/objects/contacts/batch/update', json: { inputs } });
    await answerContactRequest('update', request, ports);
    const [operation] = ports.operations.operations.values();
    const operationId = operation?.id as NonNullable<typeof operation>['id'];
    const outcomes: Outcome[] = [
      { kind: 'updated', index: 0, id: id('1') },
      { kind: 'superseded', index: 1 },
      conflict(2, 400),
    ];
    const settlement = {
      operationId,
      answers: [],
      startedAt: later(NOON, seconds(1)),
      settledAt: later(NOON, seconds(2)),
    };
    await ports.operations.settle({ ...settlement, outcomes });
    const { status, body } = await answerOperationRequest(operationId, 'c', ports.operations);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: operationId,
      status: 'PROCESSING',
      verb: 'update',
      requestedAt: toIso(NOON),
      startedAt: toIso(later(NOON, seconds(1))),
      counts: { total: 4, pending: 1, delivered: 1, superseded: 1, rejected: 1 },
      results: [
        { index: 0, outcome: 'updated', id: '1' },
        { index: 1, outcome: 'superseded' },
      ],
      errors: [
        {
          index: 2,
          status: 'error',
          category: 'CONFLICT',
          message: 'Contact already exists. Existing ID: 7',
          context: { existingId: ['7'] },
        },
      ],
      numErrors: 1,
      links: { status: `/operations/${operationId}` },
    });
    await ports.operations.settle({ ...settlement, outcomes: [{ kind: 'updated', index: 3, id: id('1') }] });
    const complete = await answerOperationRequest(operationId, 'c', ports.operations);
    expect(complete.body).toMatchObject({ status: 'COMPLETE', completedAt: toIso(later(NOON, seconds(2))) });
  });

  test.each([undefined, '', 'x', '01JD', '01arz3ndektsv4rrffq69g5fav', '01ARZ3NDEKTSV4RRFFQ69G5FAV'])(
    'knows no operation %s: 404',
    async (unknown) => {
      const answer = await answerOperationRequest(unknown, 'c', createInMemoryPorts().operations);
      expect(answer).toMatchObject({
        status: 404,
        body: { status: 'error', category: 'OBJECT_NOT_FOUND', correlationId: 'c' },
      });
    },
  );
});
