import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type {
  Acquisition,
  ContactLedger,
  Fence,
  LedgerName,
  LedgerSettlement,
  OrderKey,
} from '../../lib/directory/contact-ledger.ts';
import { ARCHIVED, ERASED, nameOfId, nameOfKey, orderKey } from '../../lib/directory/contact-ledger.ts';
import { createDynamoDbContactLedger } from '../../lib/directory/dynamodb-contact-ledger.ts';
import type { ContactId } from '../../lib/operations/contact-write.ts';
import { days, type EpochMs, epochMs, after as later, milliseconds, seconds } from '../../lib/runtime/units.ts';
import { NOON, sequence } from '../support/a-contact-write.ts';
import { type EmbeddedDynamoDb, startEmbeddedDynamoDb } from '../support/embedded-dynamodb.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createInMemoryContactLedger } from '../support/in-memory-contact-ledger.ts';

const END = later(NOON, seconds(150));
const LAST_MILLISECOND = later(END, milliseconds(-1));
const AFTERWARDS = later(END, seconds(150));
const ADA = '512' as ContactId;
const MADE = { by: '01KA#0', id: ADA };

const aName = (): LedgerName => nameOfKey('email', `${ulid()}@example.com`);
/** The order key of the nth write after noon. */
const written = (n: number, time: EpochMs = later(NOON, seconds(n))) => orderKey(time, sequence(n));
/** What each property got last: the nth write. */
const aFence = (writes: Readonly<Record<string, number>>): Fence =>
  new Map(Object.entries(writes).map(([property, n]) => [property, written(n)]));
const aSettlement = (name: LedgerName, owner: string, more: Partial<LedgerSettlement> = {}): LedgerSettlement => ({
  name,
  owner,
  fence: new Map(),
  ...more,
});
const acquired = (name: LedgerName, inDoubtUntil?: EpochMs): Acquisition => ({
  kind: 'acquired',
  entry: { name, fence: new Map() },
  ...(inDoubtUntil !== undefined && { inDoubtUntil }),
});

let database: EmbeddedDynamoDb;
beforeAll(async () => {
  database = await startEmbeddedDynamoDb('contacts', ['pk']);
});
afterAll(() => database.close());

const inDynamoDb = (client: DynamoDBClient = database.client, now: EpochMs = NOON): ContactLedger =>
  createDynamoDbContactLedger({ client, table: database.table, clock: createFakeClock(now) });

/** What a name leads to, seen by somebody who takes a lease on it long after all others have ended. */
async function entryUnder(ledger: ContactLedger, name: LedgerName) {
  const acquisition = await ledger.acquire(name, 'onlooker', later(NOON, days(1)), later(NOON, days(2)));
  if (acquisition.kind !== 'acquired') throw new Error(`the name is ${acquisition.kind}`);
  return acquisition.entry;
}

/** Settles parts, each under a lease of its own. */
const settleInTurn = async (ledger: ContactLedger, name: LedgerName, parts: readonly Partial<LedgerSettlement>[]) => {
  for (const [turn, part] of parts.entries()) {
    await ledger.acquire(name, `owner-${turn}`, NOON, END);
    expect(await ledger.settle(aSettlement(name, `owner-${turn}`, part))).toBe(true);
  }
};

const adapters: readonly [string, () => ContactLedger][] = [
  ['in memory', () => createInMemoryContactLedger()],
  ['in DynamoDB', () => inDynamoDb()],
];

