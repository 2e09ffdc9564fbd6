import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mapConcurrently } from '../../lib/runtime/map-concurrently.ts';
import type { SeenOperation } from '../support/relay-client.ts';
import { HOOK_TIMEOUT_MS, startTestRelay, type TestRelay } from '../support/running-relay.ts';

const CONCURRENT_REQUESTS = 25;
const PATIENCE_MS = 60_000;

let stack: TestRelay;

beforeAll(async () => {
  stack = await startTestRelay();
}, HOOK_TIMEOUT_MS);

afterAll(() => stack.stop(), HOOK_TIMEOUT_MS);

describe('a thousand contacts', () => {
  test(
    'sent one by one all arrive, gathered into few calls',
    async () => {
      const people = thePeople('single', 1_000);
      const operations = await upsertAll(people.map((person) => [person]));
      expect(operations.filter(({ counts }) => counts.delivered !== 1)).toEqual([]);
      await expectToBeInHubSpot(people);
      const { calls } = await expectACleanWire('one by one');
      // How many come together depends on how fast the door is; one call a contact would be no batching at all.
      expect(calls).toBeLessThanOrEqual(200);
    },
    2 * PATIENCE_MS,
  );

  test(
    'sent in ten batches of a hundred all arrive in at most twenty calls',
    async () => {
      await stack.simulator.forgetStatistics();
      const people = thePeople('batch', 1_000);
      const batches = Array.from({ length: 10 }, (_, batch) => people.slice(batch * 100, batch * 100 + 100));
      const operations = await upsertAll(batches);
      expect(operations.map(({ counts }) => counts.delivered)).toEqual(Array(10).fill(100));
      await expectToBeInHubSpot(people);
      const { calls } = await expectACleanWire('by the hundred');
      expect(calls).toBeLessThanOrEqual(20);
    },
    2 * PATIENCE_MS,
  );
});

interface Person {
  readonly email: string;
  readonly firstname: string;
  readonly lastname: string;
  readonly city: string;
}

const thePeople = (group: string, count: number): readonly Person[] =>
  Array.from({ length: count }, (_, number) => ({
    email: `${group}-${number}@example.com`,
    firstname: `First ${number}`,
    lastname: `Größe "${number}" \\ 東京`,
    city: `City of ${group} ${number % 7}`,
  }));

/** Sends one request for each group of people and waits until every one of them is COMPLETE. */
async function upsertAll(groups: readonly (readonly Person[])[]): Promise<readonly SeenOperation[]> {
  const accepted = await mapConcurrently(groups, CONCURRENT_REQUESTS, (people) =>
    stack.client.accept({
      path: '/crm/v3/objects/contacts/batch/upsert',
      body: { inputs: people.map((person) => ({ id: person.email, idProperty: 'email', properties: person })) },
    }),
  );
  return mapConcurrently(accepted, CONCURRENT_REQUESTS, ({ id }) => stack.client.completed(id, PATIENCE_MS));
}

/** Every person is there exactly once and as sent. */
async function expectToBeInHubSpot(people: readonly Person[]): Promise<void> {
  const emails = new Set(people.map(({ email }) => email));
  const contacts = (await stack.simulator.contacts()).filter(({ properties }) => emails.has(properties['email'] ?? ''));
  const byEmail = new Map(contacts.map(({ properties }) => [properties['email'], properties]));
  expect(contacts).toHaveLength(people.length);
  for (const person of people) expect(byEmail.get(person.email)).toMatchObject(person);
}

async function expectACleanWire(how: string): Promise<{ readonly calls: number }> {
  const { calls, records, violations, statuses } = await stack.simulator.statistics();
  process.stdout.write(
    `1,000 upserts ${how}: ${calls} HubSpot calls, ${(records / calls).toFixed(1)} records per call on average\n`,
  );
  expect(records).toBe(1_000);
  expect(violations).toEqual({});
  expect(statuses).not.toHaveProperty('429');
  return { calls };
}
