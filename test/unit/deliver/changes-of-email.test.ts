import { beforeEach, describe, expect, test } from '@jest/globals';
import { createHubSpotCore, type HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { Delivery } from '../../../lib/deliver/deliver-messages.ts';
import { type ContactLedger, type LedgerName, nameOfId, nameOfKey } from '../../../lib/directory/contact-ledger.ts';
import type { HubSpotAnswer, HubSpotClient, HubSpotRequest } from '../../../lib/hubspot/hubspot-answer.ts';
import type { ContactId } from '../../../lib/operations/contact-write.ts';
import type { WriteMessage } from '../../../lib/operations/message.ts';
import { after as later, minutes, seconds } from '../../../lib/runtime/units.ts';
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
const GRACE = 'grace@example.com';
const LEASES_LAST = minutes(4);
const MAPPINGS_LAST = minutes(11);
const home = (email: string): LedgerName => nameOfKey('email', email);

let clock = createFakeClock(NOON);
let operations = createInMemoryOperationStore(clock);
let queue = createInMemoryWriteQueue();
let ledger = createInMemoryContactLedger();
let core: HubSpotCore;
beforeEach(() => {
  clock = createFakeClock(NOON);
  operations = createInMemoryOperationStore(clock);
  queue = createInMemoryWriteQueue();
  ledger = createInMemoryContactLedger();
  core = createHubSpotCore({
    now: () => clock.now(),
    random: () => 0.5,
    settings: {
      existingObjects: { companies: ['9001'] },
      mergeKeepsPrimaryId: true,
      mergedIdInBatchUpdate: 'omitted-but-applied',
    },
  });
});

const noAnswerIsLost = (_: HubSpotRequest): boolean => false;

/** Delivers in one invocation of 60 s; each call can be kept from being answered once it is carried out. */
async function deliver(
  message: WriteMessage | undefined,
  losesAnswer = noAnswerIsLost,
  change: Partial<Delivery> = {},
): Promise<void> {
  if (message === undefined) throw new Error('there is nothing to deliver');
  const portal = coreHubSpotClient(core);
  const hubspot: HubSpotClient = {
    call: async (request, timeout): Promise<HubSpotAnswer> => {
      const answer = await portal.call(request, timeout);
      return losesAnswer(request) ? { kind: 'unanswered', cause: 'ECONNRESET' } : answer;
    },
  };
  expect(await deliverStored([message], { operations, ledger, queue, hubspot, clock, ...change })).toEqual([]);
}

/** The `n`th write, addressed by e-mail or by record id. */
const aWrite =
  (verb: 'update' | 'upsert') =>
  (n: number, id: string, properties: Record<string, string>): WriteMessage =>
    aMessage(n, verb, [aContactWrite(n, { id, properties, ...(id.includes('@') && { idProperty: 'email' }) })]);
const updateOf = aWrite('update');
const upsertOf = aWrite('upsert');
const associateOf = (n: number, id: string): WriteMessage =>
  aMessage(n, 'associate', [aContactWrite(n, { id, properties: {}, link: { toType: 'companies', toId: '9001' } })]);

const outcomeOf = async (n: number) => (await operations.read(operationId(n)))?.outcomes[0];
const propertiesOf = (id: string) => core.contact(id)?.properties;
const isUpdate = ({ path }: HubSpotRequest): boolean => path.endsWith('/batch/update');
const lastSent = () => queue.sent.at(-1)?.message;

async function aContact(n: number, email: string, properties: Record<string, string> = { city: 'Rome' }) {
  await deliver(upsertOf(n, email, properties));
  const outcome = await outcomeOf(n);
  if (outcome?.kind !== 'created') throw new Error('nobody was made');
  return outcome.id;
}

/** A ledger that lets something happen before it is first asked for the lease of a name. */
const whenAskedFor = (name: LedgerName, happens: () => Promise<void>): ContactLedger => {
  let isOver = false;
  return {
    ...ledger,
    acquire: async (...asked) => {
      if (asked[0] === name && !isOver) {
        isOver = true;
        await happens();
      }
      return ledger.acquire(...asked);
    },
  };
};

describe('a change of e-mail', () => {
  test('that a newer one has overtaken leaves its contact where it is, whatever else it brings', async () => {
    const id = await aContact(1, ADA);
    await deliver(updateOf(5, ADA, { email: ADA }));
    await deliver(updateOf(3, ADA, { email: ALAN, phone: '3' }));
    expect(propertiesOf(id)).toMatchObject({ email: ADA, phone: '3' });
    expect(ledger.items.get(home(ADA))).toMatchObject({ id });
    expect(ledger.items.get(home(ALAN))?.id).toBeUndefined();
  });

  test('that is delivered, and whose outcome is not stored, is told with the id of its contact', async () => {
    const id = await aContact(1, ADA);
    const settle = async () => Promise.reject(new Error('the store is away'));
    await deliver(updateOf(2, ADA, { email: ALAN }), noAnswerIsLost, { operations: { ...operations, settle } });
    expect(await outcomeOf(2)).toBeUndefined();
    await deliver(lastSent());
    expect(await outcomeOf(2)).toEqual({ kind: 'updated', index: 0, id });
  });

  test('also where somebody else has the former e-mail by then', async () => {
    const id = await aContact(1, ADA);
    const settle: ContactLedger['settle'] = async (settlement) =>
      settlement.name === home(ADA) ? Promise.reject(new Error('the table is away')) : ledger.settle(settlement);
    await deliver(updateOf(2, ADA, { email: ALAN }), noAnswerIsLost, { ledger: { ...ledger, settle } });
    const renaming = lastSent();
    clock.advance(LEASES_LAST);
    const other = await aContact(3, ADA);
    await deliver(renaming);
    expect(await outcomeOf(2)).toEqual({ kind: 'updated', index: 0, id });
    expect(propertiesOf(other)).toMatchObject({ email: ADA });
  });

  test('that is repeated, since its answer was lost, undoes nothing that was written by the new e-mail since', async () => {
    const id = await aContact(1, ADA);
    await deliver(updateOf(3, ADA, { email: ALAN, phone: '3' }), isUpdate);
    const renaming = lastSent();
    clock.advance(LEASES_LAST);
    await deliver(updateOf(5, id, { phone: '5' }));
    await deliver(renaming);
    expect(await outcomeOf(3)).toMatchObject({ kind: 'updated', id });
    expect(propertiesOf(id)).toMatchObject({ email: ALAN, phone: '5' });
  });

  test('that is repeated, since its answer was lost, takes the id along, also where the new e-mail was written to since', async () => {
    const id = await aContact(1, ADA);
    await deliver(updateOf(2, id, { firstname: 'Ada' }));
    await deliver(updateOf(3, id, { email: ALAN, phone: '3' }), isUpdate);
    const renaming = lastSent();
    clock.advance(LEASES_LAST);
    await deliver(upsertOf(5, ALAN, { email: ALAN, city: 'Paris' }));
    await deliver(renaming);
    expect(await outcomeOf(3)).toMatchObject({ kind: 'updated', id });
    expect(ledger.items.get(nameOfId(id as ContactId))?.home).toBe(home(ALAN));
    expect(ledger.items.get(home(ADA))?.id).toBeUndefined();
  });

  test('of nobody, to an e-mail that leads to another home, is refused and does not go round', async () => {
    await ledger.point(home(ALAN), home(GRACE));
    await deliver(updateOf(2, ADA, { email: ALAN }));
    expect(await outcomeOf(2)).toMatchObject({ kind: 'rejected', httpStatus: 404 });
    expect(queue.sent).toEqual([]);
  });
});

describe('between the look at a name and its lease its contact is renamed', () => {
  const renaming = () => {
    clock.advance(seconds(1));
    return deliver(updateOf(2, ADA, { email: ALAN }));
  };

  test('an update by the former e-mail finds nobody', async () => {
    const id = await aContact(1, ADA);
    await deliver(updateOf(3, ADA, { phone: '3' }), noAnswerIsLost, { ledger: whenAskedFor(home(ADA), renaming) });
    expect(await outcomeOf(3)).toMatchObject({ kind: 'rejected', httpStatus: 404 });
    expect(propertiesOf(id)).not.toHaveProperty('phone');
  });

  test.each([
    ['an update', (id: string) => updateOf(4, id, { phone: '4' }), 'phone'],
    ['an association', (id: string) => associateOf(4, id), '+companies:9001'],
  ])('%s by its id takes its place under the new e-mail', async (_, messageTo, name) => {
    const id = await aContact(1, ADA);
    await deliver(updateOf(3, id, { firstname: 'Ada' }));
    await deliver(messageTo(id), noAnswerIsLost, { ledger: whenAskedFor(home(ADA), renaming) });
    expect((await outcomeOf(4))?.kind).toMatch(/updated|associated/);
    const namesIn = (email: string) => [...(ledger.items.get(home(email))?.fence.keys() ?? [])];
    expect(namesIn(ALAN)).toContainEqual(expect.stringContaining(name));
    expect(namesIn(ADA)).not.toContainEqual(expect.stringContaining(name));
  });
});

test('a create that made its contact, which was renamed since, is told as created, and does not go round', async () => {
  const create = aMessage(3, 'create', [aContactWrite(3, { properties: { email: ADA, phone: '3' } })]);
  const isCreate = ({ path }: HubSpotRequest): boolean => path.endsWith('/batch/create');
  await deliver(create, isCreate);
  const inDoubt = lastSent();
  const id = core.contacts(1)[0]?.id;
  await ledger.acquire(home(ADA), 'invocation', clock.now(), later(clock.now(), LEASES_LAST));
  clock.advance(LEASES_LAST);
  await ledger.acquire(home(ADA), 'finder', clock.now(), later(clock.now(), LEASES_LAST));
  await ledger.settle({
    name: home(ADA),
    owner: 'finder',
    id: null,
    confirmedAt: clock.now(),
    fence: new Map(),
    creation: { by: `${operationId(3)}#0`, id: id as ContactId },
  });
  await deliver(inDoubt);
  expect(await outcomeOf(3)).toMatchObject({ kind: 'created', id });
});

test.each([
  ['before the lease of a consumer that died had ended', -1, { kind: 'updated' }],
  ['later, so that it cannot have been sent', 1, { kind: 'rejected', httpStatus: 404 }],
])('an update by an e-mail that nobody has any more was accepted %s', async (_, sign, outcome) => {
  const id = await aContact(1, ADA);
  const end = later(clock.now(), minutes(3));
  await ledger.acquire(home(ADA), 'who died', clock.now(), end);
  byHand(core, 'PATCH', `/${id}`, { email: ALAN });
  clock.advance(MAPPINGS_LAST);
  const acceptedAt = later(end, seconds(sign * 10));
  await deliver({ ...updateOf(2, ADA, { phone: '2' }), acceptedAt });
  expect(await outcomeOf(2)).toMatchObject(outcome);
});

describe('once two contacts are merged', () => {
  /** Merges Alan into Ada, who keeps her values. */
  const merge = (ada: string, alan: string) =>
    core.asPerson({
      method: 'POST',
      path: '/crm/v3/objects/contacts/merge',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ primaryObjectId: ada, objectIdToMerge: alan }),
    });

  test('an id that is led home anew keeps in mind that writes by it may have gone astray', async () => {
    const ada = await aContact(1, ADA, { company: '1' });
    const alan = await aContact(2, ALAN);
    await deliver(updateOf(4, alan, { firstname: 'Alan' }));
    expect(ledger.items.get(nameOfId(alan as ContactId))?.home).toBe(home(ALAN));
    expect(merge(ada, alan).status).toBe(200);
    await deliver(updateOf(5, ADA, { company: '5' }));
    await deliver(updateOf(3, alan, { company: '3' }), isUpdate);
    const astray = lastSent();
    expect(propertiesOf(ada)).toMatchObject({ company: '3' });
    clock.advance(LEASES_LAST);
    await deliver(upsertOf(7, ALAN, { city: 'Rome' }));
    await deliver(updateOf(8, alan, { lastname: 'Turing' }));
    await deliver(astray);
    expect(await outcomeOf(3)).toMatchObject({ kind: 'superseded' });
    expect(propertiesOf(ada)).toMatchObject({ company: '5' });
  });
});