describe.each(adapters)('a contact ledger %s', (_, create) => {
  describe('leases', () => {
    test('gives the lease on a name that nobody ever wrote, with nothing known of it', async () => {
      const name = aName();
      expect(await create().acquire(name, 'a', NOON, END)).toEqual(acquired(name));
    });

    test('D3: of twenty who ask at once, one gets the lease and all others are told when it ends', async () => {
      const ledger = create();
      const name = aName();
      const owners = Array.from({ length: 20 }, (_value, n) => `owner-${n}`);
      const answers = await Promise.all(owners.map((owner) => ledger.acquire(name, owner, NOON, END)));
      expect(answers.filter(({ kind }) => kind === 'acquired')).toHaveLength(1);
      expect(answers.filter(({ kind }) => kind !== 'acquired')).toEqual(Array(19).fill({ kind: 'held', end: END }));
    });

    test('keeps a lease to its last millisecond, and then lets another take it over, in doubt', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      expect(await ledger.acquire(name, 'b', LAST_MILLISECOND, AFTERWARDS)).toEqual({ kind: 'held', end: END });
      expect(await ledger.acquire(name, 'b', END, AFTERWARDS)).toEqual(acquired(name, END));
    });

    test('is not in doubt after a lease that was released', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      expect(await ledger.release(name, 'a')).toBe(true);
      expect(await ledger.acquire(name, 'b', NOON, END)).toEqual(acquired(name));
    });

    test('is not in doubt after a lease that was settled, however much later', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      expect(await ledger.settle(aSettlement(name, 'a'))).toBe(true);
      expect(await ledger.acquire(name, 'b', AFTERWARDS, later(AFTERWARDS, seconds(1)))).toEqual(acquired(name));
    });

    test('stays in doubt while one after the other takes over and releases nothing, and no longer', async () => {
      const ledger = create();
      const name = aName();
      const ends = [0, 1, 2, 3].map((n) => later(NOON, seconds(150 * n)));
      const [first = NOON, second = NOON, third = NOON, fourth = NOON] = ends;
      await ledger.acquire(name, 'a', first, second);
      await ledger.acquire(name, 'b', second, third);
      expect(await ledger.acquire(name, 'a', third, fourth)).toEqual(acquired(name, third));
      await ledger.release(name, 'a');
      expect(await ledger.acquire(name, 'b', third, fourth)).toEqual(acquired(name));
    });

    test('gives an owner his own lease again, without doubt, until the later end', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      expect(await ledger.acquire(name, 'a', NOON, AFTERWARDS)).toEqual(acquired(name));
      expect(await ledger.acquire(name, 'b', END, AFTERWARDS)).toEqual({ kind: 'held', end: AFTERWARDS });
    });

    test('keeps the doubt when the one who took a lease over asks again', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      await ledger.acquire(name, 'b', END, AFTERWARDS);
      expect(await ledger.acquire(name, 'b', END, AFTERWARDS)).toEqual(acquired(name, AFTERWARDS));
    });

    test('D3: lets nobody but its owner settle or release a lease', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      expect(await ledger.settle(aSettlement(name, 'b', { id: ADA, fence: aFence({ phone: 1 }) }))).toBe(false);
      expect(await ledger.release(name, 'b')).toBe(false);
      expect(await ledger.acquire(name, 'c', NOON, END)).toEqual({ kind: 'held', end: END });
      expect(await entryUnder(ledger, name)).toEqual({ name, fence: new Map() });
    });

    test('D3: an owner who stalled until his lease was taken over settles nothing, and the new lease stays', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'stalled', NOON, END);
      await ledger.acquire(name, 'b', END, AFTERWARDS);
      expect(await ledger.settle(aSettlement(name, 'stalled', { fence: aFence({ phone: 1 }) }))).toBe(false);
      expect(await ledger.release(name, 'stalled')).toBe(false);
      expect(await ledger.acquire(name, 'c', END, AFTERWARDS)).toEqual({ kind: 'held', end: AFTERWARDS });
      expect(await ledger.settle(aSettlement(name, 'b'))).toBe(true);
      expect(await entryUnder(ledger, name)).toEqual({ name, fence: new Map() });
    });

    test('settles once: the lease is gone with it', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      expect(await ledger.settle(aSettlement(name, 'a', { fence: aFence({ phone: 1 }) }))).toBe(true);
      expect(await ledger.settle(aSettlement(name, 'a', { fence: aFence({ phone: 2 }) }))).toBe(false);
      expect(await ledger.release(name, 'a')).toBe(false);
      expect((await entryUnder(ledger, name)).fence).toEqual(aFence({ phone: 1 }));
    });

    test('settles once although it is asked twice at the same time', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      const fences = [aFence({ phone: 1 }), aFence({ city: 2 })];
      const settled = await Promise.all(fences.map((fence) => ledger.settle(aSettlement(name, 'a', { fence }))));
      expect(settled.toSorted()).toEqual([false, true]);
      expect((await entryUnder(ledger, name)).fence).toEqual(fences[settled.indexOf(true)]);
    });

    test('has no lease to settle or release under a name that nobody ever wrote', async () => {
      const ledger = create();
      const name = aName();
      expect(await ledger.settle(aSettlement(name, 'a', { id: ADA }))).toBe(false);
      expect(await ledger.release(name, 'a')).toBe(false);
      expect(await ledger.findHints([name], 'strong')).toEqual([]);
    });
  });

  describe('a fence that is raised under a lease', () => {
    test('is there for whoever comes next, and the lease goes on', async () => {
      const ledger = create();
      const name = aName();
      await settleInTurn(ledger, name, [{ id: ADA, fence: aFence({ phone: 1, city: 3 }) }]);
      await ledger.acquire(name, 'a', NOON, END);
      expect(await ledger.raise(name, 'a', aFence({ phone: 2, city: 2 }))).toBe(true);
      expect(await ledger.acquire(name, 'b', LAST_MILLISECOND, AFTERWARDS)).toEqual({ kind: 'held', end: END });
      expect((await entryUnder(ledger, name)).fence).toEqual(aFence({ phone: 2, city: 3 }));
    });

    test('comes with the contact that the name was found to lead to, which a release leaves there', async () => {
      const ledger = create();
      const name = aName();
      await settleInTurn(ledger, name, [{ id: '502' as ContactId, confirmedAt: NOON, fence: aFence({ phone: 1 }) }]);
      await ledger.acquire(name, 'a', NOON, END);
      await ledger.raise(name, 'a', aFence({ city: 2 }), { found: { id: ADA, confirmedAt: END } });
      await ledger.release(name, 'a');
      expect(await entryUnder(ledger, name)).toEqual({
        name,
        id: ADA,
        confirmedAt: END,
        fence: aFence({ phone: 1, city: 2 }),
      });
    });

    test('comes with prints, which what settles the lease does not take away', async () => {
      const ledger = create();
      const name = aName();
      const before = {
        fence: aFence({ phone: 2, city: 2 }),
        prints: new Map(Object.entries({ phone: 'p2', city: 'c2' })),
      };
      await settleInTurn(ledger, name, [before]);
      await ledger.acquire(name, 'a', NOON, END);
      const raised = [name, 'a', aFence({ phone: 2, '~phone': 1 }), { prints: new Map([['phone', 'p2 p1']]) }] as const;
      for (const _ of ['at first', 'again']) expect(await ledger.raise(...raised)).toBe(true);
      await ledger.settle(aSettlement(name, 'a', { fence: aFence({ phone: 2 }), prints: new Map([['phone', 'p2']]) }));
      expect(await entryUnder(ledger, name)).toMatchObject({
        fence: aFence({ phone: 2, '~phone': 1, city: 2 }),
        prints: new Map(Object.entries({ phone: 'p2 p1', city: 'c2' })),
      });
    });

    test('is raised once more by what settles the lease', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      await ledger.raise(name, 'a', aFence({ phone: 2 }));
      await ledger.raise(name, 'a', aFence({ city: 2 }));
      expect(await ledger.settle(aSettlement(name, 'a', { id: ADA, fence: aFence({ phone: 1, email: 1 }) }))).toBe(
        true,
      );
      expect((await entryUnder(ledger, name)).fence).toEqual(aFence({ phone: 2, city: 2, email: 1 }));
    });

    test('D3: is raised by nobody but the owner of the lease', async () => {
      const ledger = create();
      const name = aName();
      expect(await ledger.raise(name, 'a', aFence({ phone: 1 }))).toBe(false);
      await ledger.acquire(name, 'a', NOON, END);
      await ledger.acquire(name, 'b', END, AFTERWARDS);
      expect(await ledger.raise(name, 'a', aFence({ phone: 1 }))).toBe(false);
      expect((await entryUnder(ledger, name)).fence).toEqual(new Map());
    });
  });

  describe('what is settled', () => {
    test('is there for the next owner', async () => {
      const ledger = create();
      const name = aName();
      const settled = {
        id: ADA,
        confirmedAt: NOON,
        fence: aFence({ email: 1, phone: 2 }),
        creation: MADE,
        stage: 'lead',
      };
      await settleInTurn(ledger, name, [settled]);
      expect(await entryUnder(ledger, name)).toEqual({ name, ...settled });
    });

    test('stays when a later settlement says nothing of it', async () => {
      const ledger = create();
      const name = aName();
      const settled = { id: ADA, confirmedAt: NOON, fence: aFence({ email: 1 }), creation: MADE, stage: 'lead' };
      await settleInTurn(ledger, name, [settled, {}]);
      expect(await entryUnder(ledger, name)).toEqual({ name, ...settled });
    });

    test('forgets who made the contact when it is gone', async () => {
      const ledger = create();
      const name = aName();
      await settleInTurn(ledger, name, [
        { id: ADA, confirmedAt: NOON, creation: MADE },
        { id: null, creation: null },
      ]);
      expect(await entryUnder(ledger, name)).toEqual({ name, fence: new Map() });
    });

    test('stays when a lease is released with nothing stored', async () => {
      const ledger = create();
      const name = aName();
      const settled = { id: ADA, confirmedAt: NOON, fence: aFence({ email: 1 }), creation: MADE, stage: 'lead' };
      await settleInTurn(ledger, name, [settled]);
      await ledger.acquire(name, 'idle', NOON, END);
      await ledger.release(name, 'idle');
      expect(await entryUnder(ledger, name)).toEqual({ name, ...settled });
    });

    test('replaces id and time of confirmation', async () => {
      const ledger = create();
      const name = aName();
      const moved = { id: '513' as ContactId, confirmedAt: END };
      await settleInTurn(ledger, name, [{ id: ADA, confirmedAt: NOON }, moved]);
      expect(await entryUnder(ledger, name)).toEqual({ name, ...moved, fence: new Map() });
    });

    test('replaces the lifecycle stage', async () => {
      const ledger = create();
      const name = aName();
      await settleInTurn(ledger, name, [{ stage: 'lead' }, { stage: 'customer' }]);
      expect(await entryUnder(ledger, name)).toEqual({ name, fence: new Map(), stage: 'customer' });
    });

    test('forgets the lifecycle stage when it was cleared, and also when there is none', async () => {
      const ledger = create();
      const name = aName();
      await settleInTurn(ledger, name, [{ stage: 'lead' }, { stage: null }, { stage: null }]);
      expect(await entryUnder(ledger, name)).toEqual({ name, fence: new Map() });
    });

    test('keeps since when a name leads to nobody, where that is told', async () => {
      const ledger = create();
      const name = aName();
      const renamed = { id: null, confirmedAt: END };
      await settleInTurn(ledger, name, [{ id: ADA, confirmedAt: NOON, fence: aFence({ email: 1 }) }, renamed]);
      expect(await entryUnder(ledger, name)).toEqual({ name, confirmedAt: END, fence: aFence({ email: 1 }) });
    });

    test('forgets the contact, and when it was confirmed, when the name leads to nobody any more', async () => {
      const ledger = create();
      const name = aName();
      await settleInTurn(ledger, name, [{ id: ADA, confirmedAt: NOON, fence: aFence({ email: 1 }) }, { id: null }]);
      expect(await entryUnder(ledger, name)).toEqual({ name, fence: aFence({ email: 1 }) });
    });

    test('D5: keeps the newer order key of each property, whichever was settled last', async () => {
      const ledger = create();
      const name = aName();
      await settleInTurn(ledger, name, [
        { fence: aFence({ email: 1, phone: 5, city: 3 }) },
        { fence: aFence({ phone: 4, city: 6, zip: 2 }) },
      ]);
      expect((await entryUnder(ledger, name)).fence).toEqual(aFence({ email: 1, phone: 5, city: 6, zip: 2 }));
    });

    test('D5: orders by time before sequence, and times by their value', async () => {
      const ledger = create();
      const name = aName();
      const [early, late] = [written(9, epochMs(900)), written(1, NOON)];
      await settleInTurn(ledger, name, [{ fence: new Map([['phone', late]]) }, { fence: new Map([['phone', early]]) }]);
      // The early one is older than any write that is still delivered: whether it is kept where nothing is newer does not matter.
      expect((await entryUnder(ledger, name)).fence.get('phone')).toBe(late);
    });

    test('takes every property name that HubSpot has, and many of them', async () => {
      const ledger = create();
      const name = aName();
      const odd = [
        '0',
        '_',
        '__',
        'name',
        'size',
        'status',
        'pk',
        'fence',
        'tostring',
        'hs_v2_date_entered_1',
        'x'.repeat(100),
      ];
      const many = Array.from({ length: 1_000 }, (_value, n) => `property_${n}`);
      const fence = new Map([...odd, ...many].map((property, n) => [property, written(n % 7)]));
      await settleInTurn(ledger, name, [{ fence }, { fence: aFence({ name: 8, _: 8 }) }]);
      expect((await entryUnder(ledger, name)).fence).toEqual(
        new Map([...fence, ['name', written(8)], ['_', written(8)]]),
      );
    });

    test('takes names with blanks, quotes and signs, as unique properties have them', async () => {
      const ledger = create();
      const name = nameOfKey('external_id', `${ulid()} "Ä#ö" 漢字 #`);
      await settleInTurn(ledger, name, [{ id: ADA }]);
      expect(await ledger.findHints([name], 'strong')).toEqual([{ name, home: name, id: ADA }]);
    });
  });

  describe('names that point to others', () => {
    test('sends who asks for the lease to the home', async () => {
      const ledger = create();
      const [name, home] = [aName(), nameOfId(ulid() as ContactId)];
      await ledger.point(name, home);
      expect(await ledger.acquire(name, 'a', NOON, END)).toEqual({ kind: 'elsewhere', home });
      expect(await ledger.acquire(home, 'a', NOON, END)).toEqual(acquired(home));
    });

    test('may point elsewhere later', async () => {
      const ledger = create();
      const [name, former, home] = [aName(), aName(), aName()];
      await ledger.point(name, former);
      await ledger.point(name, home);
      expect(await ledger.acquire(name, 'a', NOON, END)).toEqual({ kind: 'elsewhere', home });
    });

    test('says so of a name that is held, whose owner may still settle it', async () => {
      const ledger = create();
      const [name, home] = [aName(), aName()];
      await ledger.acquire(name, 'a', NOON, END);
      await ledger.point(name, home);
      expect(await ledger.acquire(name, 'b', NOON, END)).toEqual({ kind: 'elsewhere', home });
      expect(await ledger.acquire(name, 'a', NOON, END)).toEqual({ kind: 'elsewhere', home });
      expect(await ledger.settle(aSettlement(name, 'a'))).toBe(true);
    });

    test('makes a name a home again when it points to itself, with what was stored under it', async () => {
      const ledger = create();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      await ledger.settle(aSettlement(name, 'a', { id: ADA, fence: aFence({ phone: 1 }) }));
      await ledger.point(name, aName());
      await ledger.point(name, name);
      expect(await entryUnder(ledger, name)).toEqual({ name, id: ADA, fence: aFence({ phone: 1 }) });
    });
  });

  describe('homes that turn out to be other names', () => {
    const prints = new Map([['city', 'abc']]);
    const kept = { fence: aFence({ city: 2 }), prints, stage: 'lead', astrayUntil: later(NOON, seconds(9)) };
    const settled = async () => {
      const ledger = create();
      const [name, home] = [aName(), aName()];
      await ledger.acquire(name, 'a', NOON, END);
      await ledger.settle(aSettlement(name, 'a', { fence: aFence({ city: 2 }), prints, stage: 'lead' }));
      await ledger.acquire(name, 'a', NOON, END);
      const settlement = aSettlement(name, 'a', { home, id: ADA, confirmedAt: NOON, astrayUntil: kept.astrayUntil });
      expect(await ledger.settle(settlement)).toBe(true);
      return { ledger, name, home };
    };

    test('point there, and still tell what they kept, to whoever asks for the lease or for hints', async () => {
      const { ledger, name, home } = await settled();
      expect(await ledger.acquire(name, 'b', NOON, END)).toEqual({ kind: 'elsewhere', home, former: kept });
      expect(await ledger.findHints([name], 'strong')).toEqual([
        { name, home, id: ADA, confirmedAt: NOON, former: kept },
      ]);
    });

    test('can be homes again, with what they kept', async () => {
      const { ledger, name } = await settled();
      await ledger.point(name, name);
      expect(await entryUnder(ledger, name)).toEqual({ name, id: ADA, confirmedAt: NOON, ...kept });
    });

    test('point there only for the owner of their lease', async () => {
      const { ledger, home } = await settled();
      await ledger.acquire(home, 'a', NOON, END);
      await ledger.acquire(home, 'b', END, AFTERWARDS);
      expect(await ledger.settle(aSettlement(home, 'a', { home: aName() }))).toBe(false);
    });
  });

  describe('prints', () => {
    test('follow the newer order key, property by property', async () => {
      const ledger = create();
      const name = aName();
      await settleInTurn(ledger, name, [
        { fence: aFence({ city: 2, phone: 2 }), prints: new Map(Object.entries({ city: 'c2', phone: 'p2' })) },
        { fence: aFence({ city: 1, phone: 3 }), prints: new Map(Object.entries({ city: 'c1', phone: 'p3' })) },
      ]);
      expect(await entryUnder(ledger, name)).toMatchObject({
        prints: new Map(Object.entries({ city: 'c2', phone: 'p3' })),
      });
    });

    test('of more values stay where the order key is the same', async () => {
      const ledger = create();
      const name = aName();
      const written = ['p2', 'p2 p1', 'p2'];
      await settleInTurn(
        ledger,
        name,
        written.map((prints) => ({ fence: aFence({ phone: 2 }), prints: new Map([['phone', prints]]) })),
      );
      expect(await entryUnder(ledger, name)).toMatchObject({ prints: new Map([['phone', 'p2 p1']]) });
    });

    test('of a value that nobody printed are gone', async () => {
      const ledger = create();
      const name = aName();
      await settleInTurn(ledger, name, [
        { fence: aFence({ city: 1 }), prints: new Map([['city', 'c1']]) },
        { fence: aFence({ city: 2 }) },
      ]);
      expect(await entryUnder(ledger, name)).toEqual({ name, fence: aFence({ city: 2 }) });
    });
  });

  describe('hints', () => {
    test('tell what was noted of a name beside its home', async () => {
      const ledger = create();
      const [name, home, astrayUntil] = [aName(), aName(), later(NOON, seconds(9))];
      await ledger.point(name, home, { id: ADA, astrayUntil });
      expect(await ledger.findHints([name], 'eventual')).toEqual([
        { name, home, id: ADA, former: { fence: new Map(), astrayUntil } },
      ]);
    });

    test('tell the newest archive that was noted, with the name and once it is a home', async () => {
      const ledger = create();
      const [name, home] = [aName(), aName()];
      const [older, newer] = [1, 2].map((n) => orderKey(NOON, sequence(n))) as [OrderKey, OrderKey];
      await ledger.point(name, home, { floor: newer });
      await ledger.point(name, home, { floor: older });
      const fence = new Map([[ARCHIVED, newer]]);
      expect(await ledger.findHints([name], 'strong')).toEqual([{ name, home, former: { fence } }]);
      await ledger.point(name, name, { floor: older });
      await settleInTurn(ledger, name, [{ fence: aFence({ city: 3 }) }]);
      expect((await entryUnder(ledger, name)).fence).toEqual(new Map([...aFence({ city: 3 }), ...fence]));
    });

    test.each(['eventual', 'strong'] as const)('tell home, id and confirmation (%s)', async (consistency) => {
      const ledger = create();
      const [known, pointer, held, unknown] = [aName(), aName(), aName(), aName()];
      await ledger.acquire(known, 'a', NOON, END);
      await ledger.settle(aSettlement(known, 'a', { id: ADA, confirmedAt: NOON, fence: aFence({ phone: 1 }) }));
      await ledger.point(pointer, known);
      await ledger.acquire(held, 'a', NOON, END);
      expect(await ledger.findHints([unknown, held, pointer, known, held], consistency)).toEqual([
        { name: held, home: held },
        { name: pointer, home: known },
        { name: known, home: known, id: ADA, confirmedAt: NOON },
        { name: held, home: held },
      ]);
    });

    test('are found for any number of names, none included', async () => {
      const ledger = create();
      const [home, names] = [aName(), Array.from({ length: 230 }, aName)];
      await Promise.all(names.map((name) => ledger.point(name, home)));
      expect(await ledger.findHints(names, 'eventual')).toEqual(names.map((name) => ({ name, home })));
      expect(await ledger.findHints([], 'eventual')).toEqual([]);
    });
  });
});

