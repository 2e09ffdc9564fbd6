import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { answerContactRequest } from '../../../lib/accept/answer-contact-request.ts';
import type { HttpRequest } from '../../../lib/accept/http-request.ts';
import type { Verb } from '../../../lib/operations/contact-write.ts';
import type { PortalDefinitions } from '../../../lib/portal/property-definitions.ts';
import { after, minutes } from '../../../lib/runtime/units.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { createInMemoryPorts, type InMemoryPorts } from '../../support/accept-ports.ts';
import { anHttpRequest } from '../../support/an-http-request.ts';
import { aProperty, definitionsOf, thePortal } from '../../support/portal-definitions.ts';

const portal = thePortal({
  erp_id: aProperty({ isUnique: true }),
  checksum: aProperty({ isUnique: true, isReadOnly: true }),
  relay_write_id: aProperty({ isUnique: true }),
});

/** Ports whose portal is this one, read `age` minutes ago; wishes are counted. */
function portsOf(
  known: PortalDefinitions | undefined = portal,
  fields: Partial<InMemoryPorts> = {},
  age = 1,
): InMemoryPorts & { readonly wishes: () => number } {
  const ports = createInMemoryPorts();
  let wishes = 0;
  const definitions = definitionsOf(known && { ...known, readAt: after(NOON, minutes(-age)) }, async () => {
    wishes += 1;
  });
  return { ...ports, definitions, ...fields, wishes: () => wishes };
}
const nothingKnown = () => portsOf(undefined, { definitions: createInMemoryPorts().definitions });

const BATCH = '/crm/v3/objects/contacts/batch';
const create = (properties: unknown, headers = {}) => anHttpRequest({ json: { properties }, headers });
const batch = (verb: Verb, inputs: unknown, headers = {}) =>
  anHttpRequest({ path: `${BATCH}/${verb}`, json: { inputs }, headers });
const patch = (idProperty: string, id = '7', properties: unknown = { city: 'Rome' }, headers = {}) =>
  anHttpRequest({
    method: 'PATCH',
    path: `/crm/v3/objects/contacts/${id}`,
    query: `idProperty=${idProperty}`,
    idProperty,
    json: { properties },
    headers,
  });
const lenient = { prefer: 'handling=lenient' };
const strict = { prefer: 'handling=strict' };

const send = (verb: Verb, request: HttpRequest, ports: InMemoryPorts) => answerContactRequest(verb, request, ports);
const faultsOf = ({ body }: { readonly body: unknown }) =>
  (body as { errors?: { code: string; in: string }[] }).errors?.map(({ code, in: place }) => `${code} ${place}`);
const sentProperties = ({ queue }: InMemoryPorts) =>
  queue.sent.flatMap(({ message }) => message.writes.map(({ properties }) => ({ ...properties })));
const expectNoTrace = ({ operations, idempotency, queue }: InMemoryPorts) =>
  expect([operations.operations.size, idempotency.records.size, queue.sent.length]).toEqual([0, 0, 0]);

