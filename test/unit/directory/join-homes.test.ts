import { describe, expect, test } from '@jest/globals';
import { type FormerHome, nameOfKey, type OrderKey, orderKey } from '../../../lib/directory/contact-ledger.ts';
import { joinHomes, secondOf } from '../../../lib/directory/join-homes.ts';
import { after, days, epochMs } from '../../../lib/runtime/units.ts';
import { NOON, sequence } from '../../support/a-contact-write.ts';

const HORIZON = after(NOON, days(-61));
const at = (n: number): OrderKey => orderKey(epochMs(NOON + n), sequence(n));
/** A home whose phone numbers have the place in the order for a print. */
const aHome = (...places: readonly number[]): FormerHome => ({
  fence: new Map(
    [
      ['phone', places[0]],
      [secondOf('phone'), places[1]],
    ].flatMap(([name, n]) => (typeof n === 'number' ? [[String(name), at(n)] as const] : [])),
  ),
  prints: new Map([['phone', places.join(' ')]]),
});
const join = (home: FormerHome, ...formers: readonly FormerHome[]) =>
  joinHomes({ name: nameOfKey('email', 'ada@example.com'), ...home }, formers, HORIZON);

describe('homes of one contact', () => {
  test.each([
    ['the newest of the former home', [3], [[5]], [5, 3]],
    ['the newest of its own', [5], [[3]], [5, 3]],
    ['of three', [3], [[5], [4]], [5, 4, 3]],
    ['of three, the last the oldest', [5], [[4], [3]], [5, 4]],
    ['one that was joined before', [5, 1], [[4]], [5, 4, 1]],
    ['two that were joined before', [5, 2], [[4, 3]], [5, 4, 3]],
    ['one that was joined before, and is newer in both', [1], [[5, 4]], [5, 4, 1]],
  ])('have their values in order: %s', (_name, home, formers, expected) => {
    const joined = join(aHome(...home), ...formers.map((former) => aHome(...former)));
    expect(joined?.prints).toEqual(new Map([['phone', expected.join(' ')]]));
    expect(joined?.fence).toEqual(aHome(...expected).fence);
  });

  test.each([
    ['what it has joined', [5, 3], [3]],
    ['what is older than the two newest', [5, 3], [2]],
    ['the same write', [5], [5]],
  ])('are not joined again for %s', (_name, home, former) => {
    expect(join(aHome(...home), aHome(...former))).toBeUndefined();
  });

  test('are not joined again once a newer write has replaced what was joined', () => {
    const home = { ...aHome(7), fence: aHome(7, 3).fence };
    for (const former of [aHome(3), aHome(5), aHome(5, 3)]) expect(join(home, former)).toBeUndefined();
    expect(join(home, aHome(9))?.fence).toEqual(aHome(9, 7).fence);
  });

  test('keep the place of a value without a print', () => {
    const joined = join({ fence: aHome(5, 2).fence }, aHome(9, 3));
    expect(joined?.prints).toEqual(new Map([['phone', '9 3']]));
    expect(joined?.fence).toEqual(aHome(9, 5).fence);
  });

  test('have no print where the newest value has none', () => {
    const joined = join(aHome(3), { fence: new Map([['phone', at(5)]]) });
    expect(joined?.prints).toEqual(new Map());
    expect(joined?.fence).toEqual(new Map([['phone', at(5)]]));
  });
});
