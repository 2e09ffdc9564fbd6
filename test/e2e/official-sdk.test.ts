import { Client } from '@hubspot/api-client';
import { ApiException } from '@hubspot/api-client/lib/codegen/crm/contacts/apis/exception.js';
import { BatchResponseSimplePublicObjectWithErrors } from '@hubspot/api-client/lib/codegen/crm/contacts/models/BatchResponseSimplePublicObjectWithErrors.js';
import { BatchResponseSimplePublicUpsertObjectWithErrors } from '@hubspot/api-client/lib/codegen/crm/contacts/models/BatchResponseSimplePublicUpsertObjectWithErrors.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type HubSpotSimulator, startHubSpotSimulator } from '../../infra/local/hubspot/server.ts';
import { maskAnswer } from '../support/masked-answer.ts';
import { atOnce, HOOK_TIMEOUT_MS, startTestRelay, type TestRelay, testApiKey } from '../support/running-relay.ts';

type Contacts = Client['crm']['contacts'];

const TEST_TIMEOUT_MS = 60_000;
const hubspotToken = 'token-of-the-other-hubspot';

let stack: TestRelay;
/** A second portal, which the SDK talks to without the relay: what it answers is what is expected of the relay. */
let hubspot: HubSpotSimulator;
let throughRelay: Contacts;
let direct: Contacts;

beforeAll(async () => {
  stack = await startTestRelay({ overrides: atOnce });
  // The relay tells a waiting caller the trace ids it gave; whether HubSpot does is not known for certain.
  const settings = { token: hubspotToken, echoTraceIdOnCreate: true, echoTraceIdOnUpdate: true };
  hubspot = await startHubSpotSimulator({ settings });
  throughRelay = new Client({ accessToken: testApiKey, basePath: `${stack.relay.url}/sync` }).crm.contacts;
  direct = new Client({ accessToken: hubspotToken, basePath: hubspot.url }).crm.contacts;
}, HOOK_TIMEOUT_MS);

afterAll(async () => {
  await hubspot.close();
  await stack.stop();
}, HOOK_TIMEOUT_MS);

beforeEach(() => hubspot.core.reset(['contacts', 'limits']));