describe('a property that HubSpot would refuse', () => {
  test.each<readonly [string, Record<string, unknown>, string]>([
    ['is not there', { favourite_colour: 'green' }, 'PROPERTY_DOESNT_EXIST properties.favourite_colour'],
    ['is not there, and cleared', { favourite_colour: null }, 'PROPERTY_DOESNT_EXIST properties.favourite_colour'],
    ['is read-only', { createdate: '2026-11-23' }, 'READ_ONLY_VALUE properties.createdate'],
    ['is no number', { numberofemployees: 'a few' }, 'INVALID_LONG properties.numberofemployees'],
    ['is no date', { birthday: 'yesterday' }, 'INVALID_DATE properties.birthday'],
    ['is no time', { closedate: 'soon' }, 'INVALID_DATE properties.closedate'],
    ['is no boolean', { vip: 'perhaps' }, 'INVALID_OPTION properties.vip'],
    ['is no option', { lifecyclestage: 'very_interested' }, 'INVALID_OPTION properties.lifecyclestage'],
    ['is too long', { city: 'x'.repeat(65_537) }, 'PROPERTY_VALUE_TOO_LONG properties.city'],
  ])('A5: because it %s, is refused at the door and leaves no trace', async (_, properties, fault) => {
    const ports = portsOf();
    const answer = await send('create', create({ email: 'ada@example.com', ...properties }), ports);
    expect(answer.status).toBe(400);
    expect(faultsOf(answer)).toEqual([fault]);
    expectNoTrace(ports);
  });

  test('is refused in HubSpot’s own words, all at once, each with its input and its name', async () => {
    const inputs = [
      { properties: { email: 'ada@example.com', favourite_colour: 'green', numberofemployees: 'a few' } },
      { properties: { email: 'alan@example.com' } },
      { properties: { email: 'grace@example.com', createdate: '1' } },
    ];
    const ports = portsOf();
    const answer = await send('create', batch('create', inputs), ports);
    expect(answer).toMatchObject({
      status: 400,
      body: {
        status: 'error',
        category: 'VALIDATION_ERROR',
        errors: [
          {
            message: 'Property "favourite_colour" does not exist',
            code: 'PROPERTY_DOESNT_EXIST',
            in: 'inputs[0].properties.favourite_colour',
            context: { propertyName: ['favourite_colour'], index: ['0'] },
          },
          {
            message: '<numberofemployees> was not a valid long.',
            code: 'INVALID_LONG',
            context: { propertyName: ['numberofemployees'], index: ['0'] },
          },
          {
            message: '"createdate" is a read only property; its value cannot be set.',
            code: 'READ_ONLY_VALUE',
            context: { propertyName: ['createdate'], index: ['2'] },
          },
        ],
      },
    });
    const { message } = answer.body as { message: string };
    const [, list = ''] = /^Property values were not valid: (\[.*\])$/.exec(message) ?? [];
    expect(JSON.parse(list)).toMatchObject([
      { isValid: false, error: 'PROPERTY_DOESNT_EXIST', name: 'favourite_colour' },
      { isValid: false, error: 'INVALID_LONG', name: 'numberofemployees' },
      { isValid: false, error: 'READ_ONLY_VALUE', name: 'createdate' },
    ]);
    expectNoTrace(ports);
  });

  test('is still too large for the relay when it is', async () => {
    for (const known of [portsOf(), nothingKnown()]) {
      const request = create({ email: 'ada@example.com', city: 'x'.repeat(257 * 1024) });
      const answer = await send('create', request, known);
      expect([answer.status, faultsOf(answer)]).toEqual([413, ['WRITE_TOO_LARGE body']]);
      expectNoTrace(known);
    }
  });

  test('is named together with faults of other kinds', async () => {
    const ports = portsOf();
    const answer = await send('create', create({ email: 'x', phone: [], favourite_colour: 'green' }), ports);
    expect(faultsOf(answer)).toEqual([
      'INVALID_EMAIL properties.email',
      'INVALID_PROPERTY_VALUE properties.phone',
      'PROPERTY_DOESNT_EXIST properties.favourite_colour',
    ]);
    expect(answer.body).toMatchObject({ message: expect.stringMatching(/^Invalid input: /) });
  });

  test('O2: is refused without its value', async () => {
    const secret = 'do-not-repeat-this';
    const properties = {
      numberofemployees: secret,
      birthday: secret,
      lifecyclestage: secret,
      vip: secret,
      nick: secret,
    };
    const { status, body } = await send('create', create({ email: 'ada@example.com', ...properties }), portsOf());
    expect(status).toBe(400);
    expect(JSON.stringify(body)).not.toContain(secret);
  });

  test('of an update or an upsert is refused alike', async () => {
    const update = await send('update', patch('email', 'ada@example.com', { nick: 'Ada' }), portsOf());
    const input = { id: 'ada@example.com', idProperty: 'email', properties: { nick: 'Ada' } };
    const upsert = await send('upsert', batch('upsert', [input]), portsOf());
    expect([update, upsert].map(faultsOf)).toEqual([
      ['PROPERTY_DOESNT_EXIST properties.nick'],
      ['PROPERTY_DOESNT_EXIST inputs[0].properties.nick'],
    ]);
  });
});

