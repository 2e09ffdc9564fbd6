import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type HubSpotSimulator, startHubSpotSimulator } from '../../infra/local/hubspot/server.ts';
import { type RunningRelay, startRelay } from '../../infra/local/run-relay.ts';
import { provisionProperty } from '../../infra/provision-property.ts';
import { createRelayClient, type RelayClient, type SentRequest } from '../support/relay-client.ts';
import { createRelayQueues, emptyQueue, type RelayQueues } from '../support/relay-queues.ts';
import { atOnce, HOOK_TIMEOUT_MS, testApiKey } from '../support/running-relay.ts';

const CONTACTS = '/crm/v3/objects/contacts';
const TEST_TIMEOUT_MS = 60_000;
const TOKEN = 'token-of-the-portal';

let hubspot: HubSpotSimulator;
let relay: RunningRelay;
let client: RelayClient;
let queues: RelayQueues;
let tables: DynamoDBClient;

beforeAll(async () => {
  hubspot = await startHubSpotSimulator({ settings: { token: TOKEN } });
  for (const property of ['erp_id', 'relay_write_id']) {
    await provisionProperty({ property, baseUrl: hubspot.url, token: TOKEN });
  }
  const overrides = { ...atOnce, writeIdProperty: 'relay_write_id', definitionsFreshMinutes: '60' };
  relay = await startRelay({ apiKey: testApiKey, overrides, hubspot: { baseUrl: hubspot.url, token: TOKEN } });
  client = createRelayClient(relay.url, testApiKey);
  queues = createRelayQueues(relay);
  tables = new DynamoDBClient({
    endpoint: relay.endpoints.dynamodb,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}, HOOK_TIMEOUT_MS);

afterAll(async () => {
  tables.destroy();
  queues.close();
  await relay.stop();
  await hubspot.close();
}, HOOK_TIMEOUT_MS);

const create = (properties: object, headers: Readonly<Record<string, string>> = {}): SentRequest => ({
  path: CONTACTS,
  body: { properties },
  headers,
});
const upsert = (inputs: readonly object[], query = ''): SentRequest => ({
  path: `${CONTACTS}/batch/upsert${query}`,
  body: { inputs },
});
const countOperations = async () =>
  (await tables.send(new ScanCommand({ TableName: relay.tableName('Operations'), Select: 'COUNT' }))).Count;
const contactWith = (property: string, value: string) =>
  hubspot.core.contacts(1_000).find(({ properties }) => properties[property] === value)?.properties;

/** Sends what must be refused, or only tell something: no operation, no message, no call. */
async function sendWithoutTrace(request: SentRequest) {
  const before = [await countOperations(), hubspot.core.statistics().calls];
  const answer = await client.send(request);
  expect([await countOperations(), hubspot.core.statistics().calls]).toEqual(before);
  for (const queue of ['Writes', 'Isolation', 'DeadLetters']) expect(await queues.depth(queue)).toEqual(emptyQueue);
  return answer;
}

describe('the front door knows the portal from its first request on', () => {
  test('and refuses what HubSpot would, in its words', async () => {
    const properties = { email: 'ada@example.com', favourite_colour: 'green', numberofemployees: 'a few' };
    expect(await sendWithoutTrace(create(properties))).toMatchObject({
      status: 400,
      body: {
        category: 'VALIDATION_ERROR',
        message: expect.stringMatching(/^Property values were not valid: \[/),
        errors: [
          { code: 'PROPERTY_DOESNT_EXIST', message: 'Property "favourite_colour" does not exist' },
          { code: 'INVALID_LONG', context: { propertyName: ['numberofemployees'] } },
        ],
      },
    });
  });

  test.each<[string, SentRequest]>([
    ['the relay’s own property', create({ email: 'a@example.com', relay_write_id: '1' })],
    [
      'a contact by the relay’s own property',
      upsert([{ id: '1', idProperty: 'relay_write_id', properties: { city: 'A' } }]),
    ],
    [
      'a contact by a property that is not unique',
      upsert([{ id: '1', idProperty: 'city', properties: { phone: '1' } }]),
    ],
    [
      'a dry run that is none',
      upsert([{ id: 'a@example.com', idProperty: 'email', properties: { city: 'A' } }], '?dryRun=1'),
    ],
    ['a lenient create without an identity', create({ nick: 'Ada', city: 'A' }, { prefer: 'handling=lenient' })],
  ])('and refuses %s', async (_, request) => {
    expect(await sendWithoutTrace(request)).toMatchObject({ status: 400, body: { category: 'VALIDATION_ERROR' } });
  });

  test(
    'and takes what is right of a lenient request',
    async () => {
      const properties = { email: 'grace@example.com', city: 'New York', favourite_colour: 'green' };
      const answer = await client.send(create(properties, { prefer: 'handling=lenient, wait=20' }));
      expect(answer).toMatchObject({
        status: 201,
        body: { properties: { email: 'grace@example.com' }, warnings: [{ code: 'PROPERTY_DOESNT_EXIST' }] },
      });
      expect(answer.headers.get('preference-applied')).toBe('wait=20, handling=lenient');
      expect(answer.headers.get('relay-warnings')).toBe('1');
      expect(contactWith('email', 'grace@example.com')).toMatchObject({ city: 'New York' });
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'and takes a unique property of the portal for an idProperty',
    async () => {
      const { id } = await client.accept(upsert([{ id: 'E-1', idProperty: 'erp_id', properties: { city: 'Turin' } }]));
      expect(await client.completed(id, TEST_TIMEOUT_MS)).toMatchObject({ results: [{ outcome: 'created' }] });
      expect(contactWith('erp_id', 'E-1')).toMatchObject({ city: 'Turin' });
    },
    TEST_TIMEOUT_MS,
  );
});

describe('a pinned activity and secondary e-mails', () => {
  const input = (id: string, properties: object) => ({ id, idProperty: 'email', properties });
  const write = async (inputs: readonly object[]) =>
    client.completed((await client.accept(upsert(inputs))).id, TEST_TIMEOUT_MS);

  test(
    'pass the checks and reach HubSpot, and the secondary e-mail leads to the same contact from then on',
    async () => {
      const properties = { hs_additional_emails: 'edsger@work.example.com', hs_pinned_engagement_id: '4711' };
      const { results } = await write([input('edsger@example.com', properties)]);
      expect(contactWith('email', 'edsger@example.com')).toMatchObject(properties);
      await write([input('edsger@work.example.com', { city: 'Nuenen' })]);
      const both = [input('edsger@example.com', { phone: '1' }), input('edsger@work.example.com', { phone: '2' })];
      expect(await write(both)).toMatchObject({
        status: 'COMPLETE',
        results: [
          { outcome: 'updated', id: results[0]?.id },
          { outcome: 'updated', id: results[0]?.id },
        ],
      });
      expect(contactWith('email', 'edsger@example.com')).toMatchObject({ city: 'Nuenen', phone: '2' });
    },
    TEST_TIMEOUT_MS,
  );

  test('are refused at the door where they are none', async () => {
    const properties = { email: 'tony@example.com', hs_pinned_engagement_id: 'the note' };
    expect(await sendWithoutTrace(create(properties))).toMatchObject({
      status: 400,
      body: { errors: [{ code: 'INVALID_LONG', context: { propertyName: ['hs_pinned_engagement_id'] } }] },
    });
  });
});

describe('a dry run', () => {
  test(
    'tells whom the relay knows and what it would refuse, and leaves no trace',
    async () => {
      const known = { id: 'alan@example.com', idProperty: 'email', properties: { firstname: 'Alan' } };
      const { id } = await client.accept(upsert([known]));
      const { results } = await client.completed(id, TEST_TIMEOUT_MS);
      const inputs = [
        known,
        { ...known, id: 'nobody-yet@example.com' },
        { ...known, properties: { lifecyclestage: 'very_interested' } },
      ];
      expect(await sendWithoutTrace(upsert(inputs, '?dryRun=true'))).toMatchObject({
        status: 200,
        body: {
          dryRun: true,
          accepted: false,
          counts: { total: 3, accepted: 2, refused: 1 },
          results: [
            { index: 0, contact: 'known', id: results[0]?.id, calls: ['batch/upsert'] },
            { index: 1, contact: 'unknown' },
          ],
          errors: [{ index: 2, errors: [{ code: 'INVALID_OPTION', in: 'inputs[2].properties.lifecyclestage' }] }],
        },
      });
      expect(contactWith('email', 'nobody-yet@example.com')).toBeUndefined();
    },
    TEST_TIMEOUT_MS,
  );

  test('of what the relay only forwards is refused: HubSpot would carry it out', async () => {
    const before = hubspot.core.statistics().calls;
    const answer = await client.send({ path: '/crm/v3/objects/companies?dryRun=true', body: { properties: {} } });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ code: 'INVALID_DRY_RUN' }] } });
    expect(hubspot.core.statistics().calls).toBe(before);
  });
});
