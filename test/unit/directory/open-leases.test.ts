import { describe, expect, test } from '@jest/globals';
import { nameOfId, orderKey } from '../../../lib/directory/contact-ledger.ts';
import { createOpenLeases } from '../../../lib/directory/open-leases.ts';
import type { ContactId } from '../../../lib/operations/contact-write.ts';
import { after as later, milliseconds, seconds } from '../../../lib/runtime/units.ts';
import { NOON, sequence } from '../../support/a-contact-write.ts';

const [ADA, BOB, EVE] = [nameOfId('1' as ContactId), nameOfId('2' as ContactId), nameOfId('3' as ContactId)];
const END = later(NOON, seconds(150));
const aLease = (number: number) => ({ number, fence: new Map(), prints: new Map(), isBlank: false });

describe('the leases that a process has open', () => {
  test('are known to their owner only', () => {
    const leases = createOpenLeases();
    leases.remember(ADA, 'a', aLease(1), NOON, END);
    leases.forget(ADA, 'b');
    expect(leases.recall(ADA, 'a')).toEqual(aLease(1));
    expect(leases.recall(ADA, 'b')).toBeUndefined();
  });

  test('are forgotten once they are closed', () => {
    const leases = createOpenLeases();
    leases.remember(ADA, 'a', aLease(1), NOON, END);
    leases.forget(ADA, 'a');
    expect(leases.recall(ADA, 'a')).toBeUndefined();
  });

  test('are forgotten once they have ended and others are taken, unless they were prolonged', () => {
    const leases = createOpenLeases();
    leases.remember(ADA, 'a', aLease(1), NOON, END);
    leases.remember(BOB, 'a', aLease(1), NOON, END);
    leases.remember(ADA, 'a', aLease(2), later(END, milliseconds(-1)), later(END, seconds(1)));
    expect(leases.recall(BOB, 'a')).toEqual(aLease(1));
    leases.remember(EVE, 'a', aLease(1), END, later(END, seconds(1)));
    expect(leases.recall(BOB, 'a')).toBeUndefined();
    expect(leases.recall(ADA, 'a')).toEqual(aLease(2));
  });

  test('have the fence that they were amended with, for their owner only', () => {
    const leases = createOpenLeases();
    const fence = new Map([['phone', orderKey(NOON, sequence(1))]]);
    leases.remember(ADA, 'a', aLease(1), NOON, END);
    leases.amend(ADA, 'b', { fence });
    expect(leases.recall(ADA, 'a')).toEqual(aLease(1));
    leases.amend(ADA, 'a', { fence });
    expect(leases.recall(ADA, 'a')).toEqual({ ...aLease(1), fence });
  });
});