describe('what is known of the portal', () => {
  const faulty = { email: 'ada@example.com', nick: 'Ada', lifecyclestage: 'mine', numberofemployees: 'a few' };

  test('is not waited for: without it everything passes', async () => {
    const ports = nothingKnown();
    expect(await send('create', create(faulty), ports)).toMatchObject({ status: 202 });
    expect(sentProperties(ports)).toEqual([faulty]);
  });

  test('does not speak against a new name or option when it is not fresh, and is refreshed', async () => {
    const old = portsOf(portal, {}, 6);
    const answer = await send('create', create(faulty), old);
    expect(faultsOf(answer)).toEqual(['INVALID_LONG properties.numberofemployees']);
    const { numberofemployees: _, ...unknown } = faulty;
    expect(await send('create', create(unknown), old)).toMatchObject({ status: 202 });
    expect(old.wishes()).toBe(2);
  });

  test('speaks against them as long as it is fresh, and is refreshed all the same', async () => {
    const fresh = portsOf(portal, {}, 5);
    expect(await send('create', create({ ...faulty, numberofemployees: '1' }), fresh)).toMatchObject({ status: 400 });
    expect(fresh.wishes()).toBe(1);
  });

  test('is not refreshed for what it holds', async () => {
    const ports = portsOf();
    await send('create', create({ email: 'ada@example.com', createdate: '1', numberofemployees: 'a few' }), ports);
    await send('create', create({ email: 'ada@example.com', city: 'Rome' }), ports);
    expect(ports.wishes()).toBe(0);
  });
});

