import { Client } from '@hubspot/api-client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { simulatorToken } from '../../infra/local/run-relay.ts';
import { USUAL_SCOPES } from '../../lib/accept/scope.ts';
import { maskAnswer } from '../support/masked-answer.ts';
import { createRelayClient, parseOperation, type SentRequest } from '../support/relay-client.ts';
import { atOnce, HOOK_TIMEOUT_MS, startTestRelay, type TestRelay, testApiKey } from '../support/running-relay.ts';

const CONTACTS = '/crm/v3/objects/contacts';
const DATED = '/crm/objects/2026-03/contacts';
const TEST_TIMEOUT_MS = 60_000;
const EMAILS = Array.from({ length: 12 }, (_, n) => `reader-${n}+news@example.com`);
/** More of these to a page than 70 do not fit into an answer. */
const LONG_TEXT = 'x'.repeat(65_000);

/** Searches that a test makes at HubSpot itself are not in the relay's pace. */
const askedDirectlyToo = { searchesPerSecond: 100 };

let stack: TestRelay;
let ids: readonly string[];

beforeAll(async () => {
  const scopedKeys = { 'key-to-read': ['read'], 'key-to-write': ['write'], 'key-to-forward': ['forward'] } as const;
  stack = await startTestRelay({ overrides: atOnce, scopedKeys });
  await atSimulator('PATCH', '/_simulator/settings', { ...askedDirectlyToo, resultOrder: 'input', searchLagMs: 0 });
  const people = EMAILS.map((email, n) => ({ email, firstname: `Reader ${n}`, city: 'Here' }));
  ids = await create(people);
}, HOOK_TIMEOUT_MS);

afterAll(() => stack.stop(), HOOK_TIMEOUT_MS);

describe('the official SDK reads through the relay what it reads at HubSpot', () => {
  const reads: readonly (readonly [string, (client: Client) => Promise<object>])[] = [
    ['a contact by id', ({ crm }) => crm.contacts.basicApi.getById(ids[0] ?? '', ['email', 'city'])],
    [
      'a contact by e-mail, with history and associations',
      ({ crm }) =>
        crm.contacts.basicApi.getById(EMAILS[1] ?? '', ['email'], ['firstname', 'city'], ['companies'], false, 'email'),
    ],
    ['a page', ({ crm }) => crm.contacts.basicApi.getPage(5, undefined, ['email', 'firstname'])],
    ['the page after it', ({ crm }) => crm.contacts.basicApi.getPage(5, ids[4], ['email'])],
    [
      'a batch',
      ({ crm }) =>
        crm.contacts.batchApi.read({
          idProperty: 'email',
          inputs: [...EMAILS, 'nobody@example.com'].map((id) => ({ id })),
          properties: ['email', 'firstname'],
          propertiesWithHistory: ['city'],
        }),
    ],
    [
      'a search',
      ({ crm }) =>
        crm.contacts.searchApi.doSearch({
          filterGroups: [{ filters: [{ propertyName: 'email', operator: 'EQ' as never, value: EMAILS[2] ?? '' }] }],
          properties: ['email'],
          limit: 10,
        }),
    ],
    ['all properties', ({ crm }) => crm.properties.coreApi.getAll('contacts')],
    ['a property', ({ crm }) => crm.properties.coreApi.getByName('contacts', 'email')],
    ['all contacts, page by page', async ({ crm }) => crm.contacts.getAll(5, undefined, ['email'])],
  ];

  test.each(reads)(
    '%s',
    async (_, read) => {
      const direct = await read(new Client({ accessToken: simulatorToken, basePath: simulatorUrl() }));
      const relayed = await read(new Client({ accessToken: testApiKey, basePath: `${stack.relay.url}/sync` }));
      expect(atAnyDoor(withoutTimes(relayed))).toEqual(atAnyDoor(withoutTimes(direct)));
    },
    TEST_TIMEOUT_MS,
  );
});

