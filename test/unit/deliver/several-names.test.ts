import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Change } from '../../../infra/local/hubspot/core/contact-store.ts';
import { createHubSpotCore, type HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { Settings } from '../../../infra/local/hubspot/core/settings.ts';
import { nameOfId, nameOfKey, orderKey } from '../../../lib/directory/contact-ledger.ts';
import { secondOf } from '../../../lib/directory/join-homes.ts';
import type { HubSpotAnswer, HubSpotClient, HubSpotRequest } from '../../../lib/hubspot/hubspot-answer.ts';
import type { ContactId } from '../../../lib/operations/contact-write.ts';
import type { WriteMessage } from '../../../lib/operations/message.ts';
import { after as later, minutes } from '../../../lib/runtime/units.ts';
import { aContactWrite, aMessage, NOON, operationId, sequence } from '../../support/a-contact-write.ts';
import { coreHubSpotClient } from '../../support/core-hubspot-client.ts';
import { deliverStored } from '../../support/deliver-stored.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createInMemoryContactLedger } from '../../support/in-memory-contact-ledger.ts';
import { createInMemoryOperationStore } from '../../support/in-memory-operation-store.ts';
import { createInMemoryWriteQueue } from '../../support/in-memory-write-queue.ts';

const PRIMARY = 'ada@example.com';
const SECONDARY = 'ada@work.example.com';
const SECOND = 'alan@work.example.com';
const [ADA, ALAN] = ['501', '502'];

let clock = createFakeClock(NOON);
let operations = createInMemoryOperationStore(clock);
let queue = createInMemoryWriteQueue();
let ledger = createInMemoryContactLedger();
let calls: { readonly job: string; readonly ids: readonly string[] }[] = [];
beforeEach(() => {
  clock = createFakeClock(NOON);
  operations = createInMemoryOperationStore(clock);
  queue = createInMemoryWriteQueue();
  ledger = createInMemoryContactLedger();
  calls = [];
});

const aContact = (id: string, values: Readonly<Record<string, string>>): Change => ({
  kind: 'contact-created',
  id,
  at: NOON - 60_000,
  values,
  associations: [],
});
const twoNamed = aContact(ADA, { email: PRIMARY, hs_additional_emails: SECONDARY, city: 'Paris' });
const aPortal = (restored: readonly Change[] = [twoNamed], settings: Partial<Settings> = {}): HubSpotCore =>
  createHubSpotCore({ now: () => clock.now(), random: () => 0.5, settings, restored });

const upsertOf = (n: number, email: string, properties: Record<string, string>): WriteMessage =>
  aMessage(n, 'upsert', [aContactWrite(n, { id: email, idProperty: 'email', properties })]);
const updateOf = (n: number, id: string, properties: Record<string, string>, idProperty?: string): WriteMessage =>
  aMessage(n, 'update', [aContactWrite(n, { id, properties, ...(idProperty !== undefined && { idProperty }) })]);

const archiveOf = (n: number, id: string, idProperty?: string): WriteMessage =>
  aMessage(n, 'archive', [aContactWrite(n, { id, properties: {}, ...(idProperty !== undefined && { idProperty }) })]);
const createOf = (n: number, properties: Record<string, string>): WriteMessage =>
  aMessage(n, 'create', [aContactWrite(n, { properties })]);

/** Delivers in one invocation of 60 s; each call can be kept from being answered once it is carried out. */
async function deliver(
  core: HubSpotCore,
  messages: readonly WriteMessage[],
  losesAnswer: (request: HubSpotRequest) => boolean = () => false,
  answersInstead: (request: HubSpotRequest) => HubSpotAnswer | undefined = () => undefined,
): Promise<void> {
  const portal = coreHubSpotClient(core);
  const hubspot: HubSpotClient = {
    call: async (request, timeout) => {
      const { inputs = [] } = (request.body ?? {}) as { inputs?: readonly { readonly id: string }[] };
      calls.push({ job: request.path.split('?')[0]?.split('/').at(-1) ?? '', ids: inputs.map(({ id }) => id) });
      const answer = answersInstead(request) ?? (await portal.call(request, timeout));
      return losesAnswer(request) ? { kind: 'unanswered', cause: 'ECONNRESET' } : answer;
    },
  };
  const failed = await deliverStored(messages, { operations, ledger, queue, hubspot, clock });
  expect(failed).toEqual([]);
}

/** Delivers what was put off, as often as that takes. */
async function deliverRest(core: HubSpotCore): Promise<void> {
  let delivered = 0;
  for (let round = 0; round < 5; round += 1) {
    const rest = queue.sent.slice(delivered).map(({ message }) => message);
    if (rest.length === 0) return;
    delivered += rest.length;
    clock.advance(minutes(16));
    await deliver(core, rest);
  }
  expect(queue.sent.slice(delivered)).toEqual([]);
}

const outcomeOf = async (n: number) => (await operations.read(operationId(n)))?.outcomes[0];
const propertiesOf = (core: HubSpotCore, id: string) => core.contact(core.resolveId(id))?.properties;
const homeOf = (email: string) => ledger.items.get(nameOfKey('email', email))?.home;
/** Where an e-mail leads in the end, by way of others too. */
const lastHomeOf = (email: string) => {
  let name = nameOfKey('email', email);
  for (let next = ledger.items.get(name)?.home; next !== undefined; next = ledger.items.get(name)?.home) name = next;
  return name;
};
const merge = (core: HubSpotCore, into: string, other: string) =>
  core.asPerson({
    method: 'POST',
    path: '/crm/v3/objects/contacts/merge',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ primaryObjectId: into, objectIdToMerge: other }),
  });