describe('Prefer: handling', () => {
  const faulty = { email: 'ada@example.com', favourite_colour: 'green', numberofemployees: 'a few', city: 'London' };

  test('lenient leaves faulty properties out and says so', async () => {
    const ports = portsOf();
    const answer = await send('create', create(faulty, lenient), ports);
    expect(answer).toMatchObject({
      status: 202,
      headers: { 'preference-applied': 'handling=lenient', 'relay-warnings': '2' },
      body: {
        status: 'PENDING',
        warnings: [
          { code: 'PROPERTY_DOESNT_EXIST', in: 'properties.favourite_colour' },
          {
            code: 'INVALID_LONG',
            in: 'properties.numberofemployees',
            context: { propertyName: ['numberofemployees'] },
          },
        ],
      },
    });
    expect(sentProperties(ports)).toEqual([{ email: 'ada@example.com', city: 'London' }]);
  });

  test('lenient looks at each of very many faulty properties once', async () => {
    const names = Array.from({ length: 2_000 }, (_, number) => `unknown_${number}`);
    const properties = Object.fromEntries(['email', ...names].map((name) => [name, 'ada@example.com']));
    const searches = jest.spyOn(Array.prototype, 'includes');
    try {
      const ports = portsOf();
      const answer = await send('create', create(properties, lenient), ports);
      expect(answer.headers).toMatchObject({ 'relay-warnings': '2000' });
      expect(sentProperties(ports)).toEqual([{ email: 'ada@example.com' }]);
      const searched = searches.mock.contexts.reduce<number>((sum, list) => sum + Object(list).length, 0);
      expect(searched).toBeLessThan(20 * names.length);
    } finally {
      searches.mockRestore();
    }
  });

  test('lenient leaves nothing out of what is right, and warns of nothing', async () => {
    const ports = portsOf();
    const answer = await send('create', create({ email: 'ada@example.com' }, lenient), ports);
    expect(answer.headers).toEqual({ location: expect.any(String), 'preference-applied': 'handling=lenient' });
    expect(answer.body).not.toHaveProperty('warnings');
  });

  test.each<readonly [string, Verb, HttpRequest, string]>([
    [
      'a create that loses its identity',
      'create',
      create({ firstname: 'x'.repeat(65_537), city: 'Rome' }, lenient),
      'NO_IDENTITY properties',
    ],
    ['a create of which nothing is left', 'create', create({ nick: 'Ada' }, lenient), 'NO_IDENTITY properties'],
    [
      'an update of which nothing is left',
      'update',
      patch('email', 'ada@example.com', { nick: 'Ada' }, lenient),
      'NO_PROPERTIES properties',
    ],
    [
      'an e-mail that is none, which no definition is needed for',
      'create',
      create({ email: 'ada', firstname: 'Ada' }, lenient),
      'INVALID_EMAIL properties.email',
    ],
  ])('lenient does not save %s', async (_, verb, request, fault) => {
    const ports = portsOf();
    const answer = await send(verb, request, ports);
    expect(answer).toMatchObject({ status: 400, headers: { 'preference-applied': 'handling=lenient' } });
    expect(faultsOf(answer)).toContain(fault);
    expectNoTrace(ports);
  });

  test('strict refuses where the setting would not, and says so', async () => {
    for (const propertyChecks of ['drop', 'off', 'refuse'] as const) {
      const ports = portsOf(portal, { propertyChecks });
      const answer = await send('create', create(faulty, strict), ports);
      expect(answer).toMatchObject({ status: 400, headers: { 'preference-applied': 'handling=strict' } });
      expectNoTrace(ports);
    }
  });

  test('is not said to be applied when nothing is known of the portal', async () => {
    for (const headers of [strict, lenient]) {
      const { status, headers: told } = await send('create', create(faulty, headers), nothingKnown());
      expect([status, told]).toEqual([202, { location: expect.any(String) }]);
    }
  });
});

describe('the setting propertyChecks', () => {
  const faulty = { email: 'ada@example.com', favourite_colour: 'green' };

  test('drop leaves out and warns, also where nobody asks for it', async () => {
    const ports = portsOf(portal, { propertyChecks: 'drop' });
    const answer = await send('create', create(faulty), ports);
    expect(answer).toMatchObject({ status: 202, headers: { 'relay-warnings': '1' }, body: { warnings: [{}] } });
    expect(answer.headers).not.toHaveProperty('preference-applied');
    expect(sentProperties(ports)).toEqual([{ email: 'ada@example.com' }]);
  });

  test('off lets everything through, and asks for nothing', async () => {
    const ports = portsOf(portal, { propertyChecks: 'off' });
    expect(await send('create', create(faulty), ports)).toMatchObject({ status: 202 });
    expect(sentProperties(ports)).toEqual([faulty]);
    expect(ports.wishes()).toBe(0);
  });

  test('refuse leaves a batch with a trace id on each input to HubSpot, which judges it input by input', async () => {
    const traced = (...ids: (string | undefined)[]) =>
      ids.map((objectWriteTraceId) => ({ properties: faulty, objectWriteTraceId }));
    const ports = portsOf();
    expect(await send('create', batch('create', traced('a', 'b')), ports)).toMatchObject({ status: 202 });
    expect(sentProperties(ports)).toEqual([faulty, faulty]);
    expect(await send('create', batch('create', traced('a', undefined)), portsOf())).toMatchObject({ status: 400 });
    expect(await send('create', batch('create', traced('a', 'b'), strict), portsOf())).toMatchObject({ status: 400 });
  });
});