describe('the relay answers with HubSpot’s own status and body', () => {
  test.each<readonly [string, () => SentRequest]>([
    ['a contact', () => ({ method: 'GET', path: `${CONTACTS}/${ids[0]}?properties=email&properties=city` })],
    ['a contact by e-mail', () => ({ method: 'GET', path: `${CONTACTS}/${EMAILS[3]}?idProperty=email` })],
    ['a contact by its encoded e-mail', () => ({ method: 'GET', path: `${CONTACTS}/${encoded()}?idProperty=email` })],
    ['encoded names of properties', () => ({ method: 'GET', path: `${CONTACTS}/${ids[0]}?properties=email%2Ccity` })],
    ['a dated version', () => ({ method: 'GET', path: `${DATED}?limit=3&after=${ids[2]}` })],
    ['an empty page', () => ({ method: 'GET', path: `${CONTACTS}?after=99999999999&archived=false` })],
    ['archived ones', () => ({ method: 'GET', path: `${CONTACTS}?archived=true&limit=2` })],
    ['a contact that is not there', () => ({ method: 'GET', path: `${CONTACTS}/424242424242` })],
    ['a page that is too long', () => ({ method: 'GET', path: `${CONTACTS}?limit=101` })],
    ['a version that HubSpot does not have', () => ({ method: 'GET', path: '/crm/objects/2019-01/contacts' })],
    ['a property', () => ({ method: 'GET', path: '/crm/v3/properties/contacts/email' })],
    ['a path that is none', () => ({ method: 'GET', path: '/crm/v3/nothing/here?a=b' })],
    ['a batch read without inputs', () => ({ path: `${CONTACTS}/batch/read`, body: { inputs: [] } })],
    ['a search that is wrong', () => ({ path: `${CONTACTS}/search`, body: { limit: 1_000 } })],
    ['a body that is no JSON', () => ({ path: `${DATED}/search`, body: '{' })],
  ])('to %s, also under /sync', async (_, request) => {
    const direct = await createRelayClient(simulatorUrl(), simulatorToken).send(request());
    for (const base of ['', '/sync']) {
      const relayed = await stack.client.send({ ...request(), path: `${base}${request().path}` });
      expect(relayed.status).toBe(direct.status);
      expect(atAnyDoor(maskAnswer(relayed.body))).toEqual(atAnyDoor(maskAnswer(direct.body)));
      expect(relayed.headers.get('content-type')).toBe(direct.headers.get('content-type'));
      expect(relayed.headers.get('x-hubspot-ratelimit-max')).toBe(direct.headers.get('x-hubspot-ratelimit-max'));
    }
  });

  test('to HEAD, without a body', async () => {
    const answer = await stack.client.send({ method: 'HEAD', path: `${CONTACTS}/${ids[0]}` });
    expect(answer).toMatchObject({ status: 200, body: '' });
  });

  test('and makes a read again that HubSpot failed at', async () => {
    await stack.simulator.fail({ times: 2, match: { path: '/batch/read' }, do: { status: 502 } });
    const answer = await stack.client.send({ path: `${CONTACTS}/batch/read`, body: { inputs: [{ id: ids[0] }] } });
    expect(answer).toMatchObject({ status: 200, body: { results: [{ id: ids[0] }] } });
  });

  test('and refuses a version that cannot be, without asking HubSpot', async () => {
    const { calls } = await stack.simulator.statistics();
    const answer = await stack.client.send({ method: 'GET', path: '/sync/crm/objects/2026-13/contacts/5' });
    expect(answer).toMatchObject({ status: 404, body: { message: expect.stringContaining('01 to 12') } });
    expect((await stack.simulator.statistics()).calls).toBe(calls);
  });

  test(
    'or says that it is too large, and what to do',
    async () => {
      const long = await create(
        Array.from({ length: 100 }, (_, n) => ({ email: `l${n}@example.com`, city: LONG_TEXT })),
      );
      const after = String(Number(long[0]) - 1);
      const pageOf = (limit: number) =>
        stack.client.send({ method: 'GET', path: `${CONTACTS}?properties=city&after=${after}&limit=${limit}` });
      expect(await pageOf(100)).toMatchObject({
        status: 413,
        body: { status: 'error', category: 'ANSWER_TOO_LARGE', message: expect.stringContaining('smaller page') },
      });
      const page = await pageOf(60);
      expect(page).toMatchObject({ status: 200, body: { results: { length: 60 } } });
    },
    TEST_TIMEOUT_MS,
  );
});

test(
  'F1: searches that come at once are spread, so that HubSpot refuses none, and reads do not wait for them',
  async () => {
    await atSimulator('PATCH', '/_simulator/settings', { searchesPerSecond: 5 });
    const search: SentRequest = { path: `${CONTACTS}/search`, body: { limit: 1 } };
    const read: SentRequest = { method: 'GET', path: `${CONTACTS}/${ids[0]}` };
    const requests = [...Array.from({ length: 8 }, () => search), read, read];
    const answers = await Promise.all(requests.map((request) => stack.client.send(request)));
    expect(answers.map(({ status }) => status)).toEqual(requests.map(() => 200));
    expect((await stack.simulator.statistics()).rateLimited).toBe(0);
  },
  TEST_TIMEOUT_MS,
);

