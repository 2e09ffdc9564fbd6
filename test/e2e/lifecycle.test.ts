import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { atOnce, HOOK_TIMEOUT_MS, startTestRelay, type TestRelay } from '../support/running-relay.ts';

const TEST_TIMEOUT_MS = 60_000;
const CONTACTS = '/crm/v3/objects/contacts';

let stack: TestRelay;

/** One relay for all policies: the setting, and what requests wish for instead. */
beforeAll(async () => {
  stack = await startTestRelay({ overrides: { ...atOnce, lifecyclePolicy: 'allow-backward' } });
}, HOOK_TIMEOUT_MS);

afterAll(() => stack.stop(), HOOK_TIMEOUT_MS);

/** Sets the stage of a contact that is a customer, and tells what the relay answered and what became of it. */
async function stepBack(email: string, lifecyclestage: string, headers: Record<string, string> = {}) {
  const write = (stage: string, more: Record<string, string> = {}) =>
    stack.client.send({
      path: `${CONTACTS}/batch/upsert`,
      headers: more,
      body: { inputs: [{ id: email, idProperty: 'email', properties: { lifecyclestage: stage, city: 'Rome' } }] },
    });
  expect((await write('customer', { prefer: 'wait=20' })).status).toBe(200);
  const answer = await write(lifecyclestage, headers);
  expect(answer.status).toBe(202);
  const { id } = answer.body as { id: string };
  await stack.client.completed(id, TEST_TIMEOUT_MS);
  const operation = await stack.client.send({ method: 'GET', path: `/operations/${id}` });
  const [contact] = await stack.simulator.contactsOf(email);
  const { results } = operation.body as { results: readonly unknown[] };
  return { answer, outcome: results[0], stage: contact?.properties['lifecyclestage'] };
}

test(
  'allow-backward, the setting, clears the stage and sets it',
  async () => {
    const { outcome, stage, answer } = await stepBack('ada@example.com', 'lead');
    expect(stage).toBe('lead');
    expect(outcome).toMatchObject({
      outcome: 'updated',
      lifecyclestage: { sent: 'lead', movedBackFrom: 'customer' },
    });
    expect(answer.headers.get('preference-applied')).toBeNull();
  },
  TEST_TIMEOUT_MS,
);

test(
  'forward leaves it to HubSpot, and says that the stage was kept, and why by the portal’s own order of stages',
  async () => {
    const { outcome, stage, answer } = await stepBack('alan@example.com', 'lead', { prefer: 'lifecycle=forward' });
    expect(stage).toBe('customer');
    expect(outcome).toMatchObject({
      outcome: 'updated',
      lifecyclestage: { sent: 'lead', kept: 'customer', reason: 'backward' },
    });
    expect(answer.headers.get('preference-applied')).toBe('lifecycle=forward');
  },
  TEST_TIMEOUT_MS,
);

test(
  'ignore leaves the stage out, and says so at once',
  async () => {
    const { outcome, stage, answer } = await stepBack('grace@example.com', 'lead', { prefer: 'lifecycle=ignore' });
    expect(stage).toBe('customer');
    expect(outcome).toEqual({ index: 0, outcome: 'updated', id: expect.any(String) });
    expect(answer.headers.get('relay-warnings')).toBe('1');
    expect(answer.body).toMatchObject({ warnings: [{ code: 'LIFECYCLE_STAGE_IGNORED' }] });
  },
  TEST_TIMEOUT_MS,
);

test(
  'a caller that waits sees the stage that HubSpot kept, and is warned',
  async () => {
    await stepBack('joan@example.com', 'lead', { prefer: 'lifecycle=forward' });
    const body = { properties: { lifecyclestage: 'subscriber' } };
    const prefer = 'wait=20, lifecycle=forward';
    const request = {
      method: 'PATCH',
      path: `${CONTACTS}/joan@example.com?idProperty=email`,
      headers: { prefer },
      body,
    };
    expect(await stack.client.send(request)).toMatchObject({
      status: 200,
      body: {
        properties: { lifecyclestage: 'customer' },
        warnings: [{ code: 'LIFECYCLE_STAGE_KEPT', in: 'properties.lifecyclestage' }],
      },
    });
  },
  TEST_TIMEOUT_MS,
);