describe('the official SDK with the relay as its basePath', () => {
  test(
    'creates a contact and reads it back by id and by e-mail',
    () =>
      expectTheSame(async (contacts) => {
        const created = await contacts.basicApi.create({ properties: ada });
        const byId = await contacts.basicApi.getById(created.id, ['email', 'firstname']);
        const byEmail = await read(contacts, ada.email);
        expect(byId.properties).toMatchObject(ada);
        expect(byEmail.id).toBe(created.id);
        return { created, byId, byEmail };
      }),
    TEST_TIMEOUT_MS,
  );

  test(
    'updates a contact by id and by e-mail',
    () =>
      expectTheSame(async (contacts) => {
        const { id } = await contacts.basicApi.create({ properties: { email: 'grace@example.com' } });
        const byId = await contacts.basicApi.update(id, { properties: { firstname: 'Grace' } });
        const byEmail = await contacts.basicApi.update('grace@example.com', { properties: { city: 'NYC' } }, 'email');
        expect([byId.id, byEmail.id]).toEqual([id, id]);
        const seen = await read(contacts, 'grace@example.com');
        expect(seen.properties).toMatchObject({ firstname: 'Grace', city: 'NYC' });
        // HubSpot repeats the property that it was addressed by; the relay has to update by record id.
        return { byId, byEmail: without('email', byEmail), seen };
      }),
    TEST_TIMEOUT_MS,
  );

  test(
    'creates, updates and reads in batches',
    () =>
      expectTheSame(async (contacts) => {
        const created = await contacts.batchApi.create({
          inputs: threePeople.map((email) => ({ properties: { email, firstname: 'Before' }, associations: [] })),
        });
        const ids = created.results.map(({ id }) => id);
        const updated = await contacts.batchApi.update({
          inputs: ids.map((id) => ({ id, properties: { firstname: 'After' } })),
        });
        const seen = await contacts.batchApi.read({
          idProperty: 'email',
          inputs: threePeople.map((id) => ({ id })),
          properties: ['email', 'firstname'],
          propertiesWithHistory: [],
        });
        expect(created.results).toHaveLength(3);
        expect(seen.results.map(({ properties }) => properties['firstname'])).toEqual(['After', 'After', 'After']);
        return { created: inOrder(created), updated: inOrderOfIds(updated, ids), seen: inOrder(seen) };
      }),
    TEST_TIMEOUT_MS,
  );

  test(
    'upserts in a batch and learns which contacts are new',
    () =>
      expectTheSame(async (contacts) => {
        await contacts.basicApi.create({ properties: { email: 'known@example.com' } });
        const answer = await contacts.batchApi.upsert({
          inputs: ['known@example.com', 'unknown@example.com'].map((id) => ({
            id,
            idProperty: 'email',
            objectWriteTraceId: `trace of ${id}`,
            properties: { firstname: 'Upserted' },
          })),
        });
        const isNew = answer.results.map(({ objectWriteTraceId, _new }) => [objectWriteTraceId, _new]);
        expect(Object.fromEntries(isNew)).toEqual({
          'trace of known@example.com': false,
          'trace of unknown@example.com': true,
        });
        return inOrderOfTraces(answer);
      }),
    TEST_TIMEOUT_MS,
  );

  test(
    'meets a conflict on create as it would at HubSpot',
    () =>
      expectTheSame(async (contacts) => {
        const { id } = await contacts.basicApi.create({ properties: { email: 'twice@example.com' } });
        const error = await refusalOf(contacts.basicApi.create({ properties: { email: 'Twice@Example.com' } }));
        expect(error.code).toBe(409);
        expect(error.body).toMatchObject({ category: 'CONFLICT', message: expect.stringContaining(id) });
        return seenOf(error);
      }),
    TEST_TIMEOUT_MS,
  );

  test(
    'learns that a contact to update is not there, by id and by e-mail',
    () =>
      expectTheSame(async (contacts) => {
        const properties = { firstname: 'Nobody' };
        const byId = await refusalOf(contacts.basicApi.update('999999999', { properties }));
        const byEmail = await refusalOf(contacts.basicApi.update('nobody@example.com', { properties }, 'email'));
        expect([byId.code, byEmail.code]).toEqual([404, 404]);
        // How HubSpot words it is not settled: two texts have been seen, with and without a category.
        return { byId: statusOf(byId), byEmail: statusOf(byEmail) };
      }),
    TEST_TIMEOUT_MS,
  );

  test(
    'gets a mixed batch of creates as a 207 with results and errors, without an exception',
    () =>
      expectTheSame(async (contacts) => {
        await contacts.basicApi.create({ properties: { email: 'taken@example.com' } });
        const answer = await contacts.batchApi.create({
          inputs: ['free@example.com', 'taken@example.com'].map((email) => ({
            objectWriteTraceId: `trace of ${email}`,
            associations: [],
            properties: { email },
          })),
        });
        expect(answer).toBeInstanceOf(BatchResponseSimplePublicObjectWithErrors);
        expect(answer.results.map(({ properties }) => properties['email'])).toEqual(['free@example.com']);
        expect(answer).toMatchObject({
          numErrors: 1,
          errors: [{ category: 'CONFLICT', context: { objectWriteTraceId: ['trace of taken@example.com'] } }],
        });
        return answer;
      }),
    TEST_TIMEOUT_MS,
  );

  test(
    'archives a contact and a batch, and finds them gone',
    () =>
      expectTheSame(async (contacts) => {
        const ids = [];
        for (const email of leavers) ids.push((await contacts.basicApi.create({ properties: { email } })).id);
        const [first = '', ...others] = ids;
        await contacts.basicApi.archive(first);
        await contacts.batchApi.archive({ inputs: others.map((id) => ({ id })) });
        const gone = await Promise.all(ids.map((id) => refusalOf(contacts.basicApi.getById(id))));
        const archived = await contacts.basicApi.getById(first, ['email'], undefined, undefined, true);
        const again = await contacts.basicApi.create({ properties: { email: leavers[0] ?? '' } });
        expect(ids).not.toContain(again.id);
        return { gone: gone.map(statusOf), archived, again };
      }),
    TEST_TIMEOUT_MS,
  );

  test(
    'gets a mixed batch of updates and of upserts likewise',
    () =>
      expectTheSame(async (contacts) => {
        const { id } = await contacts.basicApi.create({ properties: { email: 'there@example.com' } });
        const updated = await contacts.batchApi.update({
          inputs: [id, '999999999'].map((each) => ({ id: each, properties: { city: 'Here' } })),
        });
        const upserted = await contacts.batchApi.upsert({
          inputs: ['here', 'not-a-number'].map((numberofemployees, index) => ({
            id: `upserted-${index}@example.com`,
            idProperty: 'email',
            objectWriteTraceId: `trace ${index}`,
            properties: index === 0 ? { city: 'Here' } : { numberofemployees },
          })),
        });
        expect(updated).toBeInstanceOf(BatchResponseSimplePublicObjectWithErrors);
        expect(updated).toMatchObject({ results: [{ id }], errors: [{ category: 'OBJECT_NOT_FOUND' }] });
        expect(upserted).toBeInstanceOf(BatchResponseSimplePublicUpsertObjectWithErrors);
        expect(upserted).toMatchObject({ numErrors: 1, errors: [{ context: { objectWriteTraceId: ['trace 1'] } }] });
        return { updated, upserted };
      }),
    TEST_TIMEOUT_MS,
  );

  test(
    'loses nothing of a batch without trace ids in which HubSpot alone would refuse everything',
    async () => {
      await throughRelay.basicApi.create({ properties: { email: 'in-the-way@example.com' } });
      const inputs = ['in-the-way@example.com', 'innocent@example.com'].map((email) => ({
        properties: { email },
        associations: [],
      }));
      const answer = await throughRelay.batchApi.create({ inputs });
      expect(answer).toBeInstanceOf(BatchResponseSimplePublicObjectWithErrors);
      expect(answer.results.map(({ properties }) => properties['email'])).toEqual(['innocent@example.com']);
    },
    TEST_TIMEOUT_MS,
  );

  test('is refused with a 401 when its token is no relay key', async () => {
    const stranger = new Client({ accessToken: 'no-key', basePath: `${stack.relay.url}/sync` }).crm.contacts;
    const error = await refusalOf(stranger.basicApi.create({ properties: ada }));
    expect(error.code).toBe(401);
    expect(error.body).toMatchObject({ status: 'error', category: 'INVALID_AUTHENTICATION' });
  });
});

