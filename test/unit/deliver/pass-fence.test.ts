import { describe, expect, test } from '@jest/globals';
import { passFence } from '../../../lib/deliver/pass-fence.ts';
import type { PendingWrite } from '../../../lib/deliver/pending-write.ts';
import { addressOf, orderOf } from '../../../lib/deliver/pending-write.ts';
import { archivingOf } from '../../../lib/directory/archiving-mark.ts';
import { ARCHIVED, type LedgerEntry, nameOfKey, STAGE_CLEARED } from '../../../lib/directory/contact-ledger.ts';
import type { ContactId, Verb } from '../../../lib/operations/contact-write.ts';
import { aPendingWrite } from '../../support/a-contact-write.ts';

const aWrite = (n: number, properties: Record<string, string>, verb: Verb = 'upsert'): PendingWrite =>
  aPendingWrite(n, verb, { id: 'ada@example.com', idProperty: 'email', properties });

/** What the ledger lets through of writes that were merged. */
function pass(ledger: Partial<LedgerEntry>, first: PendingWrite, ...rest: readonly PendingWrite[]) {
  const properties = Object.assign({}, ...[first, ...rest].map(({ write }) => write.properties));
  const entry = { writes: [first, ...rest] as const, address: addressOf(first), properties };
  return passFence(entry, { name: nameOfKey('email', 'ada@example.com'), fence: new Map(), ...ledger });
}

/** The ledger after the nth write has set the stage. */
const stageSet = (n: number, stage = 'lead') => ({ fence: fenceOf(n, 'lifecyclestage'), stage });
const stageCleared = (n: number) => ({ fence: fenceOf(n, 'lifecyclestage') });
const fenceOf = (n: number, ...names: string[]) => new Map(names.map((name) => [name, orderOf(aWrite(n, {}))]));
const CLEAR = { lifecyclestage: '' };

describe('a write held against the fence of its contact', () => {
  test('brings what no newer write has touched', () => {
    const write = aWrite(2, { city: 'old', phone: 'new' });
    expect(pass({ fence: new Map([...fenceOf(3, 'city'), ...fenceOf(1, 'phone')]) }, write)).toMatchObject({
      send: { writes: [write], properties: { phone: 'new' } },
      superseded: [],
    });
  });

  test('is superseded when newer writes brought all that it brings', () => {
    const write = aWrite(2, { city: 'old' });
    expect(pass({ fence: fenceOf(3, 'city') }, write)).toEqual({ delivered: [], superseded: [write] });
  });

  test('has been delivered when the fence is its own', () => {
    const write = aWrite(2, { city: 'old', phone: 'new' });
    expect(pass({ fence: fenceOf(2, 'city') }, write)).toEqual({ delivered: [write], superseded: [] });
  });
});

describe('a create', () => {
  const create = aPendingWrite(2, 'create', { properties: { email: 'ada@example.com', city: 'own', phone: 'own' } });
  const made = { creation: { by: create.key, id: '512' as ContactId } };

  test('is sent as it is while nobody knows that it made the contact', () => {
    expect(pass({ fence: fenceOf(3, 'city') }, create).send?.properties).toEqual(create.write.properties);
  });

  test('that made its contact repeats what neither it nor a newer write is known to have brought', () => {
    expect(pass({ ...made, fence: fenceOf(3, 'city') }, create).send?.properties).toEqual({ phone: 'own' });
  });

  test('that made its contact and is in the fence has been delivered', () => {
    const fence = new Map([...fenceOf(3, 'city'), ...fenceOf(2, 'phone')]);
    expect(pass({ ...made, fence }, create)).toEqual({ delivered: [create], superseded: [] });
  });
});

