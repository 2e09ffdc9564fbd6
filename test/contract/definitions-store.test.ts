import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DEFINITIONS_KEY, REFRESH_KEY } from '../../lib/portal/definitions-key.ts';
import type { DefinitionsStore, RefreshTerms } from '../../lib/portal/definitions-store.ts';
import { createDynamoDbDefinitionsStore } from '../../lib/portal/dynamodb-definitions-store.ts';
import { after, milliseconds, minutes, seconds } from '../../lib/runtime/units.ts';
import { NOON } from '../support/a-contact-write.ts';
import { type EmbeddedDynamoDb, startEmbeddedDynamoDb } from '../support/embedded-dynamodb.ts';
import { createInMemoryDefinitionsStore } from '../support/in-memory-definitions-store.ts';
import { aProperty, thePortal } from '../support/portal-definitions.ts';

let database: EmbeddedDynamoDb;
beforeAll(async () => {
  database = await startEmbeddedDynamoDb('contacts', ['pk']);
});
afterAll(() => database.close());

const stores: readonly (readonly [string, () => Promise<DefinitionsStore>])[] = [
  ['in memory', async () => createInMemoryDefinitionsStore()],
  [
    'in DynamoDB',
    async () => {
      const { client, table } = database;
      for (const pk of [DEFINITIONS_KEY, REFRESH_KEY]) {
        await client.send(new DeleteItemCommand({ TableName: table, Key: { pk: { S: pk } } }));
      }
      return createDynamoDbDefinitionsStore({ client, table });
    },
  ],
];

const at = (secondsLater: number) => after(NOON, seconds(secondsLater));
const asking = (secondsLater: number, terms: Partial<RefreshTerms> = {}): RefreshTerms => ({
  now: at(secondsLater),
  dueAfter: minutes(4),
  wishDueAfter: seconds(30),
  lease: seconds(50),
  ...terms,
});

describe.each(stores)('a store of definitions %s', (_, create) => {
  let store: DefinitionsStore;
  beforeEach(async () => {
    store = await create();
  });

  test('has none before some were stored', async () => {
    expect(await store.read()).toBeUndefined();
  });

  test('gives back what was stored, to the last option', async () => {
    const definitions = thePortal({ erp_id: aProperty({ isUnique: true }) });
    await store.put(definitions);
    expect(await store.read()).toEqual(definitions);
  });

  test('is never taken back in time by who finishes late', async () => {
    const newer = thePortal({ erp_id: aProperty() }, at(10));
    await store.put(newer);
    await store.put(thePortal({}, at(0)));
    await store.put(thePortal({}, at(10)));
    expect(await store.read()).toEqual(newer);
    expect(await store.claimRefresh(asking(10 + 239))).toBe(false);
  });

  test('has one of many that ask at once refresh what is not there', async () => {
    const claims = await Promise.all(Array.from({ length: 20 }, () => store.claimRefresh(asking(0))));
    expect(claims.filter((isMine) => isMine)).toHaveLength(1);
  });

  test('has another one refresh when the first did not come back', async () => {
    expect(await store.claimRefresh(asking(0))).toBe(true);
    expect(await store.claimRefresh(asking(49))).toBe(false);
    expect(await store.claimRefresh(asking(50))).toBe(true);
  });

  test('has nobody refresh what is new, and somebody what is due', async () => {
    await store.claimRefresh(asking(0));
    await store.put(thePortal({}, at(0)));
    expect(await store.claimRefresh(asking(239))).toBe(false);
    expect(await store.claimRefresh(asking(240))).toBe(true);
  });

  test('has it refreshed early for a wish, but not for one that newer definitions have fulfilled', async () => {
    await store.put(thePortal({}, at(0)));
    await store.wish(at(5));
    expect(await store.claimRefresh(asking(29))).toBe(false);
    expect(await store.claimRefresh(asking(30))).toBe(true);
    await store.put(thePortal({}, at(30)));
    expect(await store.claimRefresh(asking(90))).toBe(false);
    await store.wish(at(91));
    expect(await store.claimRefresh(asking(91))).toBe(true);
  });

  test('takes a wish before there are any definitions', async () => {
    await store.wish(at(0));
    expect(await store.read()).toBeUndefined();
    expect(await store.claimRefresh(asking(1))).toBe(true);
    await store.put(thePortal({}, at(1)));
    expect(await store.claimRefresh(asking(60, { dueAfter: milliseconds(59_001) }))).toBe(false);
  });
});
