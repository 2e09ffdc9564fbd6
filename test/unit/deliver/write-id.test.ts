import { beforeEach, describe, expect, test } from '@jest/globals';
import { createHubSpotCore, type HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { Settings } from '../../../infra/local/hubspot/core/settings.ts';
import type { Delivery } from '../../../lib/deliver/deliver-messages.ts';
import { readMessage } from '../../../lib/deliver/read-message.ts';
import type { HubSpotAnswer, HubSpotClient, HubSpotRequest } from '../../../lib/hubspot/hubspot-answer.ts';
import type { QueuedWrite, WriteMessage } from '../../../lib/operations/message.ts';
import type { Outcome } from '../../../lib/operations/outcome.ts';
import { epochMs, minutes, seconds } from '../../../lib/runtime/units.ts';
import { aContactWrite, aMessage, NOON, operationId } from '../../support/a-contact-write.ts';
import { coreHubSpotClient } from '../../support/core-hubspot-client.ts';
import { deliverStored } from '../../support/deliver-stored.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createInMemoryContactLedger } from '../../support/in-memory-contact-ledger.ts';
import { createInMemoryOperationStore } from '../../support/in-memory-operation-store.ts';
import { createInMemoryWriteQueue } from '../../support/in-memory-write-queue.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { createUnboundPace } from '../../support/unbound-pace.ts';

const PROPERTY = 'relay_write_id';
/** A portal without it, where keyless creates may be doubled. */
const repeats: Partial<Delivery> = { keylessCreatesInDoubt: 'repeat' };

let clock = createFakeClock(NOON);
let operations = createInMemoryOperationStore(clock);
let queue = createInMemoryWriteQueue();
let ledger = createInMemoryContactLedger();
let log = createRecordingLog();
let core = aCore();
/** What happens to the next calls on their way, the first one first; afterwards nothing does. */
let strikes: ((request: HubSpotRequest, hubspot: HubSpotClient) => Promise<HubSpotAnswer>)[] = [];
let calls: HubSpotRequest[] = [];

beforeEach(() => {
  clock = createFakeClock(NOON);
  operations = createInMemoryOperationStore(clock);
  queue = createInMemoryWriteQueue();
  ledger = createInMemoryContactLedger();
  log = createRecordingLog();
  core = aCore();
  strikes = [];
  calls = [];
  send('POST', '/crm/v3/properties/contacts', {
    name: PROPERTY,
    label: 'Relay write id',
    type: 'string',
    fieldType: 'text',
    groupName: 'contactinformation',
    hasUniqueValue: true,
  });
});

function aCore(settings: Partial<Settings> = {}): HubSpotCore {
  return createHubSpotCore({ now: () => clock.now(), random: () => 0.5, settings: { limit: 10_000, ...settings } });
}

function send(method: string, path: string, body: object): void {
  const headers = { authorization: 'Bearer simulator-token', 'content-type': 'application/json' };
  const { status } = core.handle({ method, path, headers, body: JSON.stringify(body) });
  if (status >= 300) throw new Error(`${method} ${path}: ${status}`);
}

const lost: HubSpotAnswer = { kind: 'unanswered', cause: 'ECONNRESET' };
const losesTheAnswer = async (request: HubSpotRequest, hubspot: HubSpotClient) => {
  await hubspot.call(request, seconds(30));
  return lost;
};
const losesTheRequest = async () => lost;
const saysNothing = async (): Promise<HubSpotAnswer> => ({ kind: 'answered', status: 200, body: { results: [] } });

const hubspot: HubSpotClient = {
  call: (request, timeout) => {
    calls.push(request);
    const strike = strikes.shift();
    const client = coreHubSpotClient(core);
    return strike === undefined ? client.call(request, timeout) : strike(request, client);
  },
};

/** One invocation of 60 s. */
async function deliver(
  messages: readonly WriteMessage[],
  change: Partial<Delivery> = { writeIdProperty: PROPERTY },
): Promise<void> {
  await deliverStored(messages, { operations, ledger, queue, hubspot, clock, log, ...change });
}

/** Delivers whatever went back to the queue, until nothing does. Returns how many rounds it took. */
async function drain(change?: Partial<Delivery>): Promise<number> {
  let delivered = 0;
  for (let round = 0; round < 20; round += 1) {
    const waiting = queue.sent.slice(delivered).map(({ message }) => message);
    if (waiting.length === 0) return round;
    delivered += waiting.length;
    clock.advance(minutes(1));
    await deliver(waiting, change);
  }
  throw new Error('it never drains');
}

const create = (n: number, properties: Record<string, string>, more: Partial<QueuedWrite> = {}): WriteMessage =>
  aMessage(n, 'create', [aContactWrite(n, { properties, ...more })]);
const upsert = (n: number, email: string, properties: Record<string, string>): WriteMessage =>
  aMessage(n, 'upsert', [aContactWrite(n, { id: email, idProperty: 'email', properties })]);
const outcomeOf = async (n: number): Promise<Outcome | undefined> =>
  (await operations.read(operationId(n)))?.outcomes[0];
const contacts = () => core.contacts(100).map(({ id, properties }): Record<string, string> => ({ id, ...properties }));
const writeId = (n: number) => `${operationId(n)}-0`;

describe('D8: a create without an e-mail', () => {
  test('carries its write id', async () => {
    await deliver([create(1, { firstname: 'Ada' })]);
    expect(contacts()).toMatchObject([{ firstname: 'Ada', [PROPERTY]: writeId(1) }]);
  });

  test.each([
    ['sentence', 'per-record'],
    ['sentence', 'whole-batch'],
    ['listed', 'per-record'],
    ['listed', 'whole-batch'],
  ] as const)('whose answer was lost is sent again and finds its own contact (%s, %s)', async (error, taken) => {
    core.changeSettings({ takenValueError: error, takenValueOnCreate: taken });
    strikes = [losesTheAnswer];
    await deliver([create(1, { firstname: 'Ada' }), create(2, { firstname: 'Ada' }), create(3, { lastname: 'Byron' })]);
    await drain();
    const made = contacts();
    expect(made).toHaveLength(3);
    for (const n of [1, 2, 3]) {
      const own = made.find((contact) => contact[PROPERTY] === writeId(n));
      expect(await outcomeOf(n)).toEqual({ kind: 'created', index: 0, id: own?.id });
    }
    expect(queue.deadLetters).toEqual([]);
  });

  test('that never arrived is made by the repeat', async () => {
    strikes = [losesTheRequest];
    await deliver([create(1, { firstname: 'Ada' })]);
    await drain();
    expect(contacts()).toHaveLength(1);
    expect(await outcomeOf(1)).toMatchObject({ kind: 'created' });
  });

  test('is not sent again before the lost try is over', async () => {
    strikes = [losesTheAnswer];
    await deliver([create(1, { firstname: 'Ada' })]);
    clock.advance(seconds(150));
    await deliver(queue.sent.map(({ message }) => message));
    expect(calls).toHaveLength(1);
  });

  test('that HubSpot refuses without naming the contact is looked for by its write id', async () => {
    const hidesTheId = async (request: HubSpotRequest, client: HubSpotClient) => {
      const answer = await client.call(request, seconds(30));
      return JSON.parse(JSON.stringify(answer).replace(/\d+ already has that value/, 'somebody already has it'));
    };
    strikes = [losesTheAnswer, hidesTheId];
    await deliver([create(1, { firstname: 'Ada' })]);
    await drain();
    expect(calls.at(-1)?.body).toMatchObject({ idProperty: PROPERTY, inputs: [{ id: writeId(1) }] });
    expect(await outcomeOf(1)).toMatchObject({ kind: 'created' });
  });

  test('keeps what was written to its contact since', async () => {
    strikes = [losesTheAnswer];
    await deliver([create(1, { firstname: 'Ada', city: 'Oslo' })]);
    const [made] = contacts();
    send('PATCH', `/crm/v3/objects/contacts/${made?.id}`, { properties: { city: 'Rome' } });
    await drain();
    expect(contacts()).toMatchObject([{ firstname: 'Ada', city: 'Rome' }]);
  });
});

describe('a create with an e-mail', () => {
  test('in doubt is known by its write id, whatever HubSpot made of its values', async () => {
    strikes = [losesTheAnswer];
    await deliver([create(1, { email: 'a@example.com', numberofemployees: ' 7 ' })]);
    await drain();
    expect(await outcomeOf(1)).toMatchObject({ kind: 'created' });
    expect(contacts()).toHaveLength(1);
  });

  test('that meets a contact with the id of another write is refused, however alike they are', async () => {
    send('POST', '/crm/v3/objects/contacts', { properties: { email: 'a@example.com', [PROPERTY]: 'another' } });
    await deliver([create(1, { email: 'a@example.com' }, { inDoubt: true })]);
    expect(await outcomeOf(1)).toMatchObject({ kind: 'rejected', error: { category: 'CONFLICT' } });
  });

  test("that meets somebody's contact is a CONFLICT, as without the property", async () => {
    send('POST', '/crm/v3/objects/contacts', { properties: { email: 'a@example.com', city: 'Oslo' } });
    await deliver([create(1, { email: 'a@example.com', city: 'Rome' })]);
    expect(await outcomeOf(1)).toMatchObject({ kind: 'rejected', httpStatus: 409, error: { category: 'CONFLICT' } });
    expect(contacts()).toMatchObject([{ city: 'Oslo' }]);
  });

  test.each(['email', 'unique-value'] as const)(
    'D5: sent again after a newer write undoes nothing (%s is told first)',
    async (firstConflict) => {
      core.changeSettings({ firstConflict });
      strikes = [losesTheAnswer];
      await deliver([create(1, { email: 'a@example.com', city: 'Oslo', phone: '1' })]);
      const again = queue.sent.map(({ message }) => message);
      clock.advance(minutes(4));
      await deliver([upsert(2, 'a@example.com', { city: 'Rome' })]);
      await deliver(again);
      expect(await outcomeOf(1)).toMatchObject({ kind: 'created' });
      expect(contacts()).toMatchObject([{ city: 'Rome', phone: '1' }]);
    },
  );

  test('D8: sent again after its contact was renamed makes no second one, and leaves the new name alone', async () => {
    strikes = [losesTheAnswer];
    await deliver([create(1, { email: 'a@example.com', city: 'Oslo' })]);
    const again = queue.sent.map(({ message }) => message);
    clock.advance(minutes(4));
    await deliver([upsert(2, 'a@example.com', { email: 'b@example.com' })]);
    await deliver([upsert(3, 'b@example.com', { city: 'Rome' })]);
    await deliver(again);
    expect(await outcomeOf(1)).toMatchObject({ kind: 'created' });
    expect(contacts()).toMatchObject([{ email: 'b@example.com', city: 'Rome' }]);
    await deliver([upsert(4, 'a@example.com', { city: 'Bonn' })]);
    expect(contacts()).toMatchObject([
      { email: 'b@example.com', city: 'Rome' },
      { email: 'a@example.com', city: 'Bonn' },
    ]);
  });

  test('D9: is not refused because HubSpot tells nothing of the contact in its way', async () => {
    strikes = [losesTheAnswer, (request, client) => client.call(request, seconds(30)), saysNothing];
    await deliver([create(1, { email: 'a@example.com' })]);
    await drain();
    expect(await outcomeOf(1)).toMatchObject({ kind: 'created' });
  });

  test('keeps its associations', async () => {
    const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 }];
    await deliver([create(1, { email: 'a@example.com' }, { associations: [{ to: { id: '77' }, types }] })]);
    const [made] = core.contacts(1);
    expect(made?.associations).toMatchObject([{ toId: '77', typeId: 279 }]);
    expect(made?.properties[PROPERTY]).toBe(writeId(1));
  });
});