describe('a clear of the lifecycle stage', () => {
  test('that is older than a set is sent, and the set after it once more', () => {
    const clear = aWrite(2, { ...CLEAR, city: 'old' });
    const ledger = { ...stageSet(3), fence: fenceOf(3, 'lifecyclestage', 'city') };
    expect(pass(ledger, clear)).toMatchObject({
      send: { writes: [clear], properties: CLEAR },
      stageAgain: 'lead',
      superseded: [],
    });
  });

  test('that is newer than a set is the last word', () => {
    const passage = pass(stageSet(1), aWrite(2, CLEAR));
    expect(passage.send?.properties).toEqual(CLEAR);
    expect(passage.stageAgain).toBeUndefined();
  });

  test('whose own key is in the fence has been delivered', () => {
    const clear = aWrite(2, CLEAR);
    expect(pass(stageCleared(2), clear)).toEqual({ delivered: [clear], superseded: [] });
  });

  test('that is older than another clear is superseded', () => {
    const clear = aWrite(2, CLEAR);
    expect(pass(stageCleared(3), clear)).toEqual({ delivered: [], superseded: [clear] });
  });

  test('that was made late, with the set after it once more, has been delivered', () => {
    const clear = aWrite(2, CLEAR);
    const ledger = { ...stageSet(3), fence: new Map([...fenceOf(3, 'lifecyclestage'), ...fenceOf(2, STAGE_CLEARED)]) };
    expect(pass(ledger, clear)).toEqual({ delivered: [clear], superseded: [] });
  });

  test('that is older than one that was made late is superseded', () => {
    const clear = aWrite(1, CLEAR);
    const ledger = { ...stageSet(3), fence: new Map([...fenceOf(3, 'lifecyclestage'), ...fenceOf(2, STAGE_CLEARED)]) };
    expect(pass(ledger, clear)).toEqual({ delivered: [], superseded: [clear] });
  });

  test('late, and merged with one that is newer than the set, leaves the stage cleared', () => {
    const passage = pass(stageSet(3), aWrite(2, CLEAR), aWrite(4, CLEAR));
    expect(passage.send?.properties).toEqual(CLEAR);
    expect(passage.stageAgain).toBeUndefined();
  });

  test('late, and merged with what says nothing of the stage, is followed by the set', () => {
    const passage = pass(stageSet(3), aWrite(2, CLEAR), aWrite(4, { city: 'new' }));
    expect(passage.send?.properties).toEqual({ ...CLEAR, city: 'new' });
    expect(passage.stageAgain).toBe('lead');
  });

  test('does not bring an older set back', () => {
    const set = aWrite(2, { lifecyclestage: 'customer' });
    expect(pass(stageSet(3), set)).toEqual({ delivered: [], superseded: [set] });
  });
});

describe('an archive', () => {
  const archive = (n: number): PendingWrite => aWrite(n, {}, 'archive');

  test('of a contact of which nothing newer is known is made', () => {
    expect(pass({ fence: fenceOf(1, 'city') }, archive(2))).toMatchObject({ send: { properties: {} }, superseded: [] });
  });

  test('that is older than anything the contact was given is superseded', () => {
    const fence = new Map([...fenceOf(1, 'city'), ...fenceOf(3, 'phone')]);
    expect(pass({ fence }, archive(2))).toMatchObject({ superseded: [{ verb: 'archive' }] });
  });

  test('is not superseded by a newer one that was sent, since nobody knows what came of that', () => {
    expect(pass({ fence: fenceOf(3, archivingOf(nameOfKey('email', 'ada@example.com'))) }, archive(2))).toMatchObject({
      send: { properties: {} },
      superseded: [],
    });
  });

  test('that was sent supersedes nothing: nobody knows what came of it', () => {
    const properties = { city: 'old' };
    expect(
      pass({ fence: fenceOf(3, archivingOf(nameOfKey('email', 'ada@example.com'))) }, aWrite(2, properties)).send
        ?.properties,
    ).toEqual(properties);
  });

  test('whose own key is in the fence has been made', () => {
    expect(pass({ fence: fenceOf(2, ARCHIVED) }, archive(2))).toMatchObject({ delivered: [{ verb: 'archive' }] });
  });

  test.each<Verb>(['create', 'update', 'upsert'])('leaves nothing of an older %s', (verb) => {
    const write = aWrite(2, { city: 'old' }, verb);
    expect(pass({ fence: fenceOf(3, ARCHIVED) }, write)).toEqual({ delivered: [], superseded: [write] });
  });

  test('says nothing of newer writes', () => {
    expect(pass({ fence: fenceOf(3, ARCHIVED) }, aWrite(4, { city: 'new' })).send?.properties).toEqual({ city: 'new' });
  });
});
