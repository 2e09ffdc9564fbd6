import { expect, test } from '@jest/globals';
import { PriorityReserve } from '../../../lib/pace/priority-reserve.ts';
import { epochMs } from '../../../lib/runtime/units.ts';

const NOW = 1_800_000_000_000;

test('a reserve of ten calls in 10 s has ten at once, and then one a second', () => {
  const reserve = new PriorityReserve(10);
  expect(reserve.affordable(20, epochMs(NOW))).toBe(10);
  reserve.spend(10, epochMs(NOW));
  expect(reserve.affordable(20, epochMs(NOW + 999))).toBe(0);
  expect(reserve.affordable(20, epochMs(NOW + 3_000))).toBe(3);
  expect(reserve.affordable(2, epochMs(NOW + 60_000))).toBe(2);
  expect(reserve.affordable(20, epochMs(NOW + 60_000))).toBe(10);
});

test('without a reserve nothing goes ahead', () => {
  expect(new PriorityReserve(0).affordable(1, epochMs(NOW))).toBe(0);
});
