import { beforeEach, describe, expect, test } from '@jest/globals';
import { createHubSpotCore, type HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { Delivery } from '../../../lib/deliver/deliver-messages.ts';
import { nameOfKey } from '../../../lib/directory/contact-ledger.ts';
import type { HubSpotAnswer, HubSpotClient, HubSpotRequest } from '../../../lib/hubspot/hubspot-answer.ts';
import type { ContactId } from '../../../lib/operations/contact-write.ts';
import type { WriteMessage } from '../../../lib/operations/message.ts';
import { after as later, minutes, seconds } from '../../../lib/runtime/units.ts';
import { writeIdDefinition } from '../../simulation/portal-settings.ts';
import { aContactWrite, aMessage, NOON, operationId } from '../../support/a-contact-write.ts';
import { byHand } from '../../support/by-hand.ts';
import { coreHubSpotClient } from '../../support/core-hubspot-client.ts';
import { deliverStored } from '../../support/deliver-stored.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createInMemoryContactLedger } from '../../support/in-memory-contact-ledger.ts';
import { createInMemoryOperationStore } from '../../support/in-memory-operation-store.ts';
import { createInMemoryWriteQueue } from '../../support/in-memory-write-queue.ts';

const ADA = 'ada@example.com';
const ALAN = 'alan@example.com';

let clock = createFakeClock(NOON);
let operations = createInMemoryOperationStore(clock);
let queue = createInMemoryWriteQueue();
let ledger = createInMemoryContactLedger();
let core: HubSpotCore;
let jobs: string[] = [];
beforeEach(() => {
  clock = createFakeClock(NOON);
  operations = createInMemoryOperationStore(clock);
  queue = createInMemoryWriteQueue();
  ledger = createInMemoryContactLedger();
  core = createHubSpotCore({
    now: () => clock.now(),
    random: () => 0.5,
    restored: [{ kind: 'property-defined', definition: { ...writeIdDefinition, name: 'customer_no' } }],
  });
  jobs = [];
});

/** Delivers in one invocation of 60 s; each call can be kept from being answered once it is carried out. */
async function deliver(
  messages: readonly WriteMessage[],
  losesAnswer: (request: HubSpotRequest) => boolean = () => false,
  change: Partial<Delivery> = {},
  told: (answer: string) => string = (answer) => answer,
): Promise<void> {
  const portal = coreHubSpotClient(core);
  const hubspot: HubSpotClient = {
    call: async (request, timeout) => {
      jobs.push(request.path.split('?')[0]?.split('/').at(-1) ?? '');
      const answer: HubSpotAnswer = JSON.parse(told(JSON.stringify(await portal.call(request, timeout))));
      return losesAnswer(request) ? { kind: 'unanswered', cause: 'ECONNRESET' } : answer;
    },
  };
  expect(await deliverStored(messages, { operations, ledger, queue, hubspot, clock, ...change })).toEqual([]);
}

const upsertOf = (n: number, email: string, properties: Record<string, string>): WriteMessage =>
  aMessage(n, 'upsert', [aContactWrite(n, { id: email, idProperty: 'email', properties })]);
const updateOf = (n: number, id: string, properties: Record<string, string>, idProperty?: string): WriteMessage =>
  aMessage(n, 'update', [aContactWrite(n, { id, properties, ...(idProperty !== undefined && { idProperty }) })]);
const archiveOf = (n: number, id: string, idProperty?: string): WriteMessage =>
  aMessage(n, 'archive', [aContactWrite(n, { id, properties: {}, ...(idProperty !== undefined && { idProperty }) })]);
const outcomeOf = async (n: number) => (await operations.read(operationId(n)))?.outcomes[0];
const propertiesOf = (id: string) => core.contact(id)?.properties;

async function aContact(n: number, email: string): Promise<string> {
  await deliver([upsertOf(n, email, { city: 'Rome' })]);
  const outcome = await outcomeOf(n);
  if (outcome?.kind !== 'created') throw new Error('nobody was made');
  return outcome.id;
}

describe('a name that leads to another contact by now', () => {
  test.each(['email', 'customer_no'])(
    'is asked for in its time, however often it is written to (%s)',
    async (property) => {
      const former = await aContact(1, ADA);
      byHand(core, 'PATCH', `/${former}`, { customer_no: '5' });
      const key = property === 'email' ? ADA : '5';
      await deliver([updateOf(2, key, { phone: '2' }, property)]);
      byHand(core, 'PATCH', `/${former}`, { email: ALAN, customer_no: '' });
      const owner = byHand(core, 'POST', '', { email: ADA, customer_no: '5' });
      clock.advance(minutes(6));
      await deliver([updateOf(3, key, { phone: '3' }, property)]);
      clock.advance(minutes(6));
      await deliver([updateOf(4, key, { phone: '4' }, property)]);
      expect(await outcomeOf(4)).toEqual({ kind: 'updated', index: 0, id: owner });
      expect(propertiesOf(owner)).toMatchObject({ phone: '4' });
    },
  );

  test.each([
    ['an update', updateOf(2, ADA, { phone: '2' }, 'email'), { kind: 'rejected', httpStatus: 404 }],
    ['an archive', archiveOf(2, ADA, 'email'), { kind: 'archived', wasGone: true }],
  ])('and to nobody: %s does not reach whoever had it', async (_, message, outcome) => {
    const former = await aContact(1, ADA);
    byHand(core, 'PATCH', `/${former}`, { email: ALAN });
    clock.advance(minutes(11));
    await deliver([message]);
    expect(await outcomeOf(2)).toMatchObject(outcome);
    expect(propertiesOf(former)).not.toHaveProperty('phone');
    expect(core.contact(former)?.archivedAt).toBeUndefined();
  });

  test('and to nobody is found out in a few calls where the answer to an update shows the e-mail', async () => {
    const former = await aContact(1, ADA);
    byHand(core, 'PATCH', `/${former}`, { email: ALAN });
    jobs = [];
    await deliver(
      [updateOf(2, ADA, { phone: '2' }, 'email')],
      () => false,
      {},
      (answer) => answer.replaceAll('"createdate"', `"email":"${ALAN}","createdate"`),
    );
    expect(await outcomeOf(2)).toMatchObject({ kind: 'rejected', httpStatus: 404 });
    expect(jobs).toEqual(['update', 'read', 'read']);
  });

  test('is asked for at once when the relay itself took it away', async () => {
    const former = await aContact(1, ADA);
    byHand(core, 'PATCH', `/${former}`, { customer_no: '5' });
    await deliver([updateOf(2, '5', { customer_no: '6' }, 'customer_no')]);
    const owner = byHand(core, 'POST', '', { email: ALAN, customer_no: '5' });
    await deliver([updateOf(3, '5', { phone: '3' }, 'customer_no')]);
    expect(await outcomeOf(3)).toEqual({ kind: 'updated', index: 0, id: owner });
  });

  test('does not become that of whoever had it, when that one is written to by id', async () => {
    const former = await aContact(1, ADA);
    await deliver([updateOf(2, former, { phone: '2' })]);
    byHand(core, 'PATCH', `/${former}`, { email: '' });
    const owner = await aContact(3, ADA);
    await deliver([updateOf(4, former, { phone: '4' })]);
    expect(propertiesOf(former)).toMatchObject({ phone: '4' });
    await deliver([updateOf(5, ADA, { phone: '5' }, 'email')]);
    expect(propertiesOf(owner)).toMatchObject({ phone: '5' });
    expect(await outcomeOf(5)).toEqual({ kind: 'updated', index: 0, id: owner });
    // Each has a lease and a fence of its own from now on.
    expect(ledger.items.get(nameOfKey('email', ADA))?.id).toBe(owner);
  });

  test('keeps an older write from making its person anew, once whoever has it now was archived by id', async () => {
    const former = await aContact(1, ADA);
    byHand(core, 'DELETE', `/${former}`);
    const anew = byHand(core, 'POST', '', { email: ADA });
    clock.advance(minutes(1));
    await deliver([archiveOf(5, anew)]);
    await deliver([upsertOf(4, ADA, { city: 'Oslo' })]);
    expect(await outcomeOf(4)).toMatchObject({ kind: 'superseded' });
    expect(core.contacts(10).filter(({ archivedAt }) => archivedAt === undefined)).toEqual([]);
  });
});

describe('an update that takes away the name that it goes by', () => {
  test.each([
    ['email', ADA, { email: ALAN, city: 'Oslo' }],
    ['customer_no', '5', { customer_no: '6', city: 'Oslo' }],
  ])('and whose answer is lost is found out to be done: %s', async (property, key, properties) => {
    const id = byHand(core, 'POST', '', { email: ADA, customer_no: '5' });
    await deliver([updateOf(1, key, properties, property)], ({ path }) => path.endsWith('batch/update'));
    expect(propertiesOf(id)).toMatchObject(properties);
    clock.advance(minutes(5));
    await deliver(queue.sent.map(({ message }) => message));
    expect(await outcomeOf(1)).toEqual({ kind: 'updated', index: 0, id });
  });
});

test('a property that is not unique costs one call, however many go by it', async () => {
  const inputs = Array.from({ length: 100 }, (_, index) =>
    aContactWrite(index + 1, { index, id: `somebody-${index}`, idProperty: 'city', properties: { phone: '1' } }),
  );
  await deliver([aMessage(1, 'upsert', inputs)]);
  expect(jobs).toEqual(['upsert']);
  const { outcomes = [] } = (await operations.read(operationId(1))) ?? {};
  expect(outcomes.filter(({ kind }) => kind === 'rejected')).toHaveLength(100);
});

test('an update that was merged with one that took its e-mail away is found out to be done', async () => {
  const id = await aContact(1, ADA);
  const [named, renamed] = [updateOf(2, ADA, { phone: '2' }, 'email'), updateOf(3, ADA, { email: ALAN }, 'email')];
  await deliver([named, renamed], ({ path }) => path.endsWith('batch/update'));
  clock.advance(minutes(20));
  await deliver(queue.sent.map(({ message }) => message).filter((message) => message.operationId === operationId(2)));
  expect(await outcomeOf(2)).toEqual({ kind: 'updated', index: 0, id });
});

test('a contact that another consumer made while HubSpot was asked is asked for again where two clocks cannot tell', async () => {
  const acquire: typeof ledger.acquire = async (name, ...rest) => {
    if (core.contacts(10).length === 0) {
      const id = byHand(core, 'POST', '', { email: ADA }) as ContactId;
      await ledger.acquire(name, 'another', clock.now(), later(clock.now(), seconds(1)));
      const confirmedAt = later(clock.now(), seconds(-2));
      await ledger.settle({ name, owner: 'another', id, confirmedAt, fence: new Map() });
    }
    return ledger.acquire(name, ...rest);
  };
  await deliver([updateOf(1, ADA, { phone: '1' }, 'email')], () => false, { ledger: { ...ledger, acquire } });
  expect(await outcomeOf(1)).toBeUndefined();
  clock.advance(minutes(1));
  await deliver(queue.sent.map(({ message }) => message));
  expect(await outcomeOf(1)).toMatchObject({ kind: 'updated' });
});

describe('a reading that HubSpot refuses', () => {
  test.each([
    ['an archive', archiveOf(1, 'Rome', 'city')],
    ['an update', updateOf(1, 'Rome', { phone: '1' }, 'city')],
  ])('refuses %s, and says of nobody that he is gone', async (_, message) => {
    await aContact(2, ADA);
    await deliver([message]);
    expect(await outcomeOf(1)).toMatchObject({ kind: 'rejected', httpStatus: 400 });
    expect(core.contacts(10).filter(({ archivedAt }) => archivedAt === undefined)).toHaveLength(1);
    expect(queue.sent).toEqual([]);
  });
});

test('an id whose e-mail cannot be stored puts off its own writes, not the batch', async () => {
  const [ada, alan] = [byHand(core, 'POST', '', { email: ADA }), byHand(core, 'POST', '', { email: ALAN })];
  const point: typeof ledger.point = (name, home, note) =>
    home === nameOfKey('email', ADA) ? Promise.reject(new Error('throttled')) : ledger.point(name, home, note);
  await deliver([updateOf(1, ada, { phone: '1' }), updateOf(2, alan, { phone: '2' })], () => false, {
    ledger: { ...ledger, point },
  });
  expect(await outcomeOf(2)).toEqual({ kind: 'updated', index: 0, id: alan });
  expect(queue.sent.map(({ message }) => message.operationId)).toEqual([operationId(1)]);
  clock.advance(minutes(5));
  await deliver(queue.sent.map(({ message }) => message));
  expect(await outcomeOf(1)).toEqual({ kind: 'updated', index: 0, id: ada });
});
