import { describe, expect, test } from '@jest/globals';
import { answerContactRequest } from '../../../lib/accept/answer-contact-request.ts';
import type { HttpRequest } from '../../../lib/accept/http-request.ts';
import type { Verb } from '../../../lib/operations/contact-write.ts';
import { createInMemoryPorts } from '../../support/accept-ports.ts';
import { anHttpRequest } from '../../support/an-http-request.ts';

const BATCH = '/crm/v3/objects/contacts/batch';
const ada = { properties: { email: 'ada@example.com' } };
const batch = (verb: Verb, inputs: unknown, fields: Partial<HttpRequest> = {}) =>
  anHttpRequest({ path: `${BATCH}/${verb}`, json: { inputs }, ...fields });
const patch = (id: string, json: unknown, fields: Partial<HttpRequest> = {}) =>
  anHttpRequest({ method: 'PATCH', path: `/crm/v3/objects/contacts/${id}`, json, ...fields });
const remove = (id: string, fields: Partial<HttpRequest> = {}) =>
  anHttpRequest({ method: 'DELETE', path: `/crm/v3/objects/contacts/${id}`, body: undefined, ...fields });
const create = (properties: unknown) => anHttpRequest({ json: { properties } });
const key = (value: string) => anHttpRequest({ headers: { 'idempotency-key': value } });
const raw = (body: string) => anHttpRequest({ body });

const link = (method: string, path: string, body?: unknown): HttpRequest =>
  anHttpRequest({ method, path, body: body === undefined ? undefined : JSON.stringify(body) });
const aType = (associationCategory: string, associationTypeId: number) => ({ associationCategory, associationTypeId });
/** A gateway puts U+FFFD, three bytes, in the place of a byte that is no UTF-8. */
const damaged = create({ firstname: 'Ad\ufffd' });

