import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ARRIVAL_SPREAD, grantSlots, intervalFor, slotsFrom, WINDOW } from '../../../lib/pace/grant-slots.ts';
import { type EpochMs, epochMs, milliseconds } from '../../../lib/runtime/units.ts';

const NOW = 1_800_000_000_000;
const request = { count: 2, interval: milliseconds(100), from: epochMs(NOW), latest: epochMs(NOW + 1_000) };

describe('slots', () => {
  test('start at once after an idle time, which is not made up for', () => {
    expect(grantSlots(epochMs(NOW - 60_000), request)).toEqual({ kind: 'granted', first: NOW, next: NOW + 200 });
  });

  test('follow those that were granted before', () => {
    expect(grantSlots(epochMs(NOW + 300), request)).toEqual({ kind: 'granted', first: NOW + 300, next: NOW + 500 });
  });

  test('are refused when the first of them is too far away', () => {
    expect(grantSlots(epochMs(NOW + 1_000), request).kind).toBe('granted');
    expect(grantSlots(epochMs(NOW + 1_001), request)).toEqual({ kind: 'too-far', next: NOW + 1_001 });
  });
});

test.each([
  [100, 103],
  [190, 54.211],
  [250, 41.2],
])('the interval for %i calls in 10 s is %f ms', (limit, interval) => {
  expect(intervalFor(limit)).toBe(interval);
});

test('F1: whoever asks for slots when, no rolling 10 s at HubSpot see more than the limit', () => {
  const asking = fc.record({ after: fc.integer({ min: 0, max: 2_000 }), count: fc.integer({ min: 1, max: 40 }) });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.array(asking, { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.double({ min: 0, max: ARRIVAL_SPREAD, noNaN: true, maxExcluded: true })),
      (limit, askings, spreads) => {
        const interval = intervalFor(limit);
        const arrivals: number[] = [];
        let now = NOW;
        let next: EpochMs = epochMs(0);
        for (const { after, count } of askings) {
          now += after;
          const grant = grantSlots(next, { count, interval, from: epochMs(now), latest: epochMs(now + 60_000) });
          next = grant.next;
          if (grant.kind === 'too-far') continue;
          for (const slot of slotsFrom(grant.first, count, interval)) arrivals.push(slot + spreads.next().value);
        }
        arrivals.sort((one, other) => one - other);
        for (const [position, at] of arrivals.entries()) {
          const overLimit = arrivals[position + limit] ?? Number.POSITIVE_INFINITY;
          expect(overLimit - at).toBeGreaterThanOrEqual(WINDOW - 0.01);
        }
      },
    ),
    { numRuns: 100 },
  );
});
