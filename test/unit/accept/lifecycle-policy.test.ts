import { describe, expect, test } from '@jest/globals';
import { answerContactRequest } from '../../../lib/accept/answer-contact-request.ts';
import { answerOperationRequest } from '../../../lib/accept/answer-operation-request.ts';
import type { HttpRequest } from '../../../lib/accept/http-request.ts';
import type { ContactId, Verb } from '../../../lib/operations/contact-write.ts';
import { LIFECYCLE_POLICIES, type LifecyclePolicy, parseLifecyclePolicy } from '../../../lib/operations/lifecycle.ts';
import type { Outcome } from '../../../lib/operations/outcome.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { createInMemoryPorts, type InMemoryPorts } from '../../support/accept-ports.ts';
import { anHttpRequest } from '../../support/an-http-request.ts';
import { definitionsOf, thePortal } from '../../support/portal-definitions.ts';

const BATCH = '/crm/v3/objects/contacts/batch';
const prefer = (value: string) => ({ prefer: value });
const create = (properties: unknown, headers = {}) => anHttpRequest({ json: { properties }, headers });
const update = (properties: unknown, headers = {}) =>
  anHttpRequest({ method: 'PATCH', path: '/crm/v3/objects/contacts/7', json: { properties }, headers });
const upsert = (all: readonly unknown[], headers = {}, query = '') => {
  const inputs = all.map((properties, n) => ({ id: `c${n}@example.com`, idProperty: 'email', properties }));
  return anHttpRequest({ path: `${BATCH}/upsert`, json: { inputs }, headers, query });
};
const portsWith = (lifecyclePolicy: LifecyclePolicy): InMemoryPorts => ({ ...createInMemoryPorts(), lifecyclePolicy });
const sent = ({ queue }: InMemoryPorts) =>
  queue.sent.flatMap(({ message }) => message.writes.map(({ properties }) => ({ ...properties })));
const send = (verb: Verb, request: HttpRequest, ports: InMemoryPorts) => answerContactRequest(verb, request, ports);

describe('lifecycle=ignore', () => {
  const ada = { email: 'ada@example.com', lifecyclestage: 'lead' };

  test.each<readonly [string, InMemoryPorts, Record<string, string>]>([
    ['the setting', portsWith('ignore'), {}],
    ['the request', portsWith('forward'), prefer('lifecycle=ignore')],
  ])('as %s has it, leaves the stage out and says so', async (_, ports, headers) => {
    const answer = await send('create', create(ada, headers), ports);
    expect(answer).toMatchObject({
      status: 202,
      headers: { 'relay-warnings': '1' },
      body: {
        warnings: [
          {
            code: 'LIFECYCLE_STAGE_IGNORED',
            in: 'properties.lifecyclestage',
            context: { propertyName: ['lifecyclestage'] },
          },
        ],
      },
    });
    expect(sent(ports)).toEqual([{ email: 'ada@example.com' }]);
  });

  test.each(['lead', '', null, 'no_such_stage'])('leaves out whatever would be written: %j', async (lifecyclestage) => {
    const definitions = definitionsOf(thePortal({}, NOON));
    const ports = { ...portsWith('ignore'), definitions };
    const answer = await send('update', update({ city: 'Rome', lifecyclestage }, prefer('handling=strict')), ports);
    expect(answer.status).toBe(202);
    expect(sent(ports)).toEqual([{ city: 'Rome' }]);
  });

  test('warns of nothing where no stage is written', async () => {
    const answer = await send('update', update({ city: 'Rome' }), portsWith('ignore'));
    expect(answer.body).not.toHaveProperty('warnings');
    expect(answer.headers).not.toHaveProperty('relay-warnings');
  });

  test('A5: refuses a write of nothing else, says why, and leaves no trace', async () => {
    const ports = portsWith('ignore');
    const answer = await send('upsert', upsert([{ city: 'Rome' }, { lifecyclestage: 'lead' }]), ports);
    expect(answer).toMatchObject({
      status: 400,
      body: {
        category: 'VALIDATION_ERROR',
        errors: [
          {
            code: 'NO_PROPERTIES',
            in: 'inputs[1].properties',
            message:
              'inputs[1].properties has nothing left to write without lifecyclestage, which is left out (lifecycle=ignore)',
          },
        ],
      },
    });
    expect([ports.operations.operations.size, ports.queue.sent.length]).toEqual([0, 0]);
  });

  test('a dry run tells of it, input by input', async () => {
    const request = upsert([{ city: 'Rome' }, { city: 'Rome', lifecyclestage: 'lead' }], {}, 'dryRun=true');
    const { body } = await send('upsert', request, portsWith('ignore'));
    expect(body).toMatchObject({
      results: [{ index: 0 }, { index: 1, warnings: [{ code: 'LIFECYCLE_STAGE_IGNORED' }] }],
    });
    expect((body as { results: object[] }).results[0]).not.toHaveProperty('warnings');
  });
});