const ada = { email: 'ada@example.com', firstname: 'Ada' };
const leavers = ['leaver-1@example.com', 'leaver-2@example.com', 'leaver-3@example.com'];
const threePeople = ['one@example.com', 'two@example.com', 'three@example.com'];

const read = (contacts: Contacts, email: string) =>
  contacts.basicApi.getById(email, ['email', 'firstname', 'city'], undefined, undefined, undefined, 'email');

/** Does the same at HubSpot and through the relay; every field of HubSpot's answers has to be in the relay's as well. */
async function expectTheSame(scenario: (contacts: Contacts) => Promise<object>): Promise<void> {
  const expected = maskAnswer(await scenario(direct));
  const seen = maskAnswer(await scenario(throughRelay));
  expect(seen).toMatchObject(Object(expected));
}

function without(name: string, contact: { readonly properties: Readonly<Record<string, string | null>> }) {
  const { [name]: _, ...properties } = contact.properties;
  return { ...contact, properties };
}

async function refusalOf(call: Promise<unknown>): Promise<ApiException<unknown>> {
  const answer = await call.catch((error: unknown) => error);
  if (answer instanceof ApiException) return answer;
  throw new Error(`expected an ApiException, got ${JSON.stringify(answer)}`);
}

const seenOf = ({ code, body }: ApiException<unknown>) => ({ code, body });
const statusOf = ({ code, body }: ApiException<unknown>) => ({
  code,
  status: typeof body === 'object' && body !== null && 'status' in body ? body.status : undefined,
});

interface Batch {
  readonly results: readonly {
    readonly id: string;
    readonly properties: Readonly<Record<string, string | null>>;
    readonly objectWriteTraceId?: string;
  }[];
}

/** HubSpot answers in any order. */
const sorted = (batch: Batch, key: (result: Batch['results'][number]) => string) => ({
  ...batch,
  results: [...batch.results].sort((a, b) => key(a).localeCompare(key(b))),
});
const inOrder = (batch: Batch) => sorted(batch, ({ properties }) => properties['email'] ?? '');
const inOrderOfTraces = (batch: Batch) => sorted(batch, ({ objectWriteTraceId }) => objectWriteTraceId ?? '');
const inOrderOfIds = (batch: Batch, ids: readonly string[]) => sorted(batch, ({ id }) => String(ids.indexOf(id)));
