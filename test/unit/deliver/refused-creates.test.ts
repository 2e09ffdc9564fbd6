import { expect, test } from '@jest/globals';
import { nameOfKey } from '../../../lib/directory/contact-ledger.ts';
import { aContactWrite, aMessage } from '../../support/a-contact-write.ts';
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
