import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contactOf, type KnownContacts, type PendingWrite } from '../../../lib/deliver/pending-write.ts';
import { MAX_INPUTS_PER_CALL, type PlannedCall, planCalls, type TravelRules } from '../../../lib/deliver/plan-calls.ts';
import { type LedgerName, nameOfId, nameOfKey } from '../../../lib/directory/contact-ledger.ts';
import type { ContactId, Verb } from '../../../lib/operations/contact-write.ts';
import { epochMs } from '../../../lib/runtime/units.ts';
import { aPendingWrite, NOON } from '../../support/a-contact-write.ts';

const nothingKnown: KnownContacts = {
  homes: new Map(),
  ids: new Map(),
  confirmed: new Set(),
  moved: new Map(),
  unsure: new Set(),
};
const freely: TravelRules = { unmerged: new Set(), quarantine: new Map(), made: new Map(), followUps: new Map() };

const upsert = (n: number, email: string, properties: Record<string, string>): PendingWrite =>
  aPendingWrite(n, 'upsert', { id: email, idProperty: 'email', properties });
const updateByEmail = (n: number, email: string, properties: Record<string, string>): PendingWrite =>
  aPendingWrite(n, 'update', { id: email, idProperty: 'email', properties });
const updateById = (n: number, id: string, properties: Record<string, string>): PendingWrite =>
  aPendingWrite(n, 'update', { id, properties });
const knows = (email: string, id: string, isConfirmed = true): KnownContacts => ({
  homes: new Map([[nameOfId(id as ContactId), nameOfKey('email', email)]]),
  ids: new Map([[nameOfKey('email', email), id as ContactId]]),
  confirmed: new Set(isConfirmed ? [nameOfKey('email', email)] : []),
  moved: new Map(),
  unsure: new Set(),
});

test('an id that two homes lead to is in one call at a time: nobody knows yet that they are one contact', () => {
  const known: KnownContacts = {
    ...knows('ada@example.com', '5'),
    homes: new Map([[nameOfId('5' as ContactId), nameOfId('5' as ContactId)]]),
  };
  const calls = planCalls(
    [updateById(1, '5', { city: 'a' }), updateByEmail(2, 'ada@example.com', { phone: '1' })],
    known,
    freely,
  );
  expect(calls.flatMap(({ entries }) => entries.map(({ id }) => id))).toEqual(['5']);
});

test('an id that another one was merged into is in one reading at a time', () => {
  const [former, survivor] = ['4', '5'].map((id) => nameOfId(id as ContactId));
  const known: KnownContacts = {
    ...nothingKnown,
    moved: new Map([['4', '5']] as [ContactId, ContactId][]),
    homes: new Map([[former, nameOfKey('email', 'ada@example.com')]] as [LedgerName, LedgerName][]),
    unsure: new Set([former, survivor]) as ReadonlySet<LedgerName>,
  };
  const calls = planCalls([updateById(1, '4', { city: 'a' }), updateById(2, '5', { city: 'b' })], known, freely);
  expect(calls).toMatchObject([{ kind: 'identify', entries: [{ id: '5' }] }]);
  expect(calls[0]?.entries).toHaveLength(1);
});