/** Scenario, verb, request, status, and the code of each fault with its place. */
const REFUSALS: readonly [string, Verb, HttpRequest, number, readonly string[]][] = [
  ['malformed JSON', 'create', raw('{"properties":'), 400, ['INVALID_JSON body']],
  ['no body', 'create', raw(''), 400, ['INVALID_JSON body']],
  ['a body that is a list', 'create', raw('[]'), 400, ['INVALID_BODY body']],
  ['a body that is null', 'create', raw('null'), 400, ['INVALID_BODY body']],
  ['bytes that are no UTF-8', 'create', { ...raw('/////w=='), isBase64Encoded: true }, 400, ['INVALID_ENCODING body']],
  [
    'another content type',
    'create',
    anHttpRequest({ headers: { 'content-type': 'text/plain' } }),
    415,
    ['UNSUPPORTED_MEDIA_TYPE Content-Type'],
  ],
  [
    'a body that is compressed',
    'create',
    anHttpRequest({ headers: { 'content-encoding': 'gzip' }, isBase64Encoded: true }),
    415,
    ['UNSUPPORTED_MEDIA_TYPE Content-Encoding'],
  ],
  [
    'bytes that are no UTF-8 and came as text',
    'create',
    {
      ...damaged,
      headers: { ...damaged.headers, 'content-length': String(Buffer.byteLength(damaged.body ?? '') - 2) },
    },
    400,
    ['INVALID_ENCODING body'],
  ],
  [
    'no content type',
    'create',
    anHttpRequest({ headers: { 'content-type': undefined } }),
    415,
    ['UNSUPPORTED_MEDIA_TYPE Content-Type'],
  ],
  [
    'another charset',
    'create',
    anHttpRequest({ headers: { 'content-type': 'application/json; charset=utf-16' } }),
    415,
    ['UNSUPPORTED_MEDIA_TYPE Content-Type'],
  ],
  ['a body over 5 MiB', 'create', create({ firstname: 'x'.repeat(5 * 1024 * 1024) }), 413, ['BODY_TOO_LARGE body']],
  ['a contact over 256 KiB', 'create', create({ firstname: 'x'.repeat(256 * 1024) }), 413, ['WRITE_TOO_LARGE body']],
  ['a batch without inputs', 'create', anHttpRequest({ path: `${BATCH}/create`, json: {} }), 400, ['NO_INPUTS inputs']],
  ['empty inputs', 'create', batch('create', []), 400, ['NO_INPUTS inputs']],
  ['inputs that are no list', 'upsert', batch('upsert', { 0: ada }), 400, ['NO_INPUTS inputs']],
  ['1,001 inputs', 'create', batch('create', Array(1_001).fill(ada)), 400, ['TOO_MANY_INPUTS inputs']],
  [
    'an input that is no object',
    'create',
    batch('create', [ada, 'ada', null]),
    400,
    ['INVALID_INPUT inputs[1]', 'INVALID_INPUT inputs[2]'],
  ],
  ['an archive of nobody', 'archive', batch('archive', [{}]), 400, ['REQUIRED_FIELD inputs[0].id']],
  ['an archive by no record id', 'archive', remove('ada@example.com'), 400, ['INVALID_ID id']],
  [
    'archives of 1,001 contacts',
    'archive',
    batch('archive', Array(1_001).fill({ id: '1' })),
    400,
    ['TOO_MANY_INPUTS inputs'],
  ],
  [
    'an archive by what is not unique',
    'archive',
    remove('Ada', { idProperty: 'firstname' }),
    400,
    ['INVALID_ID_PROPERTY idProperty'],
  ],
  ['no properties', 'create', raw('{}'), 400, ['INVALID_PROPERTIES properties']],
  ['empty properties', 'update', patch('512', { properties: {} }), 400, ['NO_PROPERTIES properties']],
  ['a create without identity', 'create', create({ phone: '1' }), 400, ['NO_IDENTITY properties']],
  [
    'a create with an empty identity',
    'create',
    create({ email: '', firstname: null, lastname: '  ' }),
    400,
    ['NO_IDENTITY properties'],
  ],
  [
    'an e-mail that is none',
    'create',
    create({ email: 'ada at example.com' }),
    400,
    ['INVALID_EMAIL properties.email'],
  ],
  ['a blank e-mail', 'update', patch('512', { properties: { email: '  ' } }), 400, ['INVALID_EMAIL properties.email']],
  [
    'a nested value',
    'create',
    batch('create', [ada, { properties: { email: 'b@example.com', phone: { home: 1 }, city: ['a'] } }]),
    400,
    ['INVALID_PROPERTY_VALUE inputs[1].properties.phone', 'INVALID_PROPERTY_VALUE inputs[1].properties.city'],
  ],
  [
    '__proto__',
    'create',
    raw('{"properties":{"firstname":"Ada","__proto__":"x"}}'),
    400,
    ['INVALID_PROPERTY_NAME properties.__proto__'],
  ],
  [
    'a nested __proto__',
    'create',
    raw('{"properties":{"firstname":"Ada","__proto__":{"polluted":1}}}'),
    400,
    ['INVALID_PROPERTY_NAME properties.__proto__'],
  ],
  [
    'constructor and prototype',
    'create',
    create({ firstname: 'Ada', constructor: 'x', prototype: 'y' }),
    400,
    ['INVALID_PROPERTY_NAME properties.constructor', 'INVALID_PROPERTY_NAME properties.prototype'],
  ],
  [
    'a property name with a control character',
    'create',
    create({ firstname: 'Ada', 'a\u0000b': 'x' }),
    400,
    ['INVALID_PROPERTY_NAME properties'],
  ],
  [
    'a control character in a value',
    'create',
    create({ firstname: 'A\u0000da' }),
    400,
    ['INVALID_PROPERTY_VALUE properties.firstname'],
  ],
  [
    'a lone surrogate',
    'create',
    raw('{"properties":{"firstname":"\\ud800"}}'),
    400,
    ['INVALID_PROPERTY_VALUE properties.firstname'],
  ],
  ['U+FFFE', 'create', create({ firstname: '\ufffe' }), 400, ['INVALID_PROPERTY_VALUE properties.firstname']],
  [
    'a number beyond exactness',
    'create',
    raw('{"properties":{"firstname":12345678901234567890}}'),
    400,
    ['INVALID_PROPERTY_VALUE properties.firstname'],
  ],
  [
    'an infinite number',
    'create',
    raw('{"properties":{"firstname":1e999}}'),
    400,
    ['INVALID_PROPERTY_VALUE properties.firstname'],
  ],
  [
    'an unknown idProperty',
    'update',
    patch('x', ada, { idProperty: 'phone' }),
    400,
    ['INVALID_ID_PROPERTY idProperty'],
  ],
  ['an id that is no record id', 'update', patch('ada', ada), 400, ['INVALID_ID id']],
  ['an id with leading zeros', 'update', patch('007', ada), 400, ['INVALID_ID id']],
  ['an e-mail as id that is none', 'update', patch('ada', ada, { idProperty: 'email' }), 400, ['INVALID_EMAIL id']],
  ['an update without id', 'update', batch('update', [ada]), 400, ['REQUIRED_FIELD inputs[0].id']],
  [
    'a control character in an id',
    'upsert',
    batch('upsert', [{ ...ada, id: 'a\n', idProperty: 'customer_no' }]),
    400,
    ['INVALID_ID inputs[0].id'],
  ],
  [
    'an upsert without idProperty',
    'upsert',
    batch('upsert', [{ ...ada, id: '1' }]),
    400,
    ['REQUIRED_FIELD inputs[0].idProperty'],
  ],
  [
    'an upsert by record id',
    'upsert',
    batch('upsert', [{ ...ada, id: '1', idProperty: 'hs_object_id' }]),
    400,
    ['INVALID_ID_PROPERTY inputs[0].idProperty'],
  ],
  [
    'malformed associations of an update',
    'update',
    patch('512', { ...ada, associations: [{}] }),
    400,
    ['INVALID_ASSOCIATIONS associations[0]'],
  ],
  [
    'an association of an update of which nobody can tell where it leads',
    'update',
    patch('512', { ...ada, associations: [{ to: { id: '1' }, types: [aType('USER_DEFINED', 36)] }] }),
    400,
    ['REQUIRED_FIELD associations[0].toObjectType'],
  ],
  [
    'associations that lead elsewhere than they say',
    'upsert',
    batch('upsert', [
      {
        ...ada,
        id: 'ada@example.com',
        idProperty: 'email',
        associations: [
          { to: { id: '1' }, types: [aType('HUBSPOT_DEFINED', 279)], toObjectType: 'deals' },
          { to: { id: '2' }, types: [aType('HUBSPOT_DEFINED', 279), aType('HUBSPOT_DEFINED', 4)] },
          { to: { id: '3' }, types: [aType('HUBSPOT_DEFINED', 4)], toObjectType: '../x' },
        ],
      },
    ]),
    400,
    [0, 1, 2].map((n) => `INVALID_OBJECT_TYPE inputs[0].associations[${n}].toObjectType`),
  ],
  [
    'two primary companies of an update',
    'update',
    patch('512', {
      ...ada,
      associations: ['1', '2'].map((id) => ({ to: { id }, types: [aType('HUBSPOT_DEFINED', 1)] })),
    }),
    400,
    ['INVALID_ASSOCIATIONS associations'],
  ],
  [
    'more associations of an update than its outcome holds',
    'update',
    patch('512', {
      ...ada,
      associations: Array.from({ length: 21 }, (_, n) => ({
        to: { id: String(n + 1) },
        types: [aType('HUBSPOT_DEFINED', 4)],
      })),
    }),
    400,
    ['TOO_MANY_ASSOCIATIONS associations'],
  ],
  [
    'an association with ids that are none',
    'associate',
    link('PUT', '/crm/v3/objects/contacts/ada@example.com/associations/companies/x/y'),
    400,
    ['INVALID_ID id', 'INVALID_ID toObjectId', 'INVALID_ASSOCIATION_TYPE associationTypeId'],
  ],
  [
    'an association without a type',
    'associate',
    link('PUT', '/crm/v4/objects/contacts/512/associations/companies/1', []),
    400,
    ['INVALID_BODY types'],
  ],
  [
    'an association of unknown categories and types',
    'associate',
    link('PUT', '/crm/v4/objects/contacts/512/associations/comp..anies/1', [
      aType('OWN', 0),
      aType('USER_DEFINED', 36),
      'x',
    ]),
    400,
    [
      'INVALID_OBJECT_TYPE toObjectType',
      'INVALID_ASSOCIATION_TYPE types[0].associationCategory',
      'INVALID_ASSOCIATION_TYPE types[0].associationTypeId',
      'INVALID_ASSOCIATION_TYPE types[2].associationCategory',
      'INVALID_ASSOCIATION_TYPE types[2].associationTypeId',
    ],
  ],
  [
    'a removal of ids that are none',
    'dissociate',
    link('DELETE', '/sync/crm/objects/2026-03/contacts/0/associations/companies/01'),
    400,
    ['INVALID_ID id', 'INVALID_ID toObjectId'],
  ],
  [
    'malformed associations',
    'create',
    batch('create', [{ ...ada, associations: [{ to: { id: 'x' }, types: [] }] }]),
    400,
    ['INVALID_ASSOCIATIONS inputs[0].associations[0]'],
  ],
  [
    'trace ids given twice',
    'create',
    batch('create', [
      { ...ada, objectWriteTraceId: 'a' },
      { ...ada, objectWriteTraceId: 'a' },
    ]),
    400,
    ['DUPLICATE_TRACE_ID inputs[1].objectWriteTraceId'],
  ],
  [
    'an event time without zone',
    'create',
    batch('create', [{ ...ada, occurredAt: '2026-11-23T12:00:00' }]),
    400,
    ['INVALID_TIME inputs[0].occurredAt'],
  ],
  [
    'an event of last year',
    'create',
    batch('create', [{ ...ada, occurredAt: '2025-11-23T12:00:00Z' }]),
    400,
    ['TIME_TOO_OLD inputs[0].occurredAt'],
  ],
  ['an empty idempotency key', 'create', key(''), 400, ['INVALID_IDEMPOTENCY_KEY Idempotency-Key']],
  ['an over-long idempotency key', 'create', key('k'.repeat(256)), 400, ['INVALID_IDEMPOTENCY_KEY Idempotency-Key']],
  ['a key with a control character', 'create', key('a\u0001b'), 400, ['INVALID_IDEMPOTENCY_KEY Idempotency-Key']],
  ['a key that is half quoted', 'create', key('"abc'), 400, ['INVALID_IDEMPOTENCY_KEY Idempotency-Key']],
];

