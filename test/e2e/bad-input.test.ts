import { get } from 'node:http';
import { urlToHttpOptions } from 'node:url';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseOperation, type SeenAnswer, type SentRequest } from '../support/relay-client.ts';
import { emptyQueue } from '../support/relay-queues.ts';
import { atOnce, HOOK_TIMEOUT_MS, startTestRelay, type TestRelay, testApiKey } from '../support/running-relay.ts';

const CONTACTS = '/crm/v3/objects/contacts';
const DATED = '/crm/objects/2026-03/contacts';
/** The relay's own: it reads the portal's definitions every few minutes, whoever asks for what. */
const LIST_OF_PROPERTIES = 'GET /crm/v3/properties/contacts';
const MIB = 1024 * 1024;
/** Stands in requests where a refusal must not repeat what it was sent. */
const SECRET = 'do-not-repeat-this';

let stack: TestRelay;
let tables: DynamoDBClient;

beforeAll(async () => {
  stack = await startTestRelay({ overrides: atOnce });
  tables = new DynamoDBClient({
    endpoint: stack.relay.endpoints.dynamodb,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}, HOOK_TIMEOUT_MS);

afterAll(async () => {
  tables.destroy();
  await stack.stop();
}, HOOK_TIMEOUT_MS);

/** A case: what is wrong, the request, the status, and for a refusal that names faults, where and what they are. */
interface Refused {
  readonly title: string;
  readonly request: SentRequest;
  readonly status: number;
  readonly faults?: readonly { readonly in: string; readonly code: string }[];
}

const create = (properties: unknown): SentRequest => ({ path: CONTACTS, body: { properties } });
const batch = (verb: string, inputs: unknown): SentRequest => ({ path: `${CONTACTS}/batch/${verb}`, body: { inputs } });
const upsert = (input: object) =>
  batch('upsert', [{ id: 'a@example.com', idProperty: 'email', properties: { city: 'A' }, ...input }]);
const keyed = (key: string): SentRequest => ({
  ...create({ email: 'a@example.com' }),
  headers: { 'idempotency-key': key },
});
const withHeaders = (headers: Readonly<Record<string, string | null>>): SentRequest => ({
  ...create({ email: `${SECRET}@example.com` }),
  headers,
});
const fault = (place: string, code: string) => [{ in: place, code }];
const bodyOf = (bytes: number): string =>
  JSON.stringify({ properties: { email: 'a@example.com', city: 'x'.repeat(bytes) } });

const unreadable: readonly Refused[] = [
  {
    title: 'malformed JSON',
    request: { path: CONTACTS, body: '{"properties":' },
    status: 400,
    faults: fault('body', 'INVALID_JSON'),
  },
  {
    title: 'malformed JSON on a dated path',
    request: { path: `${DATED}/batch/upsert`, body: `{${SECRET}` },
    status: 400,
    faults: fault('body', 'INVALID_JSON'),
  },
  { title: 'no body', request: { path: CONTACTS }, status: 400, faults: fault('body', 'INVALID_JSON') },
  {
    title: 'a list for a body',
    request: { path: CONTACTS, body: '[]' },
    status: 400,
    faults: fault('body', 'INVALID_BODY'),
  },
  {
    title: 'null for a body',
    request: { path: `${CONTACTS}/batch/create`, body: 'null' },
    status: 400,
    faults: fault('body', 'INVALID_BODY'),
  },
  {
    title: 'a thousand nested lists',
    request: { path: CONTACTS, body: '['.repeat(1_000) },
    status: 400,
    faults: fault('body', 'INVALID_JSON'),
  },
  {
    title: 'bytes that are no UTF-8',
    request: { path: CONTACTS, body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) },
    status: 400,
  },
  {
    title: 'XML',
    request: withHeaders({ 'content-type': 'application/xml' }),
    status: 415,
    faults: fault('Content-Type', 'UNSUPPORTED_MEDIA_TYPE'),
  },
  {
    title: 'a form',
    request: withHeaders({ 'content-type': 'application/x-www-form-urlencoded' }),
    status: 415,
    faults: fault('Content-Type', 'UNSUPPORTED_MEDIA_TYPE'),
  },
  {
    title: 'JSON in another character set',
    request: withHeaders({ 'content-type': 'application/json; charset=utf-16' }),
    status: 415,
    faults: fault('Content-Type', 'UNSUPPORTED_MEDIA_TYPE'),
  },
  {
    title: 'a body of more than 5 MiB',
    request: { path: CONTACTS, body: bodyOf(5 * MIB) },
    status: 413,
    faults: fault('body', 'BODY_TOO_LARGE'),
  },
  {
    title: 'one contact of more than 256 KiB',
    request: create({ email: 'a@example.com', city: 'x'.repeat(257 * 1024) }),
    status: 413,
    faults: fault('body', 'WRITE_TOO_LARGE'),
  },
];

const strangers: readonly Refused[] = [
  { title: 'no key', request: withHeaders({ authorization: null }), status: 401 },
  { title: 'a wrong key', request: withHeaders({ authorization: `Bearer ${SECRET}` }), status: 401 },
  { title: 'an empty key', request: withHeaders({ authorization: 'Bearer ' }), status: 401 },
  {
    title: 'another scheme',
    request: withHeaders({ authorization: 'Basic dGhlLWtleS1vZi10aGUtdGVzdHM=' }),
    status: 401,
  },
  {
    title: 'no key at an operation',
    request: { method: 'GET', path: '/operations/01JD0000000000000000000000', headers: { authorization: null } },
    status: 401,
  },
  {
    title: 'no key at a forwarded path',
    request: { method: 'GET', path: CONTACTS, headers: { authorization: null } },
    status: 401,
  },
];

const emptyOrTooMany: readonly Refused[] = [
  {
    title: 'no inputs at all',
    request: { path: `${CONTACTS}/batch/create`, body: {} },
    status: 400,
    faults: fault('inputs', 'NO_INPUTS'),
  },
  { title: 'an empty list of inputs', request: batch('update', []), status: 400, faults: fault('inputs', 'NO_INPUTS') },
  {
    title: 'inputs that are no list',
    request: batch('upsert', { '0': {} }),
    status: 400,
    faults: fault('inputs', 'NO_INPUTS'),
  },
  {
    title: '1,001 inputs',
    request: batch(
      'create',
      Array.from({ length: 1_001 }, (_, n) => ({ properties: { email: `${n}@example.com` } })),
    ),
    status: 400,
    faults: fault('inputs', 'TOO_MANY_INPUTS'),
  },
  {
    title: 'inputs that are no objects',
    request: batch('create', ['a', null, 3]),
    status: 400,
    faults: [0, 1, 2].map((n) => ({ in: `inputs[${n}]`, code: 'INVALID_INPUT' })),
  },
  {
    title: 'no properties',
    request: { path: CONTACTS, body: {} },
    status: 400,
    faults: fault('properties', 'INVALID_PROPERTIES'),
  },
  { title: 'empty properties', request: create({}), status: 400, faults: fault('properties', 'NO_PROPERTIES') },
];

const aboutContacts: readonly Refused[] = [
  {
    title: 'a create without identity',
    request: create({ city: 'Nowhere' }),
    status: 400,
    faults: fault('properties', 'NO_IDENTITY'),
  },
  {
    title: 'a create whose identity is blank',
    request: create({ email: '', firstname: ' ', city: 'Nowhere' }),
    status: 400,
    faults: fault('properties', 'NO_IDENTITY'),
  },
  {
    title: 'an invalid e-mail',
    request: create({ email: `${SECRET} at example` }),
    status: 400,
    faults: fault('properties.email', 'INVALID_EMAIL'),
  },
  {
    title: 'an invalid e-mail in a batch',
    request: batch('create', [{ properties: { email: 'a@example.com' } }, { properties: { email: SECRET } }]),
    status: 400,
    faults: fault('inputs[1].properties.email', 'INVALID_EMAIL'),
  },
  {
    title: 'an invalid e-mail as an id',
    request: upsert({ id: SECRET }),
    status: 400,
    faults: fault('inputs[0].id', 'INVALID_EMAIL'),
  },
  {
    title: 'an unknown idProperty',
    request: upsert({ idProperty: 'shoe_size' }),
    status: 400,
    faults: fault('inputs[0].idProperty', 'INVALID_ID_PROPERTY'),
  },
  {
    title: 'an unknown idProperty in a query',
    request: { method: 'PATCH', path: `${CONTACTS}/42?idProperty=shoe_size`, body: { properties: { city: 'A' } } },
    status: 400,
    faults: fault('idProperty', 'INVALID_ID_PROPERTY'),
  },
  {
    title: 'an upsert without idProperty',
    request: upsert({ idProperty: null }),
    status: 400,
    faults: fault('inputs[0].idProperty', 'REQUIRED_FIELD'),
  },
  {
    title: 'an update without id',
    request: batch('update', [{ properties: { city: 'A' } }]),
    status: 400,
    faults: fault('inputs[0].id', 'REQUIRED_FIELD'),
  },
  {
    title: 'a record id that is none',
    request: { method: 'PATCH', path: `${CONTACTS}/not-an-id`, body: { properties: { city: 'A' } } },
    status: 400,
    faults: fault('id', 'INVALID_ID'),
  },
  {
    title: 'a path with a broken escape',
    request: { method: 'PATCH', path: `${CONTACTS}/%zz`, body: { properties: { city: 'A' } } },
    status: 400,
    faults: fault('id', 'INVALID_ID'),
  },
  {
    title: 'malformed associations of an upsert',
    request: upsert({ associations: [{ to: { id: '1' }, types: [] }] }),
    status: 400,
    faults: fault('inputs[0].associations[0]', 'INVALID_ASSOCIATIONS'),
  },
  {
    title: 'an association of somebody named by an e-mail',
    request: { method: 'PUT', path: '/crm/v4/objects/contacts/ada@example.com/associations/default/companies/1' },
    status: 400,
    faults: fault('id', 'INVALID_ID'),
  },
  {
    title: 'an association without a body',
    request: { method: 'PUT', path: '/crm/v4/objects/contacts/512/associations/companies/1', body: [] },
    status: 400,
    faults: fault('types', 'INVALID_BODY'),
  },
  {
    title: 'an archive of a record id that is none',
    request: { method: 'DELETE', path: `${CONTACTS}/not-an-id` },
    status: 400,
    faults: fault('id', 'INVALID_ID'),
  },
  {
    title: 'an archive by an e-mail that is none',
    request: { method: 'DELETE', path: `${CONTACTS}/${SECRET}?idProperty=email` },
    status: 400,
    faults: fault('id', 'INVALID_EMAIL'),
  },
  {
    title: 'an archive by what is not unique',
    request: { method: 'DELETE', path: `${DATED}/London?idProperty=city` },
    status: 400,
    faults: fault('idProperty', 'INVALID_ID_PROPERTY'),
  },
  {
    title: 'archives of nobody, and of somebody by an e-mail that is none',
    request: batch('archive', [{}, { id: SECRET, idProperty: 'email' }]),
    status: 400,
    faults: [
      { in: 'inputs[0].id', code: 'REQUIRED_FIELD' },
      { in: 'inputs[1].id', code: 'INVALID_EMAIL' },
    ],
  },
  ...['PUT', 'DELETE'].map((method) => ({
    title: `${method} of an association of v3 with a type that is none`,
    request: { method, path: `${CONTACTS}/512/associations/companies/7/${SECRET}` },
    status: 400,
    faults: fault('associationTypeId', 'INVALID_ASSOCIATION_TYPE'),
  })),
  {
    title: 'an association of v3 with nothing',
    request: { method: 'PUT', path: `${CONTACTS}/512/associations/companies/none/279` },
    status: 400,
    faults: fault('toObjectId', 'INVALID_ID'),
  },
  {
    title: 'all associations with what is no object',
    request: { method: 'DELETE', path: `/crm/v4/objects/contacts/512/associations/companies/${SECRET}` },
    status: 400,
    faults: fault('toObjectId', 'INVALID_ID'),
  },
  {
    title: 'all associations of nobody',
    request: { method: 'DELETE', path: `/crm/objects/2026-09/contacts/${SECRET}/associations/companies/7` },
    status: 400,
    faults: fault('id', 'INVALID_ID'),
  },
  {
    title: 'a label that is none',
    request: {
      method: 'PUT',
      path: '/crm/v4/objects/contacts/512/associations/companies/1',
      body: [{ associationCategory: SECRET, associationTypeId: 'x' }],
    },
    status: 400,
  },
  {
    title: 'a dry run that is neither true nor false',
    request: { ...create({ email: 'a@example.com' }), path: `${CONTACTS}?dryRun=perhaps` },
    status: 400,
    faults: fault('dryRun', 'INVALID_DRY_RUN'),
  },
  {
    title: 'several faults in several inputs',
    request: batch('upsert', [
      { id: 'no', idProperty: 'email', properties: { city: [] } },
      { idProperty: 'nick', properties: {} },
    ]),
    status: 400,
    faults: [
      { in: 'inputs[0].properties.city', code: 'INVALID_PROPERTY_VALUE' },
      { in: 'inputs[0].id', code: 'INVALID_EMAIL' },
      { in: 'inputs[1].properties', code: 'NO_PROPERTIES' },
      { in: 'inputs[1].idProperty', code: 'INVALID_ID_PROPERTY' },
      { in: 'inputs[1].id', code: 'REQUIRED_FIELD' },
    ],
  },
];

const rubbish: readonly Refused[] = [
  {
    title: 'an object for a value',
    request: create({ email: 'a@example.com', city: { deep: { deeper: [SECRET] } } }),
    status: 400,
    faults: fault('properties.city', 'INVALID_PROPERTY_VALUE'),
  },
  {
    title: 'a hundred thousand lists in one another',
    request: {
      path: CONTACTS,
      body: `{"properties":{"email":"a@example.com","city":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
    },
    status: 400,
    faults: fault('properties.city', 'INVALID_PROPERTY_VALUE'),
  },
  {
    title: 'a list for properties',
    request: create([['email', 'a@example.com']]),
    status: 400,
    faults: fault('properties', 'INVALID_PROPERTIES'),
  },
  // Written out: in an object literal these keys would set the prototype.
  {
    title: '__proto__ as a property',
    request: { path: CONTACTS, body: '{"properties":{"email":"a@example.com","__proto__":"x"}}' },
    status: 400,
    faults: fault('properties.__proto__', 'INVALID_PROPERTY_NAME'),
  },
  {
    title: 'properties as a __proto__',
    request: { path: CONTACTS, body: '{"__proto__":{"properties":{"email":"a@example.com"}}}' },
    status: 400,
    faults: fault('properties', 'INVALID_PROPERTIES'),
  },
  {
    title: 'constructor as a property',
    request: create({ email: 'a@example.com', constructor: { prototype: { admin: true } } }),
    status: 400,
    faults: fault('properties.constructor', 'INVALID_PROPERTY_NAME'),
  },
  {
    title: '__proto__ as an idProperty',
    request: upsert({ idProperty: '__proto__' }),
    status: 400,
    faults: fault('inputs[0].idProperty', 'INVALID_ID_PROPERTY'),
  },
  {
    title: 'a control character in a value',
    request: create({ email: 'a@example.com', city: 'A\u0000B' }),
    status: 400,
    faults: fault('properties.city', 'INVALID_PROPERTY_VALUE'),
  },
  {
    title: 'half a surrogate pair',
    request: { path: CONTACTS, body: '{"properties":{"email":"a@example.com","city":"\\ud800"}}' },
    status: 400,
    faults: fault('properties.city', 'INVALID_PROPERTY_VALUE'),
  },
  {
    title: 'a control character in a name',
    request: create({ email: 'a@example.com', 'ci\nty': SECRET }),
    status: 400,
    faults: fault('properties', 'INVALID_PROPERTY_NAME'),
  },
  {
    title: 'a control character in a trace id',
    request: upsert({ objectWriteTraceId: 'a\u0007' }),
    status: 400,
    faults: fault('inputs[0].objectWriteTraceId', 'INVALID_TRACE_ID'),
  },
  {
    title: 'a control character in an id',
    request: {
      method: 'PATCH',
      path: `${CONTACTS}/%00@example.com?idProperty=email`,
      body: { properties: { city: 'A' } },
    },
    status: 400,
    faults: fault('id', 'INVALID_ID'),
  },
];

const badKeys: readonly Refused[] = [
  '',
  '""',
  '"unbalanced',
  'two words',
  'k'.repeat(256),
  `"${'k'.repeat(256)}"`,
  'schlüssel',
].map((key) => ({
  title: `the Idempotency-Key ${key.length > 20 ? `of ${key.length} characters` : `'${key}'`}`,
  request: keyed(key),
  status: 400,
  faults: fault('Idempotency-Key', 'INVALID_IDEMPOTENCY_KEY'),
}));

const nowhere: readonly Refused[] = [
  { title: 'an operation that is none', request: { method: 'GET', path: '/operations/not-an-operation' }, status: 404 },
  {
    title: 'an operation that never was',
    request: { method: 'GET', path: '/operations/01JD0000000000000000000000' },
    status: 404,
  },
  ...[
    { method: 'POST', path: `${CONTACTS}/` },
    { method: 'POST', path: `${CONTACTS}%2Fbatch%2Fcreate` },
    { method: 'PATCH', path: '/crm/v3/objects%2Fcontacts/512' },
    { method: 'DELETE', path: '/crm/objects/2026-03/contacts/512/associations/companies/7/' },
  ].map((request) => ({
    title: `a write in another spelling of its path, ${request.method} ${request.path}`,
    request: { ...request, body: { properties: { city: SECRET } } },
    status: 404,
  })),
  {
    title: 'an impossible version',
    request: { path: '/crm/objects/2026-13/contacts', body: { properties: { email: 'a@example.com' } } },
    status: 404,
  },
];

describe('the front door refuses, in HubSpot’s error shape and without a trace,', () => {
  describe.each([
    { group: 'what it cannot read:', cases: unreadable },
    { group: 'whom it does not know:', cases: strangers },
    { group: 'nothing, or too much:', cases: emptyOrTooMany },
    { group: 'what HubSpot would refuse:', cases: aboutContacts },
    { group: 'rubbish:', cases: rubbish },
    { group: 'a bad idempotency key:', cases: badKeys },
    { group: 'what is not there:', cases: nowhere },
  ])('$group', ({ cases }) => {
    test.each(cases)('$title: $status', async ({ request, status, faults }) => {
      const answer = await stack.client.send(request);
      expectARefusal(answer, status);
      if (faults !== undefined) expect(faultsOf(answer)).toEqual(faults);
    });
  });

  test('a way out of /crm/: 404', async () => {
    // Over a plain socket: fetch would resolve the dots itself.
    const status = await new Promise<unknown>((resolve, reject) => {
      const headers = { authorization: `Bearer ${testApiKey}` };
      const sent = get({ ...urlToHttpOptions(new URL(stack.relay.url)), path: '/crm/%2e%2e/oauth/v1/token', headers });
      sent.once('response', (response) => resolve(response.resume().statusCode));
      sent.once('error', reject);
    });
    expect(status).toBe(404);
  });

  afterEach(expectNoTrace);
});

describe('the gateway itself refuses, in its own shape, as on AWS,', () => {
  test.each([
    {
      title: 'a body of more than 6 MB, which no function takes',
      request: { path: CONTACTS, body: bodyOf(7 * MIB) },
      status: 413,
      message: 'Request Entity Too Large',
    },
    {
      title: 'a body of more than 10 MB',
      request: { path: CONTACTS, body: bodyOf(11 * MIB) },
      status: 413,
      message: 'Request Entity Too Large',
    },
    {
      title: 'a route that is not there',
      request: { method: 'GET', path: '/contacts' },
      status: 404,
      message: 'Not Found',
    },
    { title: 'the root', request: { method: 'GET', path: '/' }, status: 404, message: 'Not Found' },
    {
      title: 'a method that an operation does not have',
      request: { method: 'DELETE', path: '/operations/01JD0000000000000000000000' },
      status: 404,
      message: 'Not Found',
    },
  ])('$title', async ({ request, status, message }) => {
    const answer = await stack.client.send(request);
    expect(answer).toMatchObject({ status, body: { message } });
  });

  afterEach(expectNoTrace);
});

describe('a path under /crm/ that is none of the relay’s own', () => {
  test('is HubSpot’s to refuse, with a wrong method too', async () => {
    const { calls } = await stack.simulator.statistics();
    const answer = await stack.client.send({ method: 'PUT', path: CONTACTS, body: { properties: {} } });
    expect(answer.status).toBeGreaterThanOrEqual(404);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body).toMatchObject({ status: 'error', message: expect.any(String) });
    expect((await stack.simulator.statistics()).calls).toBe(calls + 1);
  });
});

describe('an Idempotency-Key', () => {
  const send = (key: string, email: string, path = CONTACTS) =>
    stack.client.send({ path, body: { properties: { email } }, headers: { 'idempotency-key': key } });

  test('with the same body again gets the same operation, told as a replay', async () => {
    const first = await send('"key-1"', 'key-1@example.com');
    const again = await send('key-1', 'key-1@example.com');
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    await stack.client.completed(parseOperation(first.body).id);
    expect(await stack.simulator.contactsOf('key-1@example.com')).toHaveLength(1);
  });

  test('with another body is refused with 422, and nothing is written', async () => {
    const first = await send('key-2', 'key-2@example.com');
    const other = await send('key-2', 'other@example.com');
    expectARefusal(other, 422);
    await stack.client.completed(parseOperation(first.body).id);
    expect(await stack.simulator.contactsOf('other@example.com')).toEqual([]);
  });

  test('used on another route is another key', async () => {
    const first = await send('key-3', 'key-3@example.com');
    const other = await send('key-3', 'key-3b@example.com', DATED);
    expect([first.status, other.status]).toEqual([202, 202]);
    expect(parseOperation(other.body).id).not.toBe(parseOperation(first.body).id);
  });

  test('sent twenty times at once makes one operation and one contact', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send('key-4', 'key-4@example.com')));
    const accepted = answers.filter(({ status }) => status === 202);
    const early = answers.filter(({ status }) => status !== 202);
    const ids = new Set(accepted.map(({ body }) => parseOperation(body).id));
    expect(ids.size).toBe(1);
    for (const answer of early) {
      expectARefusal(answer, 409);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const [id = ''] = ids;
    expect(await stack.client.completed(id)).toMatchObject({ counts: { total: 1, delivered: 1 } });
    expect(parseOperation((await send('key-4', 'key-4@example.com')).body).id).toBe(id);
    expect(await stack.simulator.contactsOf('key-4@example.com')).toHaveLength(1);
  });

  test('gives a waiting caller HubSpot’s answer again', async () => {
    const first = await send('key-5', 'key-5@example.com', `/sync${CONTACTS}`);
    const again = await send('key-5', 'key-5@example.com', `/sync${CONTACTS}`);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
  });
});

function expectARefusal(answer: SeenAnswer, status: number): void {
  expect(answer).toMatchObject({
    status,
    body: {
      status: 'error',
      category: expect.stringMatching(/^[A-Z_]+$/),
      message: expect.stringMatching(/\w/),
      correlationId: expect.stringMatching(/\w/),
    },
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(JSON.stringify(answer.body)).not.toContain(SECRET);
}

/** Where the faults are and what they are. */
function faultsOf({ body }: SeenAnswer): unknown {
  const errors: unknown = typeof body === 'object' && body !== null && 'errors' in body ? body.errors : [];
  return Array.isArray(errors) ? errors.map(({ in: place, code }) => ({ in: place, code })) : errors;
}

/** Nothing was queued, stored or sent. */
async function expectNoTrace(): Promise<void> {
  for (const queue of ['Writes', 'Isolation', 'DeadLetters'])
    expect(await stack.queues.depth(queue)).toEqual(emptyQueue);
  const scan = new ScanCommand({ TableName: stack.relay.tableName('Operations'), Select: 'COUNT' });
  expect((await tables.send(scan)).Count).toBe(0);
  const { callsByRoute } = await stack.simulator.statistics();
  expect(Object.keys(callsByRoute).filter((route) => route !== LIST_OF_PROPERTIES)).toEqual([]);
}

test.each([
  `${CONTACTS}/gdpr-delete`,
  `${DATED}/gdpr-delete`,
  `/sync${CONTACTS}/gdpr-delete`,
  '/crm/v3/objects/contact/gdpr-delete',
  '/crm/v3/objects/0-1/gdpr-delete',
  '/sync/crm/objects/2026-09/0-1/gdpr-delete',
  `${CONTACTS}/gdpr-delete?dryRun=true`,
])('nobody is deleted for good while the setting is off: %s', async (path) => {
  const before = (await stack.simulator.statistics()).callsByRoute;
  const answer = await stack.client.send({ path, body: { objectId: '1' } });
  expect(answer).toMatchObject({
    status: 403,
    body: { status: 'error', category: 'FORBIDDEN', message: expect.stringContaining('gdprDelete=on') },
  });
  const after = Object.keys((await stack.simulator.statistics()).callsByRoute);
  expect(after.filter((route) => route.includes('gdpr') && before[route] === undefined)).toEqual([]);
});