describe('merging the writes of one contact', () => {
  test('the newest value of each property wins and every write is in the entry', () => {
    const calls = planCalls(
      [
        upsert(2, 'ada@example.com', { firstname: 'Augusta', city: 'London' }),
        upsert(1, 'ada@example.com', { firstname: 'Ada', phone: '1' }),
      ],
      nothingKnown,
      freely,
    );
    expect(calls).toHaveLength(1);
    expect(calls[0]?.entries).toHaveLength(1);
    expect(calls[0]?.entries[0]?.properties).toEqual({ firstname: 'Augusta', phone: '1', city: 'London' });
    expect(calls[0]?.entries[0]?.writes.map(({ write }) => Number(write.sequence))).toEqual([1, 2]);
  });

  test("a source's own time orders before the order of arrival", () => {
    const late = aPendingWrite(2, 'upsert', {
      id: 'ada@example.com',
      idProperty: 'email',
      properties: { city: 'older' },
      occurredAt: epochMs(NOON - 1),
    });
    const [call] = planCalls([late, upsert(1, 'ada@example.com', { city: 'newer' })], nothingKnown, freely);
    expect(call?.entries[0]?.properties).toEqual({ city: 'newer' });
  });

  test('an e-mail in capitals is the same contact', () => {
    const [call] = planCalls(
      [upsert(1, 'ada@example.com', { city: 'a' }), updateByEmail(2, ' ADA@example.com ', { city: 'b' })],
      nothingKnown,
      freely,
    );
    expect(call?.entries).toHaveLength(1);
    expect(call?.entries[0]?.writes).toHaveLength(1);
  });

  test('unlike verbs follow one another and are never in one round', () => {
    const calls = planCalls(
      [upsert(1, 'ada@example.com', { city: 'a' }), updateByEmail(2, 'ada@example.com', { city: 'b' })],
      nothingKnown,
      freely,
    );
    expect(calls.map(({ kind }) => kind)).toEqual(['upsert']);
  });

  test('creates never merge, not even of one e-mail', () => {
    const create = (n: number) => aPendingWrite(n, 'create', { properties: { email: 'ada@example.com' } });
    const calls = planCalls([create(1), create(2)], nothingKnown, freely);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.entries.map(({ writes }) => writes.length)).toEqual([1]);
  });

  test('creates without an e-mail travel side by side', () => {
    const create = (n: number) => aPendingWrite(n, 'create', { properties: { firstname: 'Ada' } });
    expect(planCalls([create(1), create(2)], nothingKnown, freely)[0]?.entries).toHaveLength(2);
  });

  test('a lifecycle stage that is cleared and then set goes in two waves', () => {
    const calls = planCalls(
      [updateById(1, '5', { lifecyclestage: '' }), updateById(2, '5', { lifecyclestage: 'lead' })],
      knows('ada@example.com', '5'),
      freely,
    );
    expect(calls[0]?.entries[0]?.properties).toEqual({ lifecyclestage: '' });
  });

  test('a change of e-mail ends its group', () => {
    const calls = planCalls(
      [updateById(1, '5', { email: 'new@example.com' }), updateById(2, '5', { city: 'b' })],
      nothingKnown,
      freely,
    );
    expect(calls[0]?.entries[0]?.writes).toHaveLength(1);
  });

  test('writes that were taken apart stay apart', () => {
    const writes = [upsert(1, 'ada@example.com', { city: 'a' }), upsert(2, 'ada@example.com', { city: 'b' })];
    const calls = planCalls(writes, nothingKnown, { ...freely, unmerged: new Set(writes.map(({ key }) => key)) });
    expect(calls[0]?.entries[0]?.writes).toHaveLength(1);
  });
});

describe('addressing', () => {
  test('a create that made its contact already goes as an update, among others', () => {
    const create = aPendingWrite(1, 'create', { properties: { email: 'ada@example.com', city: 'a' } });
    const rules = { ...freely, made: new Map([[create.key, '5' as ContactId]]) };
    const calls = planCalls([create, updateById(2, '6', {})], knows('bo@example.com', '6'), rules);
    expect(calls).toMatchObject([{ kind: 'update', entries: [{ id: '5' }, { id: '6' }] }]);
  });

  test('an update by an unknown e-mail is resolved first', () => {
    expect(planCalls([updateByEmail(1, 'ada@example.com', {})], nothingKnown, freely)).toMatchObject([
      { kind: 'resolve', idProperty: 'email' },
    ]);
  });

  test('an update by a known e-mail goes by id', () => {
    const [call] = planCalls([updateByEmail(1, 'ada@example.com', {})], knows('ada@example.com', '5'), freely);
    expect(call).toMatchObject({ kind: 'update', entries: [{ id: '5' }] });
  });

  test('a mapping that nobody confirmed lately is resolved again', () => {
    const [call] = planCalls([updateByEmail(1, 'ada@example.com', {})], knows('ada@example.com', '5', false), freely);
    expect(call?.kind).toBe('resolve');
  });

  test('an upsert keeps the key it came with, even when the id is known', () => {
    const [call] = planCalls([upsert(1, 'ada@example.com', {})], knows('ada@example.com', '5'), freely);
    expect(call).toMatchObject({ kind: 'upsert', idProperty: 'email' });
    expect(call?.entries[0]?.id).toBeUndefined();
  });

  test('writes by id and by e-mail of one known contact wait for each other', () => {
    const calls = planCalls(
      [upsert(1, 'ada@example.com', { city: 'a' }), updateById(2, '5', { city: 'b' })],
      knows('ada@example.com', '5'),
      freely,
    );
    expect(calls.map(({ kind }) => kind)).toEqual(['upsert']);
  });

  test('a contact known by an id alone is identified first, so that writes by e-mail meet it', () => {
    expect(planCalls([updateById(1, '5', { city: 'x' })], nothingKnown, freely)).toMatchObject([{ kind: 'identify' }]);
  });

  test('a contact that was merged away is addressed by its new id', () => {
    const moved = new Map([['5' as ContactId, '9' as ContactId]]);
    const homes = new Map([[nameOfId('5' as ContactId), nameOfId('9' as ContactId)]]);
    expect(planCalls([updateById(1, '5', {})], { ...nothingKnown, homes, moved }, freely)[0]?.entries[0]?.id).toBe('9');
  });
});