describe.each(adapters)('a contact ledger %s that erases a person', (_, create) => {
  const BEFORE = written(1);
  const DELETED = written(5);
  const NEWER = written(9);

  /** A contact with an id, of whom a write was delivered, and whose lease `a` has again. */
  async function aKnownContact(ledger: ContactLedger): Promise<{ name: LedgerName; id: LedgerName }> {
    const [name, id] = [aName(), ulid() as ContactId];
    await ledger.point(nameOfId(id), name);
    await settleInTurn(ledger, name, [
      { id, confirmedAt: NOON, creation: { by: 'op#0', id: ADA }, stage: 'lead', fence: aFence({ phone: 1 }) },
    ]);
    await ledger.acquire(name, 'a', NOON, END);
    return { name, id: nameOfId(id) };
  }

  test('knows nothing of the name any more, and gives its lease back', async () => {
    const ledger = create();
    const { name } = await aKnownContact(ledger);
    expect(await ledger.erase({ name, owner: 'a', order: DELETED })).toBe(true);
    expect(await ledger.findHints([name], 'strong')).toEqual([]);
    expect(await ledger.acquire(name, 'b', NOON, END)).toEqual(acquired(name));
  });

  test('tells whoever has the lease next of the deletion’s place in the order, also when it is asked again', async () => {
    const ledger = create();
    const { name } = await aKnownContact(ledger);
    await ledger.erase({ name, owner: 'a', order: DELETED });
    await ledger.acquire(name, 'b', NOON, END);
    expect(await ledger.recallErasures([name], 'b')).toEqual(new Map([[name, DELETED]]));
    expect(await ledger.recallErasures([name], 'b')).toEqual(new Map([[name, DELETED]]));
  });

  test('tells nothing of other names', async () => {
    const ledger = create();
    const { name } = await aKnownContact(ledger);
    const other = aName();
    await ledger.erase({ name, owner: 'a', order: DELETED });
    await ledger.acquire(other, 'b', NOON, END);
    expect(await ledger.recallErasures([other], 'b')).toEqual(new Map());
  });

  test('keeps the floor in the fence once something newer is delivered under the name', async () => {
    const ledger = create();
    const { name } = await aKnownContact(ledger);
    await ledger.erase({ name, owner: 'a', order: DELETED });
    await ledger.acquire(name, 'b', NOON, END);
    await ledger.recallErasures([name], 'b');
    await ledger.settle(aSettlement(name, 'b', { id: ADA, fence: new Map([['phone', NEWER]]) }));
    const fence = new Map([
      [ERASED, DELETED],
      ['phone', NEWER],
    ]);
    expect(await entryUnder(ledger, name)).toEqual({ name, id: ADA, fence });
  });

  test('erases the names that lead there by way of others', async () => {
    const ledger = create();
    const [home, alias, former] = [aName(), aName(), aName()];
    await ledger.point(former, alias);
    await ledger.point(alias, home);
    await ledger.acquire(home, 'a', NOON, END);
    expect(await ledger.erase({ name: home, owner: 'a', order: DELETED })).toBe(true);
    for (const name of [alias, former]) {
      const acquisition = await ledger.acquire(name, 'b', NOON, END);
      expect(acquisition).toMatchObject({ kind: 'acquired', entry: { fence: new Map() } });
    }
    expect(await ledger.recallErasures([alias, former], 'b')).toEqual(
      new Map([
        [alias, DELETED],
        [former, DELETED],
      ]),
    );
  });

  test('erases again what was made anew under the name, and keeps the newer of two floors', async () => {
    const ledger = create();
    const { name } = await aKnownContact(ledger);
    await ledger.erase({ name, owner: 'a', order: DELETED });
    for (const order of [NEWER, BEFORE]) {
      await ledger.acquire(name, 'b', NOON, END);
      expect(await ledger.erase({ name, owner: 'b', order })).toBe(true);
    }
    expect(await ledger.findHints([name], 'strong')).toEqual([]);
    await ledger.acquire(name, 'c', NOON, END);
    expect(await ledger.recallErasures([name], 'c')).toEqual(new Map([[name, NEWER]]));
  });

  test('leaves the floor, and nothing that leads to the person, under the ids and aliases that pointed to the name', async () => {
    const ledger = create();
    const { name, id } = await aKnownContact(ledger);
    const alias = aName();
    await ledger.point(alias, name);
    await ledger.erase({ name, owner: 'a', order: DELETED });
    expect(await ledger.findHints([alias], 'strong')).toEqual([]);
    expect(await ledger.findHints([id], 'strong')).toEqual([{ name: id, home: id }]);
    expect(await entryUnder(ledger, id)).toEqual({ name: id, fence: new Map([[ERASED, DELETED]]) });
    await ledger.acquire(alias, 'b', NOON, END);
    expect(await ledger.recallErasures([alias], 'b')).toEqual(new Map([[alias, DELETED]]));
  });

  test('leaves the floor under an id that nobody ever asked after', async () => {
    const ledger = create();
    const [name, id] = [aName(), ulid() as ContactId];
    await settleInTurn(ledger, name, [{ id, fence: aFence({ phone: 1 }) }]);
    await ledger.acquire(name, 'a', NOON, END);
    await ledger.erase({ name, owner: 'a', order: DELETED });
    expect(await entryUnder(ledger, nameOfId(id))).toEqual({ name: nameOfId(id), fence: new Map([[ERASED, DELETED]]) });
  });

  test('leaves alone what points elsewhere by now', async () => {
    const ledger = create();
    const { name, id } = await aKnownContact(ledger);
    const home = aName();
    await ledger.point(id, home);
    await ledger.erase({ name, owner: 'a', order: DELETED });
    expect(await ledger.findHints([id], 'strong')).toEqual([{ name: id, home }]);
  });

  test('of a contact without an e-mail leaves the floor under its id', async () => {
    const ledger = create();
    const name = nameOfId(ulid() as ContactId);
    await settleInTurn(ledger, name, [
      { id: ADA, creation: { by: 'op#0', id: ADA }, stage: 'lead', fence: aFence({ phone: 9 }) },
    ]);
    await ledger.acquire(name, 'a', NOON, END);
    expect(await ledger.erase({ name, owner: 'a', order: DELETED })).toBe(true);
    expect(await entryUnder(ledger, name)).toEqual({ name, fence: new Map([[ERASED, DELETED]]) });
  });

  test('D3: erases nothing under a lease that somebody else has', async () => {
    const ledger = create();
    const { name, id } = await aKnownContact(ledger);
    await ledger.acquire(name, 'b', END, AFTERWARDS);
    expect(await ledger.erase({ name, owner: 'a', order: DELETED })).toBe(false);
    expect(await ledger.findHints([id], 'strong')).toEqual([{ name: id, home: name }]);
    expect(await ledger.acquire(name, 'c', END, AFTERWARDS)).toEqual({ kind: 'held', end: AFTERWARDS });
    expect((await entryUnder(ledger, name)).fence).toEqual(aFence({ phone: 1 }));
  });

  test('D3: recalls nothing under a lease that somebody else has', async () => {
    const ledger = create();
    const { name } = await aKnownContact(ledger);
    await ledger.erase({ name, owner: 'a', order: DELETED });
    await ledger.acquire(name, 'b', NOON, END);
    await ledger.acquire(name, 'c', END, AFTERWARDS);
    expect(await ledger.recallErasures([name], 'b')).toBeUndefined();
  });
});