test.each([
  ['alone', 1],
  ['among others', 3],
])('a portal without the property stops the calls and rejects nothing: a create %s', async (_name, count) => {
  core.reset();
  await deliver(Array.from({ length: count }, (_, n) => create(n, { email: `${n}@example.com` })));
  expect(calls).toHaveLength(1);
  expect(queue.sent).toHaveLength(count);
  expect(await outcomeOf(0)).toBeUndefined();
  expect(JSON.stringify(log)).toContain('no-write-id-property');
});

test('F4: what is put off until a part of a millisecond can be read when it comes again', async () => {
  const pace = { ...createUnboundPace(clock), book: async () => undefined, take: async () => false };
  const message = create(1, { firstname: 'Ada' });
  await deliver([message], { pace: { ...pace, returnAt: () => epochMs(NOON + 600_000.5) } });
  const [again] = queue.sent;
  expect(again && readMessage(JSON.stringify(again.message)).kind).toBe('message');
});

test('D1: of two copies in a batch the one that was tried more often counts', async () => {
  strikes = [losesTheRequest];
  const first = create(1, { firstname: 'Ada' }, { inDoubt: true });
  await deliver([first]);
  const second = create(1, { firstname: 'Ada' }, { tries: 1, inDoubt: true });
  clock.advance(minutes(4));
  strikes = [losesTheRequest];
  await deliver([second]);
  clock.advance(minutes(4));
  for (const copies of [
    [first, second],
    [second, first],
  ]) {
    const before = queue.sent.length;
    await deliver(copies);
    expect(queue.sent.slice(before).flatMap(({ message }) => message.writes.map(({ tries }) => tries))).toContain(2);
  }
});

