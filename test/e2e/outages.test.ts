import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { descendantsOf, isRunning, type ListedProcess } from '../support/process-tree.ts';
import { parseOperation, type SeenOperation, type SentRequest } from '../support/relay-client.ts';
import { emptyQueue } from '../support/relay-queues.ts';
import { atOnce, HOOK_TIMEOUT_MS, restsBriefly, startTestRelay, type TestRelay } from '../support/running-relay.ts';

const CONTACTS = '/crm/v3/objects/contacts';
const TEST_TIMEOUT_MS = 60_000;

let stack: TestRelay;

beforeAll(async () => {
  stack = await startTestRelay({ overrides: { ...atOnce, ...restsBriefly } });
}, HOOK_TIMEOUT_MS);

afterAll(() => stack.stop(), HOOK_TIMEOUT_MS);

describe('when HubSpot fails, every accepted write is accounted for', () => {
  afterEach(async () => {
    await stack.simulator.heal();
    expect(await stack.queues.depth('DeadLetters')).toEqual(emptyQueue);
  });

  test(
    '429 with a Retry-After: nothing is sent before it ends, then all is delivered',
    async () => {
      await stack.simulator.fail({
        times: 1,
        match: { path: '/batch/upsert' },
        do: { rateLimit: true, retryAfter: 2 },
      });
      const emails = theEmails('retry-after', 20);
      const operation = await delivered(upsert(emails));
      expect(operation.counts).toMatchObject({ total: 20, delivered: 20, rejected: 0 });
      await expectEachOnce(emails);
      const { rateLimited, violations } = await stack.simulator.statistics();
      expect(rateLimited).toBe(1);
      expect(violations).toEqual({});
    },
    TEST_TIMEOUT_MS,
  );

  test(
    '429 without a Retry-After: the rolling window is waited out',
    async () => {
      await stack.simulator.fail({ times: 1, match: { path: '/batch/upsert' }, do: { rateLimit: true } });
      const emails = theEmails('rate-limit', 20);
      const operation = await delivered(upsert(emails));
      expect(operation.counts).toMatchObject({ total: 20, delivered: 20, rejected: 0 });
      await expectEachOnce(emails);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    '502 after an upsert took effect: it is repeated, and no contact is there twice',
    async () => {
      await stack.simulator.fail({ times: 1, match: { path: '/batch/upsert' }, do: { answerAfterCommit: 502 } });
      const emails = theEmails('bad-gateway', 20);
      const operation = await delivered(upsert(emails));
      expect(operation.counts).toMatchObject({ total: 20, delivered: 20, rejected: 0 });
      await expectEachOnce(emails);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'the answer to a create that took effect is lost: it is found again and told as created',
    async () => {
      await stack.simulator.fail({
        times: 1,
        match: { path: '/batch/create' },
        do: { loseAnswer: true, commit: true },
      });
      const emails = theEmails('lost-answer', 3);
      const operation = await delivered(create(emails));
      expect(operation.results.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created']);
      expect(operation.errors).toEqual([]);
      const ids = await expectEachOnce(emails);
      expect(operation.results.map(({ id }) => id)).toEqual(ids);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'a create and its answer are lost: it is made once',
    async () => {
      await stack.simulator.fail({
        times: 1,
        match: { path: '/batch/create' },
        do: { loseAnswer: true, commit: false },
      });
      const emails = theEmails('lost-call', 3);
      const operation = await delivered(create(emails));
      expect(operation.results.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created']);
      await expectEachOnce(emails);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'a create whose answer was lost and one that meets another’s contact are told apart',
    async () => {
      const another = { id: 'taken@example.com', idProperty: 'email', properties: { city: 'Elsewhere' } };
      await delivered(stack.client.accept({ path: `${CONTACTS}/batch/upsert`, body: { inputs: [another] } }));
      await stack.simulator.fail({
        times: 1,
        match: { path: '/batch/create' },
        do: { loseAnswer: true, commit: true },
      });
      const operation = await delivered(create(['ours@example.com', 'taken@example.com']));
      expect(operation.results).toMatchObject([{ index: 0, outcome: 'created' }]);
      expect(operation.errors).toMatchObject([{ index: 1, category: 'CONFLICT' }]);
      await expectEachOnce(['ours@example.com', 'taken@example.com']);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'a whole batch refused for one record: the record alone is rejected',
    async () => {
      const culprit = 'culprit@example.com';
      // As often as the culprit is in a call, alone or not; the error names nobody.
      const body = { status: 'error', message: 'Something in there is not valid.', category: 'VALIDATION_ERROR' };
      await stack.simulator.fail({ match: { path: '/batch/upsert', body: culprit }, do: { status: 400, body } });
      const emails = theEmails('innocent', 30);
      const operation = await delivered(upsert([...emails.slice(0, 17), culprit, ...emails.slice(17)]));
      expect(operation.counts).toMatchObject({ total: 31, delivered: 30, rejected: 1 });
      expect(operation.errors).toMatchObject([{ index: 17, category: 'VALIDATION_ERROR', message: body.message }]);
      await expectEachOnce(emails);
      expect(await stack.simulator.contactsOf(culprit)).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'a success that mentions nobody: nothing is taken for delivered, and all is sent again',
    async () => {
      await stack.simulator.fail({ times: 1, match: { path: '/batch/upsert' }, do: { emptyResults: true } });
      const emails = theEmails('silent', 5);
      const operation = await delivered(upsert(emails));
      expect(operation.counts).toMatchObject({ total: 5, delivered: 5 });
      await expectEachOnce(emails);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    'HubSpot does not come back while a caller waits: the caller gets its 202, and the write arrives later',
    async () => {
      await stack.simulator.fail({ times: 1, match: { path: '/batch/create' }, do: { status: 503 } });
      const body = { properties: { email: 'impatient@example.com' } };
      const answer = await stack.client.send({ path: CONTACTS, body, headers: { prefer: 'wait=1' } });
      expect(answer.status).toBe(202);
      expect(answer.headers.get('preference-applied')).toBeNull();
      const operation = await stack.client.completed(parseOperation(answer.body).id);
      expect(operation.results).toMatchObject([{ outcome: 'created' }]);
      await expectEachOnce(['impatient@example.com']);
    },
    TEST_TIMEOUT_MS,
  );

  test('a forwarded read finds nobody: 503 with Retry-After', async () => {
    await stack.simulator.fail({ times: 3, match: { method: 'GET' }, do: { loseAnswer: true, commit: false } });
    const answer = await stack.client.send({ method: 'GET', path: `${CONTACTS}/42` });
    expect(answer).toMatchObject({ status: 503, body: { status: 'error', category: 'SERVICE_UNAVAILABLE' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test(
    'the token is refused: nothing is settled, nothing is a dead letter, and the write waits on the queue',
    async () => {
      const body = { status: 'error', message: 'The token is expired.', category: 'EXPIRED_AUTHENTICATION' };
      await stack.simulator.fail({ times: 1, match: { path: '/batch/upsert' }, do: { status: 401, body } });
      const emails = theEmails('unauthorized', 2);
      const { id } = await upsert(emails);
      await eventually('the write to be back on the queue with a delay', async () => {
        const depth = await stack.queues.depth('Writes');
        return depth.delayed === 1 && depth.visible + depth.inFlight === 0 ? depth : undefined;
      });
      const operation = await stack.client.readOperation(id);
      expect(operation).toMatchObject({ status: 'PENDING', counts: { pending: 2, rejected: 0 }, errors: [] });
      // The token is right again: what comes now is delivered, and does not wait for the write that does.
      const later = await delivered(upsert(['after-unauthorized@example.com']));
      expect(later.counts.delivered).toBe(1);
    },
    TEST_TIMEOUT_MS,
  );
});

/** The last tests of this file: the first relay ends up without its SQS. */
describe('when SQS is gone', () => {
  beforeAll(() => killServer('queue-server.ts', []), HOOK_TIMEOUT_MS);

  test.each(someRequests())(
    '$title gets 503 with Retry-After, and never a 202',
    expect503(() => stack),
  );
});

describe('when DynamoDB is gone', () => {
  let broken: TestRelay;

  beforeAll(async () => {
    const others = descendantsOf(process.pid);
    broken = await startTestRelay({ overrides: { ...atOnce, ...restsBriefly } });
    await killServer('table-server.ts', others);
  }, HOOK_TIMEOUT_MS);

  afterAll(() => broken.stop(), HOOK_TIMEOUT_MS);

  test.each(someRequests())(
    '$title gets 503 with Retry-After, and never a 202',
    expect503(() => broken),
  );
});

interface TitledRequest extends SentRequest {
  readonly title: string;
}

function someRequests(): readonly TitledRequest[] {
  const body = { properties: { email: 'nowhere@example.com' } };
  return [
    { title: 'a single create', path: CONTACTS, body },
    { title: 'a batch', path: `${CONTACTS}/batch/upsert`, body: upsertBody(['nowhere@example.com']) },
    { title: 'a caller that waits', path: `/sync${CONTACTS}`, body },
    { title: 'a caller with a key', path: CONTACTS, body, headers: { 'idempotency-key': 'a-key' } },
  ];
}

function expect503(broken: () => TestRelay) {
  return async ({ title: _, ...request }: TitledRequest): Promise<void> => {
    const { client, simulator } = broken();
    const answer = await client.send(request);
    expect(answer).toMatchObject({ status: 503, body: { status: 'error', category: 'SERVICE_UNAVAILABLE' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await simulator.contactsOf('nowhere@example.com')).toEqual([]);
  };
}

/** Kills the one server process of an entry file that is none of `others`, as when the service behind it is gone. */
async function killServer(entry: string, others: readonly ListedProcess[]): Promise<void> {
  const isOther = ({ pid }: ListedProcess) => others.some((other) => other.pid === pid);
  const servers = descendantsOf(process.pid).filter((each) => each.command.includes(entry) && !isOther(each));
  const [server] = servers;
  if (server === undefined || servers.length > 1) throw new Error(`${servers.length} processes run ${entry}`);
  process.kill(server.pid, 'SIGKILL');
  await eventually('the server to be gone', () => (isRunning(server.pid) ? undefined : true));
}

function upsertBody(emails: readonly string[]): object {
  return { inputs: emails.map((id) => ({ id, idProperty: 'email', properties: { email: id, city: 'Here' } })) };
}

const theEmails = (group: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, number) => `${group}-${number}@example.com`);

const upsert = (emails: readonly string[]): Promise<SeenOperation> =>
  stack.client.accept({ path: `${CONTACTS}/batch/upsert`, body: upsertBody(emails) });

const create = (emails: readonly string[]): Promise<SeenOperation> =>
  stack.client.accept({
    path: `${CONTACTS}/batch/create`,
    body: { inputs: emails.map((email) => ({ properties: { email, city: 'Here' } })) },
  });

const delivered = async (accepted: Promise<SeenOperation>): Promise<SeenOperation> =>
  stack.client.completed((await accepted).id);

/** HubSpot has one contact of each e-mail; gives back their ids. */
async function expectEachOnce(emails: readonly string[]): Promise<readonly string[]> {
  const wanted = new Set(emails);
  const contacts = (await stack.simulator.contacts()).filter(({ properties }) => wanted.has(properties['email'] ?? ''));
  const found = new Map(contacts.map(({ id, properties }) => [properties['email'] ?? '', id]));
  expect(contacts).toHaveLength(emails.length);
  expect([...found.keys()].sort()).toEqual([...emails].sort());
  return emails.map((email) => found.get(email) ?? '');
}
