import { describe, expect, test } from '@jest/globals';
import { ARCHIVED, nameOfKey, type OrderKey, orderKey, WANTED } from '../../../lib/directory/contact-ledger.ts';
import type { ContactId } from '../../../lib/operations/contact-write.ts';
import { after as later, minutes } from '../../../lib/runtime/units.ts';
import { aContactWrite, aMessage, NOON, sequence } from '../../support/a-contact-write.ts';
import { createDeliveryWorld } from '../../support/delivery-world.ts';

const EMAIL = 'ada@example.com';

test('D4: of two creates that are refused for a contact, the older is settled before its lease ends, since no fence tells of it', async () => {
  const world = createDeliveryWorld();
  const upsert = aContactWrite(1, { id: EMAIL, idProperty: 'email', properties: { city: 'Rome' } });
  const create = (n: number) =>
    aMessage(n, 'create', [aContactWrite(n, { properties: { email: EMAIL, city: 'Paris' } })]);
  await world.deliver(world.willing(), aMessage(1, 'upsert', [upsert]));
  await world.deliver(world.willing(), create(5));
  const holders: (string | undefined)[] = [];
  const { operations, ledger } = world;
  const settle: typeof operations.settle = (settlement) => {
    holders.push(ledger.items.get(nameOfKey('email', EMAIL))?.owner);
    return operations.settle(settlement);
  };
  await world.deliver(world.willing(), create(3), Infinity, { operations: { ...operations, settle } });
  expect(holders).toEqual(['invocation-3']);
  expect(await world.outcomesOf(3)).toMatchObject([{ kind: 'rejected', httpStatus: 409 }]);
  expect(ledger.items.get(nameOfKey('email', EMAIL))?.owner).toBeUndefined();
});

describe('a create that meets its contact', () => {
  const HOME = nameOfKey('email', EMAIL);
  const create = aMessage(6, 'create', [aContactWrite(6, { properties: { email: EMAIL, city: 'Paris' } })]);
  const placeOf = (n: number) => orderKey(NOON, sequence(n));

  test('is noted for good where the person of its e-mail was deleted before', async () => {
    const world = createDeliveryWorld();
    const upsert = aContactWrite(1, { id: EMAIL, idProperty: 'email', properties: { city: 'Rome' } });
    await world.deliver(world.willing(), aMessage(1, 'upsert', [upsert]));
    await eraseIn(world.ledger, placeOf(4));
    await world.deliver(world.willing(), create);
    expect(await world.outcomesOf(6)).toMatchObject([{ kind: 'rejected', httpStatus: 409 }]);
    expect(world.ledger.items.get(HOME)?.fence.get(WANTED)).toBe(placeOf(6));
  });

  test('tells whose the e-mail is by now where its former contact was archived', async () => {
    const world = createDeliveryWorld();
    const upsert = aContactWrite(1, { id: EMAIL, idProperty: 'email', properties: { city: 'Rome' } });
    await world.deliver(world.willing(), aMessage(1, 'upsert', [upsert]));
    const { id } = world.ledger.items.get(HOME) ?? {};
    await world.ledger.acquire(HOME, 'another', NOON, later(NOON, minutes(1)));
    const former = { id: '77' as ContactId, confirmedAt: NOON, fence: new Map([[ARCHIVED, placeOf(2)]]) };
    await world.ledger.settle({ name: HOME, owner: 'another', ...former });
    await world.deliver(world.willing(), create);
    expect(await world.outcomesOf(6)).toMatchObject([{ kind: 'rejected', httpStatus: 409 }]);
    expect(world.ledger.items.get(HOME)?.id).toBe(id);
  });

  async function eraseIn(ledger: ReturnType<typeof createDeliveryWorld>['ledger'], order: OrderKey): Promise<void> {
    await ledger.acquire(HOME, 'another', NOON, later(NOON, minutes(1)));
    await ledger.erase({ name: HOME, owner: 'another', order });
  }
});