describe('a refused request', () => {
  test.each(REFUSALS)(
    'A5: %s is refused in HubSpot’s words and leaves no trace',
    async (_, verb, request, status, faults) => {
      const ports = createInMemoryPorts();
      const answer = await answerContactRequest(verb, request, ports);
      expect(answer).toMatchObject({
        status,
        body: {
          status: 'error',
          category: 'VALIDATION_ERROR',
          message: expect.stringMatching(/^Invalid input: /),
          correlationId: request.correlationId,
        },
      });
      const { errors } = answer.body as { errors: { code: string; in: string; message: string }[] };
      expect(errors.map(({ code, in: place }) => `${code} ${place}`)).toEqual(faults);
      expect(errors.every(({ message }) => message.length > 10)).toBe(true);
      expect([ports.operations.operations.size, ports.idempotency.records.size, ports.queue.sent.length]).toEqual([
        0, 0, 0,
      ]);
    },
  );

  test.each([
    ['POST', '/crm/objects/2026-13/contacts'],
    ['POST', '/crm/objects/latest/contacts'],
    ['POST', '/crm/v3/objects/contacts/batch/archive'],
    ['GET', '/crm/v3/objects/contacts'],
    ['PATCH', '/crm/v3/objects/contacts/512'],
  ])('%s %s is no route of creates: 404', async (method, path) => {
    const ports = createInMemoryPorts();
    const answer = await answerContactRequest('create', anHttpRequest({ method, path }), ports);
    expect(answer).toMatchObject({ status: 404, body: { status: 'error', category: 'OBJECT_NOT_FOUND' } });
    expect(ports.operations.operations.size).toBe(0);
  });

  test.each(['2026-13', '2026-04', '2027-03', '2026-09-beta', 'latest'])(
    'names the versions that it takes to a caller of %s',
    async (version) => {
      const ports = createInMemoryPorts();
      const path = `/sync/crm/objects/${version}/contacts/batch/create`;
      const answer = await answerContactRequest('create', anHttpRequest({ path, json: { inputs: [ada] } }), ports);
      const message = expect.stringContaining('use one of v3, 2025-09, 2026-03 and 2026-09');
      expect(answer).toMatchObject({ status: 404, body: { category: 'OBJECT_NOT_FOUND', message } });
      expect(ports.operations.operations.size).toBe(0);
    },
  );

  test('names every fault at once, with the property and the input', async () => {
    const inputs = [ada, { properties: { email: 'x', phone: [] }, occurredAt: 'now' }, { properties: { phone: '1' } }];
    const request = batch('create', inputs, {
      headers: { 'content-type': 'application/json', 'idempotency-key': ' ' },
    });
    const { body } = await answerContactRequest('create', request, createInMemoryPorts());
    expect(body).toMatchObject({
      message: expect.stringMatching(/\(and 4 more faults, see errors\)$/),
      errors: [
        { in: 'Idempotency-Key' },
        { in: 'inputs[1].properties.email', context: { propertyName: ['email'], index: ['1'] } },
        { in: 'inputs[1].properties.phone', context: { propertyName: ['phone'], index: ['1'] } },
        { in: 'inputs[1].occurredAt', context: { index: ['1'] } },
        { in: 'inputs[2].properties', context: { index: ['2'] } },
      ],
    });
  });

  test('lists a hundred faults at most and says how many there are', async () => {
    const request = batch('create', Array(1_000).fill({ properties: { email: 'x' } }));
    const { body } = await answerContactRequest('create', request, createInMemoryPorts());
    expect((body as { errors: unknown[] }).errors).toHaveLength(100);
    expect(body).toMatchObject({ message: expect.stringContaining('and 999 more faults, see errors); the first 100') });
  });

  test('O2: repeats no e-mail, value or key', async () => {
    const secret = 'grace@secret@example.com';
    const inputs = [
      { properties: { email: secret, [secret]: 'x' }, id: secret, idProperty: 'email', occurredAt: secret },
      { properties: { phone: { secret } }, id: secret, idProperty: secret, objectWriteTraceId: `${secret}\n` },
    ];
    const request = batch('upsert', inputs, {
      headers: { 'content-type': 'application/json', 'idempotency-key': `${secret}  x` },
    });
    const { body } = await answerContactRequest('upsert', request, createInMemoryPorts());
    expect(JSON.stringify(body)).not.toContain('grace');
  });

  test('says which idProperty would do', async () => {
    const { body } = await answerContactRequest(
      'update',
      patch('x', ada, { idProperty: 'phone' }),
      createInMemoryPorts(),
    );
    expect(body).toMatchObject({ message: expect.stringContaining('allowed: email, customer_no, hs_object_id') });
  });
});
