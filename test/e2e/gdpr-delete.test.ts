import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { Client } from '@hubspot/api-client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { createRelayClient } from '../support/relay-client.ts';
import { emptyQueue } from '../support/relay-queues.ts';
import { atOnce, HOOK_TIMEOUT_MS, startTestRelay, type TestRelay, testApiKey } from '../support/running-relay.ts';

const CONTACTS = '/crm/v3/objects/contacts';
const EMAIL = 'to-be-forgotten@example.com';
const TEST_TIMEOUT_MS = 60_000;
const BY_EMAIL = { objectId: EMAIL, idProperty: 'email' };

let tables: DynamoDBClient;
let stack: TestRelay;

/** All that the relay's tables hold, as text. */
async function records(): Promise<string> {
  const names = ['Contacts', 'Operations'].map((part) => stack.relay.tableName(part));
  const scans = await Promise.all(names.map((TableName) => tables.send(new ScanCommand({ TableName }))));
  return JSON.stringify(scans.map(({ Items }) => Items));
}

const countOperations = async () =>
  (await tables.send(new ScanCommand({ TableName: stack.relay.tableName('Operations'), Select: 'COUNT' }))).Count;
const countDeletions = async () =>
  Object.entries((await stack.simulator.statistics()).callsByRoute).flatMap(([route, calls]) =>
    route.endsWith('/gdpr-delete') ? calls : [],
  );

/** The lease of a write that was refused is given back, and its name erased with it, once the outcome is stored. */
const noTraceIsLeft = () =>
  eventually('the address to be gone from the tables', async () =>
    (await records()).includes(EMAIL) ? undefined : true,
  );

const upsert = {
  path: `${CONTACTS}/batch/upsert`,
  body: { inputs: [{ id: EMAIL, idProperty: 'email', properties: { city: 'Oslo' } }] },
};
const idOf = async () => (await stack.simulator.contactsOf(EMAIL))[0]?.id ?? '';

beforeAll(async () => {
  stack = await startTestRelay({
    overrides: { ...atOnce, gdprDelete: 'on' },
    scopedKeys: { 'key-to-write': ['read', 'write', 'forward'], 'key-to-delete': ['gdpr-delete'] },
  });
  tables = new DynamoDBClient({
    endpoint: stack.relay.endpoints.dynamodb,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}, HOOK_TIMEOUT_MS);

afterAll(async () => {
  tables?.destroy();
  await stack?.stop();
}, HOOK_TIMEOUT_MS);

describe('a GDPR delete', () => {
  test(
    'leaves nobody in HubSpot and no trace of the address in the relay’s tables',
    async () => {
      await stack.client.completed((await stack.client.accept(upsert)).id);
      const id = await idOf();
      const update = { method: 'PATCH', path: `${CONTACTS}/${id}`, body: { properties: { city: 'Rome' } } };
      await stack.client.completed((await stack.client.accept(update)).id);
      expect(await records()).toContain(EMAIL);

      const accepted = await stack.client.accept({ path: `${CONTACTS}/gdpr-delete`, body: BY_EMAIL });
      const operation = await stack.client.completed(accepted.id);
      expect(operation.results).toEqual([{ index: 0, outcome: 'deleted' }]);
      expect(await stack.simulator.contactsOf(EMAIL)).toEqual([]);
      expect(await records()).not.toContain(EMAIL);

      // What comes by the id that is gone finds nobody, and brings nothing back.
      const late = await stack.client.completed((await stack.client.accept(update)).id);
      expect(late.counts).toMatchObject({ rejected: 1 });
      await noTraceIsLeft();
      expect(await stack.queues.depth('DeadLetters')).toEqual(emptyQueue);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'of an address that HubSpot does not know blocks it, which newer writes are told, and leaves no trace either',
    async () => {
      const path = `/sync/crm/objects/2026-03/contacts/gdpr-delete`;
      expect(await stack.client.send({ path, body: { ...BY_EMAIL, objectId: EMAIL.toUpperCase() } })).toMatchObject({
        status: 204,
        body: '',
      });
      const operation = await stack.client.completed((await stack.client.accept(upsert)).id);
      expect(operation.errors).toMatchObject([
        { category: 'VALIDATION_ERROR', message: expect.stringContaining('for good') },
      ]);
      await noTraceIsLeft();
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'is made by the official SDK',
    async () => {
      const { contacts } = new Client({ accessToken: testApiKey, basePath: `${stack.relay.url}/sync` }).crm;
      const created = await contacts.basicApi.create({ properties: { email: 'sdk@example.com' } });
      await contacts.basicApi.purge({ objectId: created.id });
      expect(await stack.simulator.contactsOf('sdk@example.com')).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );

  test.each([
    ['of nobody', {}, ['REQUIRED_FIELD objectId']],
    ['of an e-mail that is none', { objectId: 'forget-me', idProperty: 'email' }, ['INVALID_EMAIL objectId']],
    ['of a record id that is none', { objectId: 'forget-me' }, ['INVALID_ID objectId']],
    ['by what is not unique', { objectId: 'forget-me', idProperty: 'city' }, ['INVALID_ID_PROPERTY idProperty']],
    ['in a list', [{ objectId: '1' }], ['INVALID_BODY body']],
  ])('%s is refused in HubSpot’s shape, and leaves no trace', async (_, body, faults) => {
    const before = [await countOperations(), await countDeletions()];
    const answer = await stack.client.send({ path: `${CONTACTS}/gdpr-delete`, body });
    expect(answer).toMatchObject({ status: 400, body: { status: 'error', category: 'VALIDATION_ERROR' } });
    const { errors } = answer.body as { errors: { code: string; in: string }[] };
    expect(errors.map(({ code, in: place }) => `${code} ${place}`)).toEqual(faults);
    expect(JSON.stringify(answer.body)).not.toContain('forget-me');
    expect([await countOperations(), await countDeletions()]).toEqual(before);
    expect(await records()).not.toContain('forget-me');
    expect(await stack.queues.depth('Writes')).toEqual(emptyQueue);
  });

  test('needs a scope that no key has unless it is given', async () => {
    const request = { path: `${CONTACTS}/gdpr-delete`, body: { objectId: '1' } };
    expect(await createRelayClient(stack.relay.url, 'key-to-write').send(request)).toMatchObject({
      status: 403,
      body: { category: 'MISSING_SCOPES', errors: [{ context: { requiredGranularScopes: ['gdpr-delete'] } }] },
    });
    expect((await createRelayClient(stack.relay.url, 'key-to-delete').send(request)).status).toBe(202);
  });

  test.each(['/crm/v3/objects/0-1/gdpr-delete', '/sync/crm/v3/objects/contact/gdpr-delete'])(
    'goes by no other path: %s',
    async (path) => {
      const before = (await stack.simulator.statistics()).callsByRoute['POST /crm/v3/objects/0-1/gdpr-delete'];
      expect((await stack.client.send({ path, body: { objectId: '1' } })).status).toBe(403);
      expect((await stack.simulator.statistics()).callsByRoute['POST /crm/v3/objects/0-1/gdpr-delete']).toBe(before);
    },
  );
});