/** A client that calls `meanwhile` before each command that it sends. */
function interrupted(meanwhile: (command: unknown) => Promise<void> | void): DynamoDBClient {
  const send = async (command: GetItemCommand) => {
    await meanwhile(command);
    return database.client.send(command);
  };
  return Object.create(database.client, { send: { value: send } });
}

const closes = (command: unknown): command is UpdateItemCommand =>
  command instanceof UpdateItemCommand && command.input.UpdateExpression?.includes('closedLease') === true;

/** What changes a fence under a lease that goes on. */
const raises = (command: unknown): command is UpdateItemCommand =>
  command instanceof UpdateItemCommand &&
  command.input.UpdateExpression?.includes('fence=') === true &&
  !closes(command);

describe('a contact ledger in DynamoDB whose answers are lost', () => {
  /** Each write arrives, and is sent again since no answer came. */
  const withLostAnswers = () =>
    inDynamoDb(
      interrupted(async (command) => {
        if (command instanceof UpdateItemCommand) await database.client.send(command);
      }),
    );

  test('gives a free lease without doubt', async () => {
    const name = aName();
    expect(await withLostAnswers().acquire(name, 'a', NOON, END)).toEqual(acquired(name));
  });

  test('tells the doubt of a lease that was taken over', async () => {
    const name = aName();
    await inDynamoDb().acquire(name, 'a', NOON, END);
    expect(await withLostAnswers().acquire(name, 'b', END, AFTERWARDS)).toEqual(acquired(name, AFTERWARDS));
  });

  test('knows its own settlement again, and gives the lease back', async () => {
    const ledger = withLostAnswers();
    const name = aName();
    await ledger.acquire(name, 'a', NOON, END);
    expect(await ledger.settle(aSettlement(name, 'a', { id: ADA, fence: aFence({ phone: 1 }) }))).toBe(true);
    const next = await ledger.acquire(name, 'b', NOON, END);
    expect(next).toMatchObject({ kind: 'acquired' });
    expect(next).not.toHaveProperty('inDoubtUntil');
    expect(await entryUnder(ledger, name)).toEqual({ name, id: ADA, fence: aFence({ phone: 1 }) });
  });

  test('raises a fence as it was told', async () => {
    const ledger = withLostAnswers();
    const name = aName();
    await ledger.acquire(name, 'a', NOON, END);
    expect(await ledger.raise(name, 'a', aFence({ phone: 1 }))).toBe(true);
    expect(await ledger.release(name, 'a')).toBe(true);
    expect((await entryUnder(ledger, name)).fence).toEqual(aFence({ phone: 1 }));
  });

  test('knows its own release again', async () => {
    const ledger = withLostAnswers();
    const name = aName();
    await ledger.acquire(name, 'a', NOON, END);
    expect(await ledger.release(name, 'a')).toBe(true);
  });

  test('points as it was told', async () => {
    const [name, home] = [aName(), aName()];
    await withLostAnswers().point(name, home);
    expect(await inDynamoDb().findHints([name], 'strong')).toEqual([{ name, home }]);
  });

  test('knows its own settlement although another has taken the lease since, and leaves him alone', async () => {
    const name = aName();
    const ledger = inDynamoDb(
      interrupted(async (command) => {
        if (!closes(command)) return;
        await database.client.send(command);
        await inDynamoDb().acquire(name, 'b', NOON, END);
      }),
    );
    await ledger.acquire(name, 'a', NOON, END);
    expect(await ledger.settle(aSettlement(name, 'a'))).toBe(true);
    expect(await inDynamoDb().acquire(name, 'c', NOON, END)).toEqual({ kind: 'held', end: END });
  });

  test('takes no former settlement of an owner for that of the lease which he lost', async () => {
    const ledger = inDynamoDb();
    const name = aName();
    await ledger.acquire(name, 'a', NOON, END);
    await ledger.settle(aSettlement(name, 'a'));
    await ledger.acquire(name, 'a', NOON, END);
    await inDynamoDb().acquire(name, 'b', END, AFTERWARDS);
    expect(await ledger.settle(aSettlement(name, 'a', { fence: aFence({ phone: 1 }) }))).toBe(false);
  });

  test('a late copy of a former settlement neither closes a later lease of its owner nor brings an old fence back', async () => {
    const name = aName();
    const sent: UpdateItemCommand[] = [];
    const ledger = inDynamoDb(interrupted((command) => void (closes(command) && sent.push(command))));
    await ledger.acquire(name, 'a', NOON, END);
    await ledger.settle(aSettlement(name, 'a', { fence: aFence({ phone: 1 }) }));
    await ledger.acquire(name, 'a', NOON, END);
    const [former] = sent;
    if (former === undefined) throw new Error('nothing was settled');
    await expect(database.client.send(former)).rejects.toThrow('conditional request failed');
    expect(await ledger.settle(aSettlement(name, 'a', { fence: aFence({ phone: 2 }) }))).toBe(true);
    await expect(database.client.send(former)).rejects.toThrow('conditional request failed');
    expect((await entryUnder(ledger, name)).fence).toEqual(aFence({ phone: 2 }));
  });

  test('a late copy of what raised a fence takes nothing back that was raised after it', async () => {
    const name = aName();
    const sent: UpdateItemCommand[] = [];
    const ledger = inDynamoDb(interrupted((command) => void (raises(command) && sent.push(command))));
    await ledger.acquire(name, 'a', NOON, END);
    await ledger.raise(name, 'a', aFence({ phone: 1 }));
    await ledger.raise(name, 'a', aFence({ city: 2 }));
    const [former] = sent;
    if (former === undefined) throw new Error('nothing was raised');
    await expect(database.client.send(former)).rejects.toThrow('conditional request failed');
    expect(await ledger.release(name, 'a')).toBe(true);
    expect((await entryUnder(ledger, name)).fence).toEqual(aFence({ phone: 1, city: 2 }));
  });

  test('settles with what was raised although nobody heard that it was', async () => {
    const name = aName();
    let failures = 1;
    const ledger = inDynamoDb(
      interrupted(async (command) => {
        if (!raises(command) || failures-- <= 0) return;
        await database.client.send(command);
        throw new Error('connection reset');
      }),
    );
    await ledger.acquire(name, 'a', NOON, END);
    await expect(ledger.raise(name, 'a', aFence({ phone: 1 }))).rejects.toThrow('connection reset');
    expect(await ledger.settle(aSettlement(name, 'a', { id: ADA, fence: aFence({ city: 2 }) }))).toBe(true);
    expect((await entryUnder(ledger, name)).fence).toEqual(aFence({ phone: 1, city: 2 }));
  });

  test('settles although the first copy of the acquisition arrives only now', async () => {
    const name = aName();
    const ledger = inDynamoDb();
    await ledger.acquire(name, 'a', NOON, END);
    await inDynamoDb().acquire(name, 'a', NOON, END);
    expect(await ledger.settle(aSettlement(name, 'a', { fence: aFence({ phone: 1 }) }))).toBe(true);
    expect((await entryUnder(ledger, name)).fence).toEqual(aFence({ phone: 1 }));
  });

  /** The first try to close a lease arrives, but the connection breaks before its answer. */
  const brokenOnce = () => {
    let failures = 1;
    return inDynamoDb(
      interrupted(async (command) => {
        if (!closes(command) || failures-- <= 0) return;
        await database.client.send(command);
        throw new Error('connection reset');
      }),
    );
  };

  test('does not take the release of a lease for a settlement', async () => {
    const name = aName();
    const ledger = brokenOnce();
    await ledger.acquire(name, 'a', NOON, END);
    await expect(ledger.release(name, 'a')).rejects.toThrow('connection reset');
    expect(await ledger.settle(aSettlement(name, 'a', { fence: aFence({ phone: 1 }) }))).toBe(false);
  });

  test('may be asked to settle again after the table could not be reached', async () => {
    const name = aName();
    const ledger = brokenOnce();
    await ledger.acquire(name, 'a', NOON, END);
    await expect(ledger.settle(aSettlement(name, 'a'))).rejects.toThrow('connection reset');
    expect(await ledger.settle(aSettlement(name, 'a'))).toBe(true);
  });
});