describe('an input that HubSpot refuses whatever the portal has', () => {
  const right = { properties: { email: 'ada@example.com' }, objectWriteTraceId: 'right' };
  const upserted = { id: 'ada@example.com', idProperty: 'email', ...right };
  const faulty: readonly (readonly [string, Verb, Record<string, unknown>, Record<string, unknown>, string])[] = [
    [
      'an e-mail that is none',
      'create',
      { properties: { email: ' Ada' } },
      { properties: { email: 'ada' } },
      'INVALID_EMAIL inputs[1].properties.email',
    ],
    [
      'nobody to create',
      'create',
      { properties: { city: 'Rome' } },
      { properties: { city: 'Rome' } },
      'NO_IDENTITY inputs[1].properties',
    ],
    [
      'an e-mail that is none as its key',
      'upsert',
      { id: 'Ada', idProperty: 'email', properties: { city: 'Rome' } },
      { id: 'ada', idProperty: 'email', properties: { city: 'Rome' } },
      'INVALID_EMAIL inputs[1].id',
    ],
  ];
  const inputsOf = (verb: Verb, input: object) => [
    verb === 'create' ? right : upserted,
    { ...input, objectWriteTraceId: 'faulty' },
  ];

  describe.each(faulty)('%s', (_, verb, input, sent, fault) => {
    test.each(['refuse', 'drop', 'off'] as const)(
      'is left to HubSpot where each input has a trace id (%s)',
      async (propertyChecks) => {
        for (const known of [portsOf(portal, { propertyChecks }), { ...nothingKnown(), propertyChecks }]) {
          expect(await send(verb, batch(verb, inputsOf(verb, input)), known)).toMatchObject({ status: 202 });
          expect(known.queue.sent[0]?.message.writes[1]).toMatchObject(sent);
        }
      },
    );

    test('refuses a batch without trace ids, and one that is all or nothing', async () => {
      const untraced = inputsOf(verb, input).map(({ objectWriteTraceId: _id, ...rest }) => rest);
      for (const request of [batch(verb, untraced), batch(verb, inputsOf(verb, input), strict)]) {
        const ports = portsOf();
        const answer = await send(verb, request, ports);
        expect([answer.status, faultsOf(answer)]).toEqual([400, [fault]]);
        expectNoTrace(ports);
      }
    });

    test('is foretold by a dry run', async () => {
      const request = { ...batch(verb, inputsOf(verb, input)), query: 'dryRun=true' };
      const answer = await send(verb, request, portsOf());
      expect(answer).toMatchObject({ status: 200, body: { accepted: true, counts: { accepted: 1, refused: 1 } } });
    });
  });

  test.each([
    ['no key of the ledger could hold', 'x'.repeat(600)],
    ['is blank, and would clear it', '  '],
  ])('is refused here where its e-mail %s', async (_, email) => {
    const inputs = inputsOf('create', { properties: { email, firstname: 'Ada' } });
    expect(await send('create', batch('create', inputs), portsOf())).toMatchObject({ status: 400 });
  });

  test('A2: that was left to HubSpot stays the same operation when the repeat would have all or nothing', async () => {
    const ports = portsOf();
    const [, verb, input] = faulty[0] ?? ['', 'create', {}];
    const keyed = { 'idempotency-key': 'k' };
    const first = await send(verb, batch(verb, inputsOf(verb, input), keyed), ports);
    const again = await send(verb, batch(verb, inputsOf(verb, input), { ...keyed, ...strict }), ports);
    expect(again).toMatchObject({
      status: 202,
      headers: { 'idempotent-replayed': 'true' },
      body: first.body as object,
    });
    expect(ports.queue.sent).toHaveLength(1);
  });
});