describe('filling calls', () => {
  test('a call that later writes may fill waits for them', () => {
    const writes = [
      upsert(1, 'a@example.com', { city: 'x' }),
      updateById(2, '7', { city: 'x' }),
      ...[3, 4].map((n) => upsert(n, `u${n}@example.com`, { city: 'x' })),
      aPendingWrite(5, 'update', { id: 'a@example.com', idProperty: 'email', properties: { city: 'y' } }),
    ];
    const seven = nameOfId('7' as ContactId);
    const known = { ...knows('a@example.com', '1'), homes: new Map([[seven, seven]]) };
    const calls = planCalls(writes, known, freely);
    expect(calls.map(({ kind, entries }) => [kind, entries.length])).toEqual([['upsert', 3]]);
  });

  test('250 upserts make three calls', () => {
    const writes = Array.from({ length: 250 }, (_, n) => upsert(n, `u${n}@example.com`, { city: 'x' }));
    expect(planCalls(writes, nothingKnown, freely).map(({ entries }) => entries.length)).toEqual([100, 100, 50]);
  });

  test('writes under quarantine travel only with their own group', () => {
    const writes = [1, 2, 3, 4].map((n) => upsert(n, `u${n}@example.com`, { city: 'x' }));
    const quarantine = new Map(writes.slice(0, 2).map(({ key }) => [key, 'suspects'] as const));
    const sizes = planCalls(writes, nothingKnown, { ...freely, quarantine }).map(({ entries }) => entries.length);
    expect(sizes).toEqual([2, 2]);
  });
});

describe('D6: no call holds a contact twice, none holds more than 100, none mixes verbs', () => {
  const verb = fc.constantFrom<Verb>('create', 'update', 'upsert');
  const writes = fc.array(fc.tuple(verb, fc.integer({ min: 0, max: 150 }), fc.boolean()), { maxLength: 400 });
  const build = (specs: readonly [Verb, number, boolean][]): PendingWrite[] =>
    specs.map(([kind, contact, byId], n) => {
      const email = `c${contact}@example.com`;
      if (kind === 'create') return aPendingWrite(n, kind, { properties: byId ? { firstname: 'x' } : { email } });
      if (kind === 'update' && byId) return updateById(n, String(contact), { city: String(n) });
      return aPendingWrite(n, kind, { id: email, idProperty: 'email', properties: { city: String(n) } });
    });
  /** Every second contact is known to the directory. */
  const known: KnownContacts = {
    homes: new Map(
      Array.from({ length: 151 }, (_, n) => [
        nameOfId(String(n) as ContactId),
        n % 2 === 0 && n < 150 ? nameOfKey('email', `c${n}@example.com`) : nameOfId(String(n) as ContactId),
      ]),
    ),
    ids: new Map(
      Array.from({ length: 75 }, (_, n) => [nameOfKey('email', `c${n * 2}@example.com`), String(n * 2) as ContactId]),
    ),
    confirmed: new Set(Array.from({ length: 75 }, (_, n) => nameOfKey('email', `c${n * 2}@example.com`))),
    moved: new Map(),
    unsure: new Set(),
  };

  test('in any round over any mix of writes', () => {
    fc.assert(
      fc.property(writes, (specs) => {
        for (const call of planCalls(build(specs), known, freely)) expectLawful(call);
      }),
      { numRuns: 200 },
    );
  });

  test('rounds end, each write is sent once, and each contact sees its writes in order', () => {
    fc.assert(
      fc.property(writes, (specs) => {
        let open = build(specs);
        const seen = new Map<string, number>();
        const ids = new Map(known.ids);
        const confirmed = new Set(known.confirmed);
        let sent = 0;
        while (open.length > 0) {
          const calls = planCalls(open, { ...known, ids, confirmed }, freely);
          expect(calls.length).toBeGreaterThan(0);
          const done = new Set<string>();
          for (const { kind, entries } of calls) {
            for (const entry of entries) {
              if (kind === 'resolve' && entry.address.kind === 'key') {
                ids.set(entry.address.name, entry.address.value.replace(/\D/g, '') as ContactId);
                confirmed.add(entry.address.name);
                continue;
              }
              for (const write of entry.writes) {
                const contact = contactOf(write, known);
                expect(Number(write.write.sequence)).toBeGreaterThan(seen.get(contact) ?? -1);
                seen.set(contact, Number(write.write.sequence));
                done.add(write.key);
                sent += 1;
              }
            }
          }
          open = open.filter(({ key }) => !done.has(key));
        }
        expect(sent).toBe(specs.length);
      }),
      { numRuns: 100 },
    );
  });

  function expectLawful(call: PlannedCall): void {
    expect(call.entries.length).toBeLessThanOrEqual(MAX_INPUTS_PER_CALL);
    expect(new Set(call.entries.flatMap(({ writes: each }) => each.map((write) => write.verb))).size).toBe(1);
    const contacts = call.entries.map((entry) => contactOf(entry.writes[0], known));
    expect(new Set(contacts).size).toBe(contacts.length);
  }
});