describe('a relay key does what its scopes are for, and is told what it lacks', () => {
  const aRead: SentRequest = { method: 'GET', path: `${CONTACTS}/424242424242` };
  const aSearch: SentRequest = { path: `/sync${CONTACTS}/search`, body: { limit: 1 } };
  const aBatchRead: SentRequest = { path: `${CONTACTS}/batch/read`, body: { inputs: [{ id: '1' }] } };
  const anOperation: SentRequest = { method: 'GET', path: '/operations/01JD0000000000000000000000' };
  const aCreate: SentRequest = { path: CONTACTS, body: { properties: { email: 'scoped@example.com' } } };
  const anUpdate: SentRequest = {
    ...aCreate,
    method: 'PATCH',
    path: `/sync${CONTACTS}/scoped@example.com?idProperty=email`,
  };
  const anUpsert: SentRequest = {
    path: `${DATED}/batch/upsert`,
    body: { inputs: [{ id: 'scoped@example.com', idProperty: 'email', properties: { city: 'There' } }] },
  };
  const aCompany: SentRequest = { path: '/crm/v3/objects/companies', body: { properties: { name: 'Example' } } };
  const aMerge: SentRequest = { path: `/sync${CONTACTS}/merge`, body: {} };
  const byScope = {
    read: [aRead, aSearch, aBatchRead, anOperation],
    write: [aCreate, anUpdate, anUpsert],
    forward: [aCompany, aMerge],
    'gdpr-delete': [],
  };

  test.each(USUAL_SCOPES)('not without "%s", and nothing reaches HubSpot', async (needed) => {
    const { calls } = await stack.simulator.statistics();
    for (const scope of USUAL_SCOPES.filter((other) => other !== needed)) {
      const client = createRelayClient(stack.relay.url, `key-to-${scope}`);
      for (const request of byScope[needed]) {
        expect(await client.send(request)).toMatchObject({
          status: 403,
          body: { category: 'MISSING_SCOPES', errors: [{ context: { requiredGranularScopes: [needed] } }] },
        });
      }
    }
    expect((await stack.simulator.statistics()).calls).toBe(calls);
  });

  test.each(USUAL_SCOPES)(
    'with "%s" alone',
    async (scope) => {
      const client = createRelayClient(stack.relay.url, `key-to-${scope}`);
      for (const request of byScope[scope]) expect([401, 403]).not.toContain((await client.send(request)).status);
    },
    TEST_TIMEOUT_MS,
  );

  test('a key of which nothing is said does everything that can be undone', async () => {
    const accepted = await stack.client.send(anUpsert);
    expect(accepted.status).toBe(202);
    expect((await stack.client.completed(parseOperation(accepted.body).id)).counts.delivered).toBe(1);
    expect((await stack.client.send(aRead)).status).toBe(404);
    expect((await stack.client.send(aMerge)).status).not.toBe(403);
  });
});

const created = z.object({ results: z.array(z.object({ id: z.string() })) });
const simulatorUrl = (): string => stack.relay.simulatorUrl ?? '';
const encoded = (): string => encodeURIComponent(EMAILS[3] ?? '');

async function atSimulator(method: string, path: string, body: unknown): Promise<unknown> {
  const headers = { authorization: `Bearer ${simulatorToken}`, 'content-type': 'application/json' };
  const response = await fetch(`${simulatorUrl()}${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Makes contacts at HubSpot itself; gives back their ids. */
async function create(people: readonly Readonly<Record<string, string>>[]): Promise<readonly string[]> {
  const answer = await atSimulator('POST', `${CONTACTS}/batch/create`, {
    inputs: people.map((properties) => ({ properties })),
  });
  return created.parse(answer).results.map(({ id }) => id);
}

/** When a batch was worked on differs from one to the next. */
const withoutTimes = (answer: object): object => ({ ...answer, startedAt: undefined, completedAt: undefined });

/** Links lead back to the door that was asked: HubSpot's own, or the relay's. */
const atAnyDoor = (answer: unknown): unknown =>
  JSON.parse(
    JSON.stringify(answer ?? null).replaceAll(
      /(https:\/\/api\.hubapi\.com|http:\/\/127\.0\.0\.1:\d+(\/sync)?)/g,
      '<door>',
    ),
  );