describe('the relay’s own property', () => {
  const ports = () => portsOf(portal, { writeIdProperty: 'relay_write_id' });
  const own = { email: 'ada@example.com', relay_write_id: '1' };

  test.each(['refuse', 'off'] as const)('is nobody’s to write, with checks that are %s', async (propertyChecks) => {
    for (const known of [ports(), { ...nothingKnown(), writeIdProperty: 'relay_write_id' }]) {
      const answer = await send('create', create(own), { ...known, propertyChecks });
      expect(faultsOf(answer)).toEqual(['READ_ONLY_VALUE properties.relay_write_id']);
      expectNoTrace(known);
    }
    const traced = batch('create', [{ properties: own, objectWriteTraceId: 'a' }]);
    expect(await send('create', traced, ports())).toMatchObject({ status: 400 });
  });

  test('is left out of a lenient request', async () => {
    const known = ports();
    expect(await send('create', create(own, lenient), known)).toMatchObject({ status: 202 });
    expect(sentProperties(known)).toEqual([{ email: 'ada@example.com' }]);
  });

  test('names no contact, although the portal says that it is unique', async () => {
    const known = ports();
    const answer = await send('update', patch('relay_write_id'), known);
    expect(faultsOf(answer)).toEqual(['INVALID_ID_PROPERTY idProperty']);
    expect(JSON.stringify(answer.body)).not.toContain('relay_write_id');
    expectNoTrace(known);
  });
});

describe('idProperty', () => {
  const upsert = (idProperty: string) => batch('upsert', [{ id: '7', idProperty, properties: { city: 'Rome' } }]);

  test('may be any property that the portal says is unique, or that the setting names', async () => {
    for (const name of ['erp_id', 'customer_no', 'checksum']) {
      const ports = portsOf();
      expect(await send('update', patch(name), ports)).toMatchObject({ status: 202 });
      expect(ports.queue.sent).toMatchObject([{ message: { writes: [{ id: '7', idProperty: name }] } }]);
    }
    expect(await send('upsert', upsert('erp_id'), portsOf())).toMatchObject({ status: 202 });
  });

  test.each<readonly [string, Verb, HttpRequest, string]>([
    [
      'a property that is not unique',
      'update',
      patch('city'),
      'allowed: email, customer_no, erp_id, checksum, hs_object_id',
    ],
    [
      'a property that is not there',
      'update',
      patch('nick'),
      'allowed: email, customer_no, erp_id, checksum, hs_object_id',
    ],
    [
      'a read-only property, which an upsert would write',
      'upsert',
      upsert('checksum'),
      'allowed: email, customer_no, erp_id',
    ],
    ['the record id, for an upsert', 'upsert', upsert('hs_object_id'), 'allowed: email, customer_no, erp_id'],
  ])('may not be %s', async (_, verb, request, allowed) => {
    const ports = portsOf(portal, { writeIdProperty: 'relay_write_id' });
    const answer = await send(verb, request, ports);
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringMatching(new RegExp(`${allowed}$`)) } });
    expect(ports.wishes()).toBe(1);
    expectNoTrace(ports);
  });

  test('may be what was unique when the portal could last be asked', async () => {
    const known = createInMemoryPorts().definitions;
    const ports = portsOf(undefined, { definitions: { ...known, lastKnown: () => portal } });
    expect(await send('update', patch('erp_id'), ports)).toMatchObject({ status: 202 });
    expect(await send('update', patch('city'), ports)).toMatchObject({ status: 400 });
  });

  test('is HubSpot’s to judge, of an upsert, while nothing is known of the portal', async () => {
    expect(await send('upsert', upsert('erp_id'), nothingKnown())).toMatchObject({ status: 202 });
    expect(await send('upsert', upsert('No Name'), nothingKnown())).toMatchObject({ status: 400 });
    expect(await send('upsert', upsert('hs_object_id'), nothingKnown())).toMatchObject({ status: 400 });
    const own = { ...nothingKnown(), writeIdProperty: 'relay_write_id' };
    expect(await send('upsert', upsert('relay_write_id'), own)).toMatchObject({ status: 400 });
  });

  test('may be no more than the setting says while nothing is known of the portal', async () => {
    expect(await send('update', patch('customer_no'), nothingKnown())).toMatchObject({ status: 202 });
    const answer = await send('update', patch('erp_id'), nothingKnown());
    expect(answer).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/allowed: email, customer_no, hs_object_id$/) },
    });
  });
});