describe('a secondary e-mail', () => {
  test('is learned from the answer to the first write by it, which goes again under the lease of the primary one', async () => {
    const core = aPortal();
    await deliver(core, [upsertOf(1, SECONDARY, { city: 'Rome' })]);
    expect(homeOf(SECONDARY)).toBe(nameOfKey('email', PRIMARY));
    expect(calls.map(({ job }) => job)).toEqual(['upsert', 'upsert']);
    expect(await outcomeOf(1)).toEqual({ kind: 'updated', index: 0, id: ADA });
    expect(ledger.items.get(nameOfKey('email', PRIMARY))?.fence.has('city')).toBe(true);
  });

  test('is learned from the reading that an update by it begins with, and the update is made once', async () => {
    const core = aPortal();
    await deliver(core, [updateOf(1, SECONDARY, { city: 'Rome' }, 'email')]);
    expect(homeOf(SECONDARY)).toBe(nameOfKey('email', PRIMARY));
    expect(calls.map(({ job }) => job)).toEqual(['read', 'update']);
  });

  test('costs no further call once it is known, and never stands in a call with the primary one', async () => {
    const core = aPortal();
    await deliver(core, [upsertOf(1, SECONDARY, { city: 'Rome' })]);
    calls = [];
    await deliver(core, [upsertOf(2, PRIMARY, { city: 'Oslo' }), upsertOf(3, SECONDARY, { city: 'Bern' })]);
    expect(calls.map(({ ids }) => ids)).toEqual([[PRIMARY], [SECONDARY]]);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Bern' });
    expect(core.statistics().violations).toEqual({});
  });

  test('orders writes by it with those by the primary one', async () => {
    const core = aPortal();
    await deliver(core, [upsertOf(1, SECONDARY, { phone: '1' })]);
    await deliver(core, [upsertOf(3, PRIMARY, { city: 'Oslo' })]);
    await deliver(core, [upsertOf(2, SECONDARY, { city: 'Rome' })]);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Oslo' });
    expect(await outcomeOf(2)).toMatchObject({ kind: 'superseded' });
  });

  test('that nobody knew: what an older write by it took from a newer one is given back', async () => {
    const core = aPortal();
    await deliver(core, [upsertOf(2, PRIMARY, { city: 'Oslo', phone: '1' })]);
    await deliver(core, [upsertOf(1, SECONDARY, { city: 'Rome', company: 'Example' })]);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Oslo', phone: '1', company: 'Example' });
    expect(await outcomeOf(1)).toMatchObject({ kind: 'updated' });
  });

  test('that nobody knew: a lifecycle stage is given back too, a step backward as it is', async () => {
    const core = aPortal();
    await deliver(core, [upsertOf(2, PRIMARY, { lifecyclestage: 'lead' })]);
    await deliver(core, [upsertOf(1, SECONDARY, { lifecyclestage: 'customer' })]);
    expect(propertiesOf(core, ADA)).toMatchObject({ lifecyclestage: 'lead' });
  });

  test('that nobody knew: a value that both writes gave stays', async () => {
    const core = aPortal();
    await deliver(core, [upsertOf(2, PRIMARY, { city: 'Rome' })]);
    await deliver(core, [upsertOf(1, SECONDARY, { city: 'Rome' })]);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Rome' });
    expect(calls.filter(({ job }) => job === 'update')).toEqual([]);
  });

  test('that nobody knew: an older write by it whose answer was lost is set right when it comes again', async () => {
    const core = aPortal();
    await deliver(core, [upsertOf(2, PRIMARY, { city: 'Oslo' })]);
    await deliver(core, [upsertOf(1, SECONDARY, { city: 'Rome' })], () => true);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Rome' });
    await deliverRest(core);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Oslo' });
  });

  test('that nobody knew: an older write by it is set right also when another write taught the name since', async () => {
    const core = aPortal();
    await deliver(core, [upsertOf(2, PRIMARY, { city: 'Oslo' })]);
    await deliver(core, [upsertOf(1, SECONDARY, { city: 'Rome' })], () => true);
    clock.advance(minutes(5));
    await deliver(core, [upsertOf(3, SECONDARY, { phone: '1' })]);
    await deliverRest(core);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Oslo', phone: '1' });
    expect(await outcomeOf(1)).toMatchObject({ kind: 'superseded' });
  });

  test('that nobody knew: what an older write by it took is given back also when a merge has dropped what was newer still', async () => {
    const core = aPortal();
    await deliver(core, [upsertOf(3, 'alan@example.com', { city: 'Bern' })]);
    await deliver(core, [upsertOf(2, PRIMARY, { city: 'Oslo' })]);
    const alan = await outcomeOf(3);
    if (alan?.kind !== 'created') throw new Error('alan is not there');
    merge(core, ADA, alan.id);
    await deliver(core, [upsertOf(1, SECONDARY, { city: 'Rome' })], () => true);
    clock.advance(minutes(5));
    for (const n of [4, 5]) await deliver(core, [upsertOf(n, 'alan@example.com', { phone: String(n) })]);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Rome', phone: '5' });
    await deliverRest(core);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Oslo' });
    expect(await outcomeOf(1)).toMatchObject({ kind: 'superseded' });
  });

  describe.each(['two-results', 'one-result', 'drops-second', 'refuse'] as const)(
    'and the primary one, unknown, in one upsert (%s)',
    (aliasesInOneUpsert) => {
      test.each([
        [PRIMARY, SECONDARY, true],
        [PRIMARY, SECONDARY, false],
        [SECONDARY, PRIMARY, true],
        [SECONDARY, PRIMARY, false],
      ])('lose nothing: %s first, then %s, trace ids echoed: %s', async (first, second, echoTraceIdOnUpsert) => {
        const core = aPortal([twoNamed], { aliasesInOneUpsert, echoTraceIdOnUpsert });
        await deliver(core, [
          upsertOf(1, first, { city: 'Rome', phone: '1' }),
          upsertOf(2, second, { city: 'Oslo', company: 'Example' }),
          upsertOf(3, 'alan@example.com', { city: 'Bern' }),
        ]);
        await deliverRest(core);
        expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Oslo', phone: '1', company: 'Example' });
        for (const n of [1, 2]) expect(await outcomeOf(n)).toMatchObject({ kind: 'updated', id: ADA });
      });
    },
  );

  test('that HubSpot took away from the contact leads to a contact of its own', async () => {
    const core = aPortal();
    await deliver(core, [upsertOf(1, SECONDARY, { city: 'Rome' })]);
    core.asPerson({
      method: 'PATCH',
      path: `/crm/v3/objects/contacts/${ADA}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ properties: { hs_additional_emails: '' } }),
    });
    await deliver(core, [upsertOf(2, SECONDARY, { city: 'Oslo' })]);
    await deliver(core, [updateOf(3, PRIMARY, { phone: '1' }, 'email')]);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Rome', phone: '1' });
    expect(ledger.items.get(nameOfKey('email', PRIMARY))?.id).toBe(ADA);
    expect(await outcomeOf(2)).not.toMatchObject({ id: ADA });
  });

  test('and the primary one, pointing to each other, get a home again', async () => {
    const core = aPortal();
    const [a, b] = [nameOfKey('email', PRIMARY), nameOfKey('email', SECONDARY)];
    await ledger.point(a, b);
    await ledger.point(b, a);
    await deliver(core, [upsertOf(1, SECONDARY, { city: 'Rome' })]);
    expect(await outcomeOf(1)).toMatchObject({ kind: 'updated' });
    expect(ledger.items.get(a)?.home).toBe(a);
  });
});

describe('a contact that was merged away', () => {
  const both = [
    aContact(ADA, { email: PRIMARY, city: 'Paris' }),
    aContact(ALAN, { email: 'alan@example.com', city: 'Rome' }),
  ];
  const known = async (core: HubSpotCore) => {
    await deliver(core, [updateOf(1, ADA, { phone: '1' }), updateOf(2, ALAN, { phone: '2' })]);
    calls = [];
  };

  test.each([
    ['omitted', false],
    ['omitted', true],
    ['omitted-but-applied', false],
    ['survivor', false],
    ['not-found', true],
  ] as const)('an update by its id reaches the survivor (%s, id of the primary kept: %s)', async (how, keeps) => {
    const core = aPortal(both, { mergedIdInBatchUpdate: how, mergeKeepsPrimaryId: keeps });
    await known(core);
    merge(core, ADA, ALAN);
    await deliver(core, [updateOf(3, ALAN, { city: 'Oslo' })]);
    const survivor = core.resolveId(ALAN);
    expect(await outcomeOf(3)).toEqual({ kind: 'updated', index: 0, id: survivor });
    expect(propertiesOf(core, survivor)).toMatchObject({ city: 'Oslo' });
    expect(homeOf('alan@example.com')).toBe(nameOfKey('email', PRIMARY));
    expect(ledger.items.get(nameOfId(ALAN as ContactId))?.id).toBe(survivor);

    calls = [];
    await deliver(core, [updateOf(4, ALAN, { city: 'Bern' })]);
    expect(calls).toEqual([{ job: 'update', ids: [survivor] }]);
  });

  test('is written once by a write whose update HubSpot left out', async () => {
    const core = aPortal(both, { mergedIdInBatchUpdate: 'omitted' });
    await known(core);
    merge(core, ADA, ALAN);
    await deliver(core, [updateOf(3, ALAN, { city: 'Oslo' })]);
    const versions = core.contact(core.resolveId(ALAN))?.versions.filter(({ values }) => values['city'] === 'Oslo');
    expect(versions).toHaveLength(1);
  });

  test('brings its fence to the survivor: a write older than what it was given is superseded', async () => {
    const core = aPortal(both);
    await known(core);
    await deliver(core, [upsertOf(9, 'alan@example.com', { company: 'Example' })]);
    merge(core, ADA, ALAN);
    await deliver(core, [upsertOf(10, 'alan@example.com', { city: 'Oslo' })]);
    for (const [n, email] of [
      [7, 'alan@example.com'],
      [8, PRIMARY],
    ] as const) {
      await deliver(core, [upsertOf(n, email, { company: 'Older' })]);
      expect(await outcomeOf(n)).toMatchObject({ kind: 'superseded' });
    }
    expect(propertiesOf(core, core.resolveId(ALAN))).toMatchObject({ company: 'Example', city: 'Oslo' });
  });

  test('brings its fence to the survivor also by its id', async () => {
    const core = aPortal(both);
    await known(core);
    await deliver(core, [updateOf(9, ALAN, { company: 'Example' })]);
    merge(core, ADA, ALAN);
    await deliver(core, [updateOf(10, ALAN, { city: 'Oslo' }), updateOf(11, ADA, { phone: '3' })]);
    await deliver(core, [updateOf(7, ALAN, { company: 'Older' })]);
    expect(await outcomeOf(7)).toMatchObject({ kind: 'superseded' });
  });

  test('meets the survivor in one call no more once its id has led there', async () => {
    const core = aPortal(both);
    await known(core);
    merge(core, ADA, ALAN);
    await deliver(core, [updateOf(3, ALAN, { city: 'Oslo' })]);
    calls = [];
    await deliver(core, [updateOf(4, ALAN, { city: 'Bern' }), updateOf(5, ADA, { city: 'Lima' })]);
    expect(calls.filter(({ ids }) => ids.length > 1)).toEqual([]);
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Lima' });
  });

  test('has its newer value left alone by a home that no longer knows the newest', async () => {
    const core = aPortal([...both, aContact('503', { email: 'grace@example.com' })], { mergeKeepsPrimaryId: true });
    await known(core);
    merge(core, ALAN, '503');
    await deliver(core, [upsertOf(4, 'alan@example.com', { company: 'Old' })]);
    await deliver(core, [upsertOf(3, 'grace@example.com', { company: 'Older' })], () => true);
    merge(core, ADA, ALAN);
    await deliver(core, [upsertOf(9, PRIMARY, { company: 'Newest' })]);
    await ledger.point(nameOfKey('email', 'grace@example.com'), nameOfKey('email', 'alan@example.com'), {
      astrayUntil: later(clock.now(), minutes(60)),
    });
    await deliverRest(core);
    expect(propertiesOf(core, ADA)).toMatchObject({ company: 'Newest' });
    expect(lastHomeOf('grace@example.com')).toBe(nameOfKey('email', PRIMARY));
  });

  test.each([
    ['answers to a write by it', (core: HubSpotCore) => deliver(core, [upsertOf(6, SECOND, { phone: '1' })])],
    ['a reading of it', (core: HubSpotCore) => deliver(core, [updateOf(6, SECOND, { phone: '1' }, 'email')])],
  ])('keeps the order of what came by its secondary e-mail, whether %s tell of the merge', async (_name, learn) => {
    const alan = aContact(ALAN, { email: 'alan@example.com', hs_additional_emails: SECOND });
    const core = aPortal([aContact(ADA, { email: PRIMARY }), alan]);
    await deliver(core, [upsertOf(5, SECOND, { city: 'Newer' })]);
    merge(core, ADA, ALAN);
    clock.advance(minutes(16));
    await learn(core);
    await deliver(core, [upsertOf(3, SECOND, { city: 'Older' })]);
    await deliverRest(core);
    expect(await outcomeOf(3)).toMatchObject({ kind: 'superseded' });
    expect(propertiesOf(core, ADA)).toMatchObject({ city: 'Newer', phone: '1' });
    expect(lastHomeOf(SECOND)).toBe(nameOfKey('email', PRIMARY));
  });

  test.each([
    ['6, then 4', [6, 4]],
    ['4, then 6', [4, 6]],
  ])(
    'takes what overtook a write along: one that was carried out unheard counts (%s come again)',
    async (_name, again) => {
      const core = aPortal(both, { mergeKeepsPrimaryId: true });
      await known(core);
      await deliver(core, [upsertOf(9, 'alan@example.com', { phone: '9' })]);
      merge(core, ADA, ALAN);
      for (const n of [6, 4]) {
        await deliver(core, [upsertOf(n, PRIMARY, { phone: String(n) })], () => true);
        clock.advance(minutes(5));
      }
      await deliver(core, [upsertOf(3, PRIMARY, { phone: '3' })]);
      await deliver(core, [upsertOf(10, 'alan@example.com', { city: 'Oslo' })]);
      expect(propertiesOf(core, ADA)).toMatchObject({ phone: '3', city: 'Oslo' });
      for (const n of again) {
        await deliver(core, [upsertOf(n, PRIMARY, { phone: String(n) })]);
        expect(propertiesOf(core, ADA)).toMatchObject({ phone: n === 4 && again[0] === 4 ? '4' : '6' });
        expect(await outcomeOf(n)).toMatchObject({ kind: 'superseded' });
      }
    },
  );

  /** The 6th write was carried out unheard, the 3rd after it; the 9th had overtaken both, and the merge has dropped it. */
  const sixthUnheard = async (): Promise<HubSpotCore> => {
    const core = aPortal(both, { mergeKeepsPrimaryId: true });
    await known(core);
    await deliver(core, [upsertOf(9, 'alan@example.com', { phone: '9' })]);
    merge(core, ADA, ALAN);
    await deliver(core, [upsertOf(6, PRIMARY, { phone: '6' })], () => true);
    clock.advance(minutes(5));
    await deliver(core, [upsertOf(3, PRIMARY, { phone: '3' })]);
    await deliver(core, [upsertOf(10, 'alan@example.com', { city: 'Oslo' })]);
    return core;
  };

  test.each([
    ['is not answered', { kind: 'unanswered', cause: 'ECONNRESET' }],
    ['is refused for now', { kind: 'answered', status: 503, headers: {}, body: {} }],
    ['is refused for the limit', { kind: 'answered', status: 429, headers: {}, body: {} }],
  ] as const)('is given such a value also where the request %s at first', async (_name, answer) => {
    const core = await sixthUnheard();
    const lost = queue.sent.map(({ message }) => message);
    await deliver(
      core,
      lost,
      () => false,
      (request) => (request.path.endsWith('/batch/update') ? answer : undefined),
    );
    expect(propertiesOf(core, ADA)).toMatchObject({ phone: '3' });
    await deliverRest(core);
    expect(propertiesOf(core, ADA)).toMatchObject({ phone: '6', city: 'Oslo' });
    expect(await outcomeOf(6)).toMatchObject({ kind: 'superseded' });
  });

  test.each([
    ['is stored and not answered', true],
    ['is not stored', false],
  ])('is given such a value also where the note of it %s at first', async (_name, isStored) => {
    const core = await sixthUnheard();
    const { raise } = ledger;
    let failed = 0;
    ledger.raise = async (...raising) => {
      failed += 1;
      if (failed > 1) return raise(...raising);
      if (isStored) await raise(...raising);
      throw new Error('DynamoDB is away');
    };
    await deliver(core, [upsertOf(6, PRIMARY, { phone: '6' })]);
    expect(failed).toBe(1);
    expect(propertiesOf(core, ADA)).toMatchObject({ phone: '3' });
    await deliverRest(core);
    expect(propertiesOf(core, ADA)).toMatchObject({ phone: '6', city: 'Oslo' });
    expect(await outcomeOf(6)).toMatchObject({ kind: 'superseded' });
  });

  test('keeps its newest value against a write that was carried out unheard and that it overtook', async () => {
    const core = aPortal(both, { mergeKeepsPrimaryId: true });
    await known(core);
    await deliver(core, [upsertOf(6, PRIMARY, { phone: '6' })], () => true);
    await deliver(core, [upsertOf(9, 'alan@example.com', { phone: '9' })]);
    merge(core, ALAN, ADA);
    await deliver(core, [upsertOf(10, PRIMARY, { city: 'Oslo' })]);
    await deliverRest(core);
    expect(propertiesOf(core, ALAN)).toMatchObject({ phone: '9', city: 'Oslo' });
    expect(ledger.items.get(lastHomeOf(PRIMARY))?.fence.get(secondOf('phone'))).toMatch(/#0*1$/);
    expect(await outcomeOf(6)).toMatchObject({ kind: 'superseded' });
  });

  test('is told of by its id, though its new home knows none, when a write comes again that it got before', async () => {
    const core = aPortal([aContact(ADA, { email: PRIMARY }), aContact(ALAN, { email: 'alan@example.com' })]);
    const { settle } = operations;
    operations = { ...operations, settle: () => Promise.reject(new Error('DynamoDB is away')) };
    await deliver(core, [upsertOf(1, 'alan@example.com', { city: 'Rome' })]);
    operations = { ...operations, settle };
    merge(core, ADA, ALAN);
    await deliver(core, [updateOf(2, 'alan@example.com', { no_such_property: 'x' }, 'email')]);
    expect(await outcomeOf(2)).toMatchObject({ kind: 'rejected' });
    await deliverRest(core);
    expect(await outcomeOf(1)).toMatchObject({ kind: 'updated', index: 0 });
    const outcome = await outcomeOf(1);
    expect(core.resolveId(outcome !== undefined && 'id' in outcome ? String(outcome.id) : '')).toBe(
      core.resolveId(ADA),
    );
  });

  test('that was merged twice is followed to where it is now', async () => {
    const core = aPortal([...both, aContact('503', { email: 'grace@example.com' })]);
    await known(core);
    merge(core, ADA, ALAN);
    await deliver(core, [updateOf(3, ALAN, { city: 'Oslo' })]);
    merge(core, '503', core.resolveId(ALAN));
    await deliver(core, [updateOf(4, ALAN, { city: 'Bern' })]);
    expect(await outcomeOf(4)).toMatchObject({ kind: 'updated', id: core.resolveId(ALAN) });
    expect(propertiesOf(core, '503')).toMatchObject({ city: 'Bern' });
  });
});

describe('archives of contacts with several names', () => {
  const isArchived = (core: HubSpotCore, id: string) => core.contact(core.resolveId(id))?.archivedAt !== undefined;

  test('leave a contact whose secondary e-mail a newer create was refused for', async () => {
    const core = aPortal();
    await deliver(core, [createOf(5, { email: SECONDARY, city: 'Rome' })]);
    await deliver(core, [archiveOf(4, PRIMARY, 'email')]);
    expect(await outcomeOf(5)).toMatchObject({ kind: 'rejected' });
    expect(await outcomeOf(4)).toMatchObject({ kind: 'superseded' });
    expect(isArchived(core, ADA)).toBe(false);
  });

  test.each([
    ['its id', ALAN, undefined],
    ['its e-mail', 'alan@example.com', 'email'],
  ] as const)(
    'by %s leave the survivor of a merge nobody knew of, which was written to since',
    async (_, id, idProperty) => {
      const core = aPortal([aContact(ADA, { email: PRIMARY }), aContact(ALAN, { email: 'alan@example.com' })]);
      await deliver(core, [updateOf(1, ALAN, { phone: '2' }), upsertOf(2, 'alan@example.com', { city: 'Rome' })]);
      merge(core, ADA, ALAN);
      await deliver(core, [upsertOf(5, PRIMARY, { city: 'Oslo' })]);
      await deliver(core, [archiveOf(4, id, idProperty)]);
      await deliverRest(core);
      expect(await outcomeOf(4)).toMatchObject({ kind: 'superseded' });
      expect(isArchived(core, ADA)).toBe(false);
    },
  );

  test.each([
    ['its id', ADA, undefined],
    ['its e-mail', PRIMARY, 'email'],
  ] as const)(
    'by %s leave a survivor that was written to by the e-mail of the other, before the merge nobody knew of',
    async (_, id, idProperty) => {
      const core = aPortal([aContact(ADA, { email: PRIMARY }), aContact(ALAN, { email: 'alan@example.com' })]);
      await deliver(core, [upsertOf(2, PRIMARY, { phone: '2' }), upsertOf(5, 'alan@example.com', { city: 'Oslo' })]);
      merge(core, ADA, ALAN);
      await deliver(core, [archiveOf(4, id, idProperty)]);
      await deliverRest(core);
      expect(await outcomeOf(4)).toMatchObject({ kind: 'superseded' });
      expect(isArchived(core, ADA)).toBe(false);
      expect(homeOf('alan@example.com')).toBe(nameOfKey('email', PRIMARY));
    },
  );

  test('wait for whoever writes by another e-mail of their contact', async () => {
    const core = aPortal();
    const secondary = nameOfKey('email', SECONDARY);
    await ledger.acquire(secondary, 'another', clock.now(), later(clock.now(), minutes(1)));
    await deliver(core, [archiveOf(4, PRIMARY, 'email')]);
    expect(await outcomeOf(4)).toBeUndefined();
    expect(isArchived(core, ADA)).toBe(false);
    await ledger.settle({
      name: secondary,
      owner: 'another',
      fence: new Map([['city', orderKey(clock.now(), sequence(5))]]),
    });
    await deliverRest(core);
    expect(await outcomeOf(4)).toMatchObject({ kind: 'superseded' });
    expect(isArchived(core, ADA)).toBe(false);
  });

  test('are noted for all its e-mails also where an earlier write of the batch had the contact read', async () => {
    const core = aPortal();
    await deliver(core, [updateOf(3, ADA, { phone: '3' }), archiveOf(4, ADA)]);
    expect(await outcomeOf(4)).toMatchObject({ kind: 'archived' });
    await deliver(core, [upsertOf(1, SECONDARY, { city: 'Rome' })]);
    expect(await outcomeOf(1)).toMatchObject({ kind: 'superseded' });
  });

  test('take the survivor where nothing newer was written to it', async () => {
    const core = aPortal([aContact(ADA, { email: PRIMARY }), aContact(ALAN, { email: 'alan@example.com' })]);
    await deliver(core, [updateOf(1, ALAN, { phone: '2' }), upsertOf(2, PRIMARY, { city: 'Oslo' })]);
    merge(core, ADA, ALAN);
    await deliver(core, [archiveOf(4, ALAN)]);
    await deliverRest(core);
    expect(await outcomeOf(4)).toMatchObject({ kind: 'archived' });
    expect(isArchived(core, ADA)).toBe(true);
  });

  describe('once the contact is gone', () => {
    const archived = async () => {
      const core = aPortal();
      await deliver(core, [upsertOf(1, SECONDARY, { phone: '1' })]);
      await deliver(core, [archiveOf(5, PRIMARY, 'email')]);
      return core;
    };

    test('are inherited by the next contact of its secondary e-mail', async () => {
      const core = await archived();
      await deliver(core, [upsertOf(6, SECONDARY, { phone: '6' })]);
      await deliver(core, [upsertOf(4, SECONDARY, { city: 'Rome' })]);
      expect(await outcomeOf(4)).toMatchObject({ kind: 'superseded' });
      expect(homeOf(SECONDARY)).toBe(nameOfKey('email', SECONDARY));
    });

    test('are inherited also while nobody knows what came of them', async () => {
      const core = aPortal();
      await deliver(core, [upsertOf(1, SECONDARY, { phone: '1' })]);
      await deliver(core, [archiveOf(5, PRIMARY, 'email')], ({ path }) => path.endsWith('/archive'));
      clock.advance(minutes(16));
      await deliver(core, [upsertOf(6, SECONDARY, { phone: '6' })]);
      await deliver(core, [upsertOf(4, SECONDARY, { city: 'Rome' })]);
      expect(homeOf(SECONDARY)).toBe(nameOfKey('email', SECONDARY));
      expect(await outcomeOf(4)).toMatchObject({ kind: 'superseded' });
      await deliverRest(core);
      expect(await outcomeOf(5)).toMatchObject({ kind: 'archived' });
    });

    test('are inherited from its own contact, not from whoever had the primary e-mail later', async () => {
      const core = await archived();
      await deliver(core, [upsertOf(6, PRIMARY, { city: 'Oslo' })]);
      await deliver(core, [archiveOf(9, PRIMARY, 'email')]);
      await deliver(core, [upsertOf(7, SECONDARY, { city: 'Rome' })]);
      await deliver(core, [upsertOf(4, SECONDARY, { phone: '4' })]);
      const outcome = await outcomeOf(7);
      expect(outcome).toMatchObject({ kind: 'created' });
      expect(propertiesOf(core, outcome !== undefined && 'id' in outcome ? String(outcome.id) : '')).toMatchObject({
        email: SECONDARY,
        city: 'Rome',
      });
      expect(await outcomeOf(4)).toMatchObject({ kind: 'superseded' });
    });

    test('are not sent before it is noted that they are', async () => {
      const core = aPortal();
      const raise = ledger.raise;
      ledger = { ...ledger, raise: () => Promise.reject(new Error('DynamoDB is away')) };
      await deliver(core, [archiveOf(5, PRIMARY, 'email')]);
      expect(isArchived(core, ADA)).toBe(false);
      ledger = { ...ledger, raise };
      await deliverRest(core);
      expect(isArchived(core, ADA)).toBe(true);
      expect(await outcomeOf(5)).toMatchObject({ kind: 'archived' });
    });

    test('let an update by its id be refused, not superseded by what another contact got', async () => {
      const core = aPortal();
      await deliver(core, [updateOf(1, ADA, { phone: '1' })]);
      await deliver(core, [archiveOf(5, PRIMARY, 'email')]);
      await deliver(core, [upsertOf(9, PRIMARY, { city: 'Oslo' })]);
      await deliver(core, [updateOf(7, ADA, { city: 'Rome' })]);
      expect(await outcomeOf(7)).toMatchObject({ kind: 'rejected', error: { category: 'OBJECT_NOT_FOUND' } });
    });

    test.each(['upsert', 'create'] as const)(
      'let an %s by its secondary e-mail make a contact of its own',
      async (verb) => {
        const core = await archived();
        await deliver(core, [upsertOf(9, PRIMARY, { city: 'Oslo' })]);
        await deliver(core, [
          verb === 'upsert'
            ? upsertOf(7, SECONDARY, { city: 'Rome' })
            : createOf(7, { email: SECONDARY, city: 'Rome' }),
        ]);
        await deliver(core, [upsertOf(8, PRIMARY, { city: 'Older' }), upsertOf(6, SECONDARY, { city: 'Older' })]);
        const outcome = await outcomeOf(7);
        expect(outcome).toMatchObject({ kind: 'created' });
        expect(propertiesOf(core, outcome !== undefined && 'id' in outcome ? String(outcome.id) : '')).toMatchObject({
          email: SECONDARY,
          city: 'Rome',
        });
        for (const n of [6, 8]) expect(await outcomeOf(n)).toMatchObject({ kind: 'superseded' });
      },
    );

    test('let an update by an e-mail that leads there by way of another be refused at once, however little time there is', async () => {
      const core = aPortal([twoNamed, aContact(ALAN, { email: 'alan@example.com' })]);
      await deliver(core, [upsertOf(1, SECONDARY, { phone: '1' })]);
      merge(core, ALAN, ADA);
      await deliver(core, [upsertOf(2, PRIMARY, { phone: '2' })]);
      await deliverRest(core);
      await deliver(core, [archiveOf(5, 'alan@example.com', 'email')]);
      clock.advance(minutes(30));
      const before = clock.now();
      await deliver(core, [updateOf(7, SECONDARY, { city: 'Rome' }, 'email')]);
      expect(await outcomeOf(7)).toMatchObject({ kind: 'rejected', error: { category: 'OBJECT_NOT_FOUND' } });
      expect(clock.now()).toBe(before);
    });

    test('let an update by its secondary e-mail be refused, not superseded by what another contact got', async () => {
      const core = await archived();
      await deliver(core, [upsertOf(9, PRIMARY, { city: 'Oslo' })]);
      await deliver(core, [updateOf(7, SECONDARY, { city: 'Rome' }, 'email')]);
      expect(await outcomeOf(7)).toMatchObject({ kind: 'rejected', error: { category: 'OBJECT_NOT_FOUND' } });
    });
  });
});
