import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ContactDirectory, KnownContact } from '../../lib/directory/contact-directory.ts';
import { createDynamoDbContactDirectory } from '../../lib/directory/dynamodb-contact-directory.ts';
import type { ContactId } from '../../lib/operations/contact-write.ts';
import { epochMs } from '../../lib/runtime/units.ts';
import { type EmbeddedDynamoDb, startEmbeddedDynamoDb } from '../support/embedded-dynamodb.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createInMemoryContactDirectory } from '../support/in-memory-contact-directory.ts';

let database: EmbeddedDynamoDb;
beforeAll(async () => {
  database = await startEmbeddedDynamoDb('contacts', ['pk']);
});
afterAll(() => database.close());

const known = (value: string, id: string, at = 1_000, idProperty = 'email'): KnownContact => ({
  key: { idProperty, value },
  id: id as ContactId,
  confirmedAt: epochMs(at),
});

const directories: readonly (readonly [string, () => ContactDirectory])[] = [
  ['in memory', () => createInMemoryContactDirectory()],
  [
    'in DynamoDB',
    () => createDynamoDbContactDirectory({ client: database.client, table: database.table, clock: createFakeClock() }),
  ],
];

describe.each(directories)('a contact directory %s', (name, create) => {
  const own = (value: string) => `${name.replaceAll(' ', '')}.${value}`;

  test('knows what it learned, and when', async () => {
    const directory = create();
    const ada = known(own('ada@example.com'), '5');
    await directory.learn([ada]);
    expect(await directory.find([ada.key, { idProperty: 'email', value: own('nobody@example.com') }])).toEqual([ada]);
  });

  test('the same value of another property is another key', async () => {
    const directory = create();
    await directory.learn([known(own('x'), '5')]);
    expect(await directory.find([{ idProperty: 'loyalty_number', value: own('x') }])).toEqual([]);
  });

  test('learning again replaces', async () => {
    const directory = create();
    await directory.learn([known(own('r@example.com'), '5')]);
    await directory.learn([known(own('r@example.com'), '9', 2_000)]);
    expect(await directory.find([{ idProperty: 'email', value: own('r@example.com') }])).toMatchObject([
      { id: '9', confirmedAt: 2_000 },
    ]);
  });

  test('forgets', async () => {
    const directory = create();
    const contact = known(own('f@example.com'), '5');
    await directory.learn([contact]);
    await directory.forget([contact.key, { idProperty: 'email', value: own('never@example.com') }]);
    expect(await directory.find([contact.key])).toEqual([]);
  });

  test('takes more at once than DynamoDB takes in one call', async () => {
    const directory = create();
    const contacts = Array.from({ length: 260 }, (_, n) => known(own(`${n}@example.com`), String(n)));
    await directory.learn(contacts);
    expect(await directory.find(contacts.map(({ key }) => key))).toHaveLength(260);
  });

  test('asked for nothing, finds nothing', async () => {
    expect(await create().find([])).toEqual([]);
  });
});