describe('a request under an Idempotency-Key', () => {
  const keyed = { 'idempotency-key': 'k' };

  test.each<readonly [string, Verb, HttpRequest, InMemoryPorts, InMemoryPorts]>([
    [
      'a property that is gone',
      'create',
      create({ email: 'ada@example.com', nick: 'Ada' }, keyed),
      portsOf(thePortal({ nick: aProperty() })),
      portsOf(),
    ],
    [
      'a property that is gone, and nothing else to write',
      'update',
      patch('email', 'ada@example.com', { nick: 'Ada' }, { ...keyed, ...lenient }),
      portsOf(thePortal({ nick: aProperty() })),
      portsOf(),
    ],
    [
      'the name of a contact that is gone',
      'create',
      create({ firstname: 'Ada', city: 'Rome' }, { ...keyed, ...lenient }),
      portsOf(),
      portsOf(thePortal({ firstname: aProperty({ isReadOnly: true }) })),
    ],
    [
      'a unique property that nobody knows for the moment',
      'update',
      patch('erp_id', '7', { city: 'Rome' }, keyed),
      portsOf(),
      nothingKnown(),
    ],
  ])('A2: that was taken stays the same operation, with %s', async (_, verb, request, before, now) => {
    const first = await send(verb, request, before);
    expect(first.status).toBe(202);
    const { operations, idempotency, queue } = before;
    const again = await send(verb, request, { ...now, operations, idempotency, queue });
    expect(again).toMatchObject({
      status: 202,
      headers: { 'idempotent-replayed': 'true' },
      body: first.body as object,
    });
    expect(queue.sent).toHaveLength(1);
  });

  test('A3: with another body that is faulty is refused, and nothing is sent or changed', async () => {
    const ports = portsOf();
    await send('create', create({ email: 'ada@example.com' }, keyed), ports);
    const other = await send('create', create({ email: 'ada@example.com', nick: 'Ada' }, keyed), ports);
    expect(other.status).toBe(400);
    expect(ports.queue.sent).toHaveLength(1);
  });

  test('A5: that was refused can be sent again, and then counts', async () => {
    const ports = portsOf();
    const request = create({ email: 'ada@example.com', nick: 'Ada' }, keyed);
    expect(await send('create', request, ports)).toMatchObject({ status: 400 });
    const { operations, idempotency, queue } = ports;
    const known = { ...portsOf(thePortal({ nick: aProperty() })), operations, idempotency, queue };
    expect(await send('create', request, known)).toMatchObject({ status: 202 });
    expect((await send('create', request, known)).headers).toMatchObject({ 'idempotent-replayed': 'true' });
  });
});

describe('whatever the properties', () => {
  const names = fc.constantFrom(
    'email',
    'firstname',
    'city',
    'vip',
    'birthday',
    'numberofemployees',
    'lifecyclestage',
    'createdate',
    'nick',
    'relay_write_id',
  );
  const values = fc.oneof(
    fc.string(),
    fc.constantFrom('', 'true', 'lead', '7', '2026-11-23', 'ada@example.com'),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const inputs = fc.array(fc.record({ properties: fc.dictionary(names, values) }), { minLength: 1, maxLength: 5 });

  test('a refused request leaves no trace, and a lenient one sends only what a strict one would take', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, async (given) => {
        const ports = portsOf(portal, { writeIdProperty: 'relay_write_id' });
        const answer = await send('create', batch('create', given, lenient), ports);
        if (answer.status !== 202) {
          expect(answer.status).toBe(400);
          expectNoTrace(ports);
          return;
        }
        const again = sentProperties(ports).map((properties) => ({ properties }));
        expect(again).toHaveLength(given.length);
        expect(await send('create', batch('create', again, strict), portsOf())).toMatchObject({ status: 202 });
      }),
    );
  });
});
