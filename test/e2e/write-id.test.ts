import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { simulatorToken } from '../../infra/local/run-relay.ts';
import { provisionProperty } from '../../infra/provision-property.ts';
import { emptyQueue } from '../support/relay-queues.ts';
import { atOnce, HOOK_TIMEOUT_MS, restsBriefly, startTestRelay, type TestRelay } from '../support/running-relay.ts';

const PROPERTY = 'relay_write_id';
const TEST_TIMEOUT_MS = 90_000;

let stack: TestRelay;

beforeAll(async () => {
  stack = await startTestRelay({ overrides: { ...atOnce, ...restsBriefly, writeIdProperty: PROPERTY } });
  const baseUrl = stack.relay.simulatorUrl ?? '';
  expect(await provisionProperty({ property: PROPERTY, baseUrl, token: simulatorToken })).toBe('created');
}, HOOK_TIMEOUT_MS);

afterAll(() => stack.stop(), HOOK_TIMEOUT_MS);

test(
  'creates without an e-mail whose answers are lost, once before HubSpot did anything and once after, arrive exactly once',
  async () => {
    const match = { path: '/batch/create' };
    await stack.simulator.fail(
      { times: 1, match, do: { loseAnswer: true, commit: false } },
      { times: 1, match, do: { loseAnswer: true, commit: true } },
    );
    const names = ['Ada', 'Alan', 'Grace', 'Ada'];
    const accepted = await stack.client.accept({
      path: '/crm/v3/objects/contacts/batch/create',
      body: { inputs: names.map((firstname) => ({ properties: { firstname } })) },
    });
    const operation = await stack.client.completed(accepted.id, TEST_TIMEOUT_MS);
    expect(operation.counts).toMatchObject({ total: 4, delivered: 4, rejected: 0 });
    expect(operation.results.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created', 'created']);
    const contacts = await stack.simulator.contacts();
    const made = operation.results.map(({ id }) => contacts.find((contact) => contact.id === id)?.properties);
    expect(contacts).toHaveLength(4);
    expect(made).toMatchObject(
      names.map((firstname, index) => ({ firstname, [PROPERTY]: `${operation.id}-${index}` })),
    );
    expect(await stack.queues.depth('DeadLetters')).toEqual(emptyQueue);
  },
  TEST_TIMEOUT_MS,
);