describe('a contact ledger in DynamoDB that erases a person', () => {
  const ORDER = written(5);

  async function erased(ledger: ContactLedger, name: LedgerName) {
    await ledger.acquire(name, 'a', NOON, END);
    return ledger.erase({ name, owner: 'a', order: ORDER });
  }
  const allItems = async () => (await database.client.send(new ScanCommand({ TableName: database.table }))).Items ?? [];

  test('leaves the name nowhere in the table, and on all that is left an end', async () => {
    const ledger = inDynamoDb();
    const [address, id] = [`${ulid()}@example.com`, ulid() as ContactId];
    const name = nameOfKey('email', address);
    await ledger.point(nameOfId(id), name);
    await settleInTurn(ledger, name, [{ id, fence: aFence({ phone: 1 }) }]);
    expect(await erased(ledger, name)).toBe(true);
    const items = await allItems();
    expect(JSON.stringify(items)).not.toContain(address);
    const left = items.filter(({ pk }) => pk?.S === nameOfId(id) || /^eras(ed|ure)#/.test(pk?.S ?? ''));
    expect(left.length).toBeGreaterThanOrEqual(3);
    // All tests of this file delete within ten seconds after noon.
    const [first, last] = [NOON, later(NOON, seconds(10))].map((time) => later(time, days(45)) / 1_000);
    for (const { expiresAt } of left) {
      expect(Number(expiresAt?.N)).toBeGreaterThanOrEqual(first ?? 0);
      expect(Number(expiresAt?.N)).toBeLessThanOrEqual(last ?? 0);
    }
  });

  test.each([
    ['is a home of its own by now', async (ledger: ContactLedger, name: LedgerName) => ledger.point(name, name)],
    ['points elsewhere by now', async (ledger: ContactLedger, name: LedgerName) => ledger.point(name, aName())],
    [
      'was led elsewhere under its lease',
      async (ledger: ContactLedger, name: LedgerName) => {
        await ledger.point(name, name);
        await ledger.acquire(name, 'a', NOON, END);
        await ledger.settle(aSettlement(name, 'a', { home: aName() }));
      },
    ],
  ])('leaves a name that %s in none of the homes that it had', async (_, leave) => {
    const ledger = inDynamoDb();
    const address = `${ulid()}@example.com`;
    const [name, former] = [nameOfKey('email', address), aName()];
    await settleInTurn(ledger, former, [{ id: ADA, fence: aFence({ phone: 1 }) }]);
    await ledger.point(name, former);
    await leave(ledger, name);
    const [hint] = await ledger.findHints([name], 'strong');
    expect(await erased(ledger, hint?.home ?? name)).toBe(true);
    expect(JSON.stringify(await allItems())).not.toContain(address);
    expect(await entryUnder(ledger, former)).toEqual({ name: former, id: ADA, fence: aFence({ phone: 1 }) });
  });

  test('leaves a name that points elsewhere by now in the list of its home, for the day when that one is erased', async () => {
    const ledger = inDynamoDb();
    const address = `${ulid()}@example.com`;
    const [name, former, home] = [nameOfKey('email', address), aName(), aName()];
    await ledger.point(name, former);
    await ledger.point(name, home);
    expect(await erased(ledger, former)).toBe(true);
    expect(await ledger.findHints([name], 'strong')).toEqual([{ name, home }]);
    expect(await erased(ledger, home)).toBe(true);
    expect(JSON.stringify(await allItems())).not.toContain(address);
  });

  test('leaves a contact alone that has an e-mail of the person by now, and that one without the name of the person', async () => {
    const ledger = inDynamoDb();
    const [address, id] = [`${ulid()}@example.com`, ulid() as ContactId];
    const [person, name, alias] = [nameOfKey('email', address), aName(), aName()];
    await ledger.point(name, person);
    await ledger.point(name, name);
    await ledger.point(alias, name);
    await settleInTurn(ledger, name, [{ id, fence: aFence({ phone: 1 }) }]);
    expect(await erased(ledger, person)).toBe(true);
    expect(await entryUnder(ledger, name)).toEqual({ name, id, fence: aFence({ phone: 1 }) });
    expect(await ledger.findHints([alias, nameOfId(id)], 'strong')).toEqual([{ name: alias, home: name }]);
    await ledger.acquire(name, 'b', NOON, END);
    expect(await ledger.recallErasures([name], 'b')).toEqual(new Map());
    expect(JSON.stringify(await allItems())).not.toContain(address);
  });

  test('finds a name by the way that it leads there now, though it is in the list of another way too', async () => {
    const ledger = inDynamoDb();
    const address = `${ulid()}@example.com`;
    const [name, between, home] = [nameOfKey('email', address), aName(), aName()];
    await ledger.point(name, home);
    await ledger.point(name, between);
    await ledger.point(between, home);
    expect(await erased(ledger, home)).toBe(true);
    expect(JSON.stringify(await allItems())).not.toContain(address);
  });

  test('after a crash leaves no pointer behind', async () => {
    const name = aName();
    const address = `${ulid()}@example.com`;
    const alias = nameOfKey('email', address);
    await inDynamoDb().point(alias, aName());
    await inDynamoDb().point(alias, name);
    let isDead = false;
    const dying = inDynamoDb(
      interrupted((command) => {
        isDead ||= command instanceof DeleteItemCommand;
        if (isDead) throw new Error('killed');
      }),
    );
    await expect(erased(dying, name)).rejects.toThrow('killed');
    expect(await inDynamoDb().erase({ name, owner: 'a', order: ORDER })).toBe(true);
    expect(JSON.stringify(await allItems())).not.toContain(address);
  });

  test('knows its own erasure again when its answers are lost', async () => {
    const doubled = (command: unknown) => command instanceof UpdateItemCommand || command instanceof DeleteItemCommand;
    const ledger = inDynamoDb(
      interrupted(async (command) => {
        if (doubled(command)) await database.client.send(command as DeleteItemCommand).catch(() => {});
      }),
    );
    const name = aName();
    await settleInTurn(ledger, name, [{ id: ADA, fence: aFence({ phone: 1 }) }]);
    expect(await erased(ledger, name)).toBe(true);
    await ledger.acquire(name, 'b', NOON, END);
    expect(await ledger.recallErasures([name], 'b')).toEqual(new Map([[name, ORDER]]));
  });

  test('D3: a late copy of an erasure does not take a later lease of its owner away', async () => {
    const name = aName();
    const sent: DeleteItemCommand[] = [];
    const isDeletion = (command: unknown): command is DeleteItemCommand => command instanceof DeleteItemCommand;
    const ledger = inDynamoDb(interrupted((command) => void (isDeletion(command) && sent.push(command))));
    await erased(ledger, name);
    await ledger.acquire(name, 'a', later(NOON, milliseconds(1)), END);
    const [former] = sent;
    if (former === undefined) throw new Error('nothing was erased');
    await expect(database.client.send(former)).rejects.toThrow('conditional request failed');
    expect(await ledger.acquire(name, 'b', later(NOON, milliseconds(1)), END)).toEqual({ kind: 'held', end: END });
  });

  test('may be asked again after the table could not be reached, and has lost no floor', async () => {
    const name = aName();
    let failures = 1;
    const ledger = inDynamoDb(
      interrupted((command) => {
        if (command instanceof DeleteItemCommand && failures-- > 0) throw new Error('connection reset');
      }),
    );
    await settleInTurn(ledger, name, [{ id: ADA, fence: aFence({ phone: 1 }) }]);
    await expect(erased(ledger, name)).rejects.toThrow('connection reset');
    expect(await ledger.erase({ name, owner: 'a', order: ORDER })).toBe(true);
    await ledger.acquire(name, 'b', NOON, END);
    expect(await ledger.recallErasures([name], 'b')).toEqual(new Map([[name, ORDER]]));
  });

  describe('T1: an item expires', () => {
    const expiryOf = async (name: LedgerName) => {
      const { Item: item } = await database.client.send(
        new GetItemCommand({ TableName: database.table, Key: { pk: { S: name } } }),
      );
      return item?.['expiresAt']?.N;
    };

    test('long after a lease that is never given back, and not at all after one that is settled', async () => {
      const ledger = inDynamoDb();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      expect(await expiryOf(name)).toBe(String((END + days(45)) / 1_000));
      await ledger.settle(aSettlement(name, 'a', { id: ADA }));
      expect(await expiryOf(name)).toBeUndefined();
    });

    test('not after a lease that is given back, when anything is known of the name', async () => {
      const ledger = inDynamoDb();
      const names = [aName(), aName()] as const;
      await settleInTurn(ledger, names[0], [{ id: ADA }]);
      await ledger.point(aName(), names[1]);
      for (const name of names) {
        await ledger.acquire(name, 'a', NOON, END);
        expect(await ledger.release(name, 'a')).toBe(true);
        expect(await expiryOf(name)).toBeUndefined();
      }
    });

    test('not once a blank name points elsewhere, is pointed to, or inherits an archive', async () => {
      const ledger = inDynamoDb();
      const names = [aName(), aName(), aName()] as const;
      for (const name of names) {
        await ledger.acquire(name, 'a', NOON, END);
        await ledger.release(name, 'a');
        expect(await expiryOf(name)).toBeDefined();
      }
      await ledger.point(names[0], names[1]);
      await ledger.point(names[2], names[2], { floor: orderKey(NOON, sequence(1)) });
      for (const name of names) expect(await expiryOf(name)).toBeUndefined();
    });

    test.each([1, 2])(
      'long after a crash in the middle of pointing a new name to a home, %i writes in',
      async (written) => {
        const [name, home] = [aName(), aName()];
        let writesLeft = written;
        const dying = inDynamoDb(
          interrupted((command) => {
            if (command instanceof UpdateItemCommand && writesLeft-- <= 0) throw new Error('killed');
          }),
        );
        await expect(dying.point(name, home)).rejects.toThrow('killed');
        expect(await erased(inDynamoDb(), home)).toBe(true);
        const end = String((NOON + days(45)) / 1_000);
        expect(await expiryOf(name)).toBe(end);
        await inDynamoDb().point(name, home);
        expect(await expiryOf(name)).toBeUndefined();
      },
    );

    test('not after a lease that is given back, when a fence was raised under it', async () => {
      const ledger = inDynamoDb();
      const name = aName();
      await ledger.acquire(name, 'a', NOON, END);
      await ledger.raise(name, 'a', aFence({ phone: 1 }));
      expect(await ledger.release(name, 'a')).toBe(true);
      expect(await expiryOf(name)).toBeUndefined();
    });

    test('a day after a lease that is given back, when nothing is: an erased name that a late request took', async () => {
      const ledger = inDynamoDb();
      const name = aName();
      const inADay = String((NOON + days(1)) / 1_000);
      await ledger.acquire(name, 'a', NOON, END);
      expect(await ledger.release(name, 'a')).toBe(true);
      expect(await expiryOf(name)).toBe(inADay);
      // A process that never heard that it had got the lease knows no more of it than what is stored.
      await inDynamoDb().acquire(name, 'a', NOON, END);
      expect(await ledger.release(name, 'a')).toBe(true);
      expect(await expiryOf(name)).toBe(inADay);
    });
  });

  test('costs one read for any number of new names while nobody was erased lately', async () => {
    const own = await startEmbeddedDynamoDb('contacts', ['pk']);
    const sent: unknown[] = [];
    const send = async (command: GetItemCommand) => {
      sent.push(command);
      return own.client.send(command);
    };
    const client = Object.create(own.client, { send: { value: send } });
    const ledger = createDynamoDbContactLedger({ client, table: own.table, clock: createFakeClock(NOON) });
    expect(await ledger.recallErasures([aName(), aName(), aName()], 'a')).toEqual(new Map());
    expect(sent.map((command) => command instanceof GetItemCommand)).toEqual([true]);
    await own.close();
  });
});

describe('a contact ledger of items in DynamoDB', () => {
  test('costs one write to acquire and one to settle', async () => {
    const sent: unknown[] = [];
    const ledger = inDynamoDb(interrupted((command) => void sent.push(command)));
    const name = aName();
    await ledger.acquire(name, 'a', NOON, END);
    await ledger.settle(aSettlement(name, 'a', { id: ADA, fence: aFence({ phone: 1 }) }));
    expect(sent.map((command) => command instanceof UpdateItemCommand)).toEqual([true, true]);
  });

  test('settles a lease that another process acquired for the same owner, without losing the fence', async () => {
    const name = aName();
    await inDynamoDb().acquire(name, 'a', NOON, END);
    await inDynamoDb().settle(aSettlement(name, 'a', { fence: aFence({ phone: 3, city: 1 }) }));
    await inDynamoDb().acquire(name, 'b', NOON, END);
    expect(await inDynamoDb().settle(aSettlement(name, 'b', { fence: aFence({ phone: 2 }) }))).toBe(true);
    expect((await entryUnder(inDynamoDb(), name)).fence).toEqual(aFence({ phone: 3, city: 1 }));
  });

  test('raises a fence under a lease that another process acquired for the same owner', async () => {
    const name = aName();
    await settleInTurn(inDynamoDb(), name, [{ fence: aFence({ phone: 3, city: 1 }) }]);
    await inDynamoDb().acquire(name, 'b', NOON, END);
    expect(await inDynamoDb().raise(name, 'b', aFence({ phone: 2, email: 2 }))).toBe(true);
    expect((await entryUnder(inDynamoDb(), name)).fence).toEqual(aFence({ phone: 3, city: 1, email: 2 }));
  });

  test('takes a lease that is released between the refusal and the look at it', async () => {
    const name = aName();
    const holder = inDynamoDb();
    await holder.acquire(name, 'a', NOON, END);
    const ledger = inDynamoDb(
      interrupted(async (command) => {
        if (command instanceof GetItemCommand) await holder.release(name, 'a');
      }),
    );
    expect(await ledger.acquire(name, 'b', NOON, END)).toEqual(acquired(name));
  });

  test('takes a lease over that turns out to end at this moment', async () => {
    const name = aName();
    const holder = inDynamoDb();
    await holder.acquire(name, 'a', NOON, END);
    const ledger = inDynamoDb(
      interrupted(async (command) => {
        if (command instanceof GetItemCommand) await holder.acquire(name, 'a', NOON, NOON);
      }),
    );
    expect(await ledger.acquire(name, 'b', NOON, END)).toEqual(acquired(name, NOON));
  });

  test('gives up, to be asked again at once, on a lease that changes hands all the time', async () => {
    const name = aName();
    const holder = inDynamoDb();
    let rounds = 0;
    const ledger = inDynamoDb(
      interrupted(async (command) => {
        if (command instanceof GetItemCommand) await holder.release(name, 'a');
        else {
          rounds += 1;
          await holder.acquire(name, 'a', NOON, END);
        }
      }),
    );
    expect(await ledger.acquire(name, 'b', NOON, END)).toEqual({ kind: 'held', end: NOON });
    expect(rounds).toBe(3);
  });

  test('drops fences older than 61 days when it settles, and keeps all others: a write is 30 days late at most, and 30 days old before', async () => {
    const name = aName();
    const [old, young] = [later(NOON, seconds(1)), later(NOON, seconds(2))];
    await inDynamoDb().acquire(name, 'a', NOON, END);
    const fence = new Map([
      ['phone', orderKey(old, sequence(1))],
      ['city', orderKey(young, sequence(2))],
    ]);
    await inDynamoDb().settle(aSettlement(name, 'a', { fence }));
    const muchLater = later(young, days(61));
    const ledger = inDynamoDb(database.client, muchLater);
    await ledger.acquire(name, 'b', muchLater, later(muchLater, seconds(1)));
    await ledger.settle(aSettlement(name, 'b'));
    const found = await ledger.acquire(name, 'c', muchLater, later(muchLater, seconds(1)));
    expect(found).toMatchObject({ entry: { fence: new Map([['city', orderKey(young, sequence(2))]]) } });
  });

  test('T1: leaves nothing for the time to live of the table to delete', async () => {
    const name = aName();
    const ledger = inDynamoDb();
    await ledger.acquire(name, 'a', NOON, END);
    await ledger.settle(aSettlement(name, 'a', { id: ADA }));
    const { Item: item } = await database.client.send(
      new GetItemCommand({ TableName: database.table, Key: { pk: { S: name } } }),
    );
    expect(item).toMatchObject({ id: { S: ADA } });
    expect(item).not.toHaveProperty('expiresAt');
  });

  test.each(['{', '{}', '[["1",2]]', '["1"]'])(
    'refuses to work on a fence that it did not write: %s',
    async (fence) => {
      const name = aName();
      await database.client.send(
        new PutItemCommand({ TableName: database.table, Item: { pk: { S: name }, fence: { S: fence } } }),
      );
      await expect(inDynamoDb().acquire(name, 'a', NOON, END)).rejects.toThrow('attribute fence');
    },
  );
});