describe('Prefer: lifecycle', () => {
  test.each(['forward', 'allow-backward'])('%s travels with the writes, whatever the setting', async (wanted) => {
    for (const policy of LIFECYCLE_POLICIES) {
      const ports = portsWith(policy);
      const headers = prefer(`handling=lenient, lifecycle=${wanted}`);
      const answer = await send('update', update({ lifecyclestage: 'lead' }, headers), ports);
      expect(answer).toMatchObject({ status: 202, headers: { 'preference-applied': `lifecycle=${wanted}` } });
      expect(ports.queue.sent.map(({ message }) => message.lifecycle)).toEqual([wanted]);
      expect(sent(ports)).toEqual([{ lifecyclestage: 'lead' }]);
    }
  });

  test.each([[{}], [prefer('lifecycle=sideways')], [prefer('lifecycle')]])(
    'messages are as ever without one that is known: %j',
    async (headers) => {
      const ports = portsWith('allow-backward');
      const answer = await send('update', update({ lifecyclestage: 'lead' }, headers), ports);
      expect(answer.headers).not.toHaveProperty('preference-applied');
      expect(ports.queue.sent[0]?.message).not.toHaveProperty('lifecycle');
    },
  );

  test('is no matter of archives', async () => {
    const ports = portsWith('forward');
    const request = anHttpRequest({
      method: 'DELETE',
      path: '/crm/v3/objects/contacts/7',
      headers: prefer('lifecycle=allow-backward'),
    });
    const answer = await send('archive', request, ports);
    expect(answer).toMatchObject({ status: 202 });
    expect(answer.headers).not.toHaveProperty('preference-applied');
    expect(ports.queue.sent[0]?.message).not.toHaveProperty('lifecycle');
  });
});

test.each([
  ['forward', 'forward'],
  ['allow-backward', 'allow-backward'],
  ['ignore', 'ignore'],
  ['anything else', 'forward'],
])('the environment’s %j is %s', (text, policy) => expect(parseLifecyclePolicy(text)).toBe(policy));

describe('what became of a stage', () => {
  const id = '512' as ContactId;
  const kept = { kind: 'kept', sent: 'lead', stage: 'customer', reason: 'backward' } as const;
  const movedBack = { kind: 'moved-back', sent: 'lead', from: 'customer' } as const;
  const outcomes: readonly Outcome[] = [
    { kind: 'updated', index: 0, id, stage: kept },
    { kind: 'updated', index: 1, id, stage: movedBack },
    { kind: 'updated', index: 2, id },
  ];
  const contact = { id, properties: { lifecyclestage: 'customer' } };

  function portsThatSettle(settled: readonly Outcome[]) {
    return createInMemoryPorts((ports) => {
      const [operation] = ports.operations.operations.values();
      if (operation === undefined) return;
      const answers = settled.map(({ index }) => ({ index, body: contact }));
      const times = { startedAt: NOON, settledAt: NOON };
      void ports.operations.settle({ operationId: operation.id, outcomes: settled, answers, ...times });
    });
  }

  test('stands beside the outcome in the operation', async () => {
    const ports = portsThatSettle(outcomes);
    await send('upsert', upsert([{ city: 'a' }, { city: 'b' }, { city: 'c' }], prefer('wait=5')), ports);
    const [operation] = ports.operations.operations.keys();
    expect((await answerOperationRequest(operation, 'c', ports.operations)).body).toMatchObject({
      counts: { delivered: 3 },
      results: [
        { index: 0, outcome: 'updated', lifecyclestage: { sent: 'lead', kept: 'customer', reason: 'backward' } },
        { index: 1, outcome: 'updated', lifecyclestage: { sent: 'lead', movedBackFrom: 'customer' } },
        { index: 2, outcome: 'updated', id },
      ],
    });
  });

  test('is a warning to who waits, beside the contact with the stage that it kept', async () => {
    const all = upsert([{ city: 'a' }, { city: 'b' }, { city: 'c' }], prefer('wait=5'));
    expect(await send('upsert', all, portsThatSettle(outcomes))).toMatchObject({
      status: 200,
      headers: { 'relay-warnings': '1' },
      body: {
        results: [contact, contact, contact],
        warnings: [{ code: 'LIFECYCLE_STAGE_KEPT', in: 'inputs[0].properties.lifecyclestage' }],
      },
    });
    const one = update({ lifecyclestage: 'lead' }, prefer('wait=5'));
    expect(await send('update', one, portsThatSettle(outcomes.slice(0, 1)))).toMatchObject({
      status: 200,
      body: { ...contact, warnings: [{ code: 'LIFECYCLE_STAGE_KEPT', in: 'properties.lifecyclestage' }] },
    });
  });
});