describe('without the property', () => {
  test('a create that cleared a property is known for its own all the same', async () => {
    strikes = [losesTheAnswer];
    await deliver([create(1, { email: 'a@example.com', lifecyclestage: '' })], {});
    const [made] = contacts();
    send('PATCH', `/crm/v3/objects/contacts/${made?.['id']}`, { properties: { lifecyclestage: 'lead' } });
    await drain({});
    expect(await outcomeOf(1)).toMatchObject({ kind: 'created' });
  });

  test('a create without an e-mail whose answer was lost is repeated where the setting says so', async () => {
    strikes = [losesTheRequest];
    await deliver([create(1, { firstname: 'Ada' })], repeats);
    await drain(repeats);
    expect(contacts()).toMatchObject([{ firstname: 'Ada' }]);
    expect(await outcomeOf(1)).toMatchObject({ kind: 'created' });
    expect(queue.deadLetters).toEqual([]);
  });

  test('and then may make two contacts', async () => {
    strikes = [losesTheAnswer];
    await deliver([create(1, { firstname: 'Ada' })], repeats);
    await drain(repeats);
    expect(contacts()).toHaveLength(2);
  });

  test('one whose consumer died is repeated too, once the try is over', async () => {
    strikes = [() => Promise.reject(new Error('killed'))];
    await expect(deliver([create(1, { firstname: 'Ada' })], repeats)).rejects.toThrow('killed');
    await deliver([create(1, { firstname: 'Ada' })], repeats);
    await drain(repeats);
    expect(await outcomeOf(1)).toMatchObject({ kind: 'created' });
    expect(calls).toHaveLength(2);
  });
});
