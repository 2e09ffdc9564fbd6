import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createStaticShare } from '../../../lib/pace/static-share.ts';
import { epochMs, milliseconds } from '../../../lib/runtime/units.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

test('F1: no rolling ten seconds see more calls than the share, whenever callers come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 200 }),
      async (share, gaps) => {
        const clock = createFakeClock(epochMs(0));
        const pace = createStaticShare(share, clock);
        const calls: number[] = [];
        for (const gap of gaps) {
          clock.advance(milliseconds(gap));
          await pace.take(epochMs(Number.MAX_SAFE_INTEGER));
          calls.push(clock.now());
        }
        for (const [first, start] of calls.entries()) {
          const inWindow = calls.filter((time, position) => position >= first && time < start + 10_000).length;
          expect(inWindow).toBeLessThanOrEqual(share);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('F3: refuses at once, and takes nothing, when no slot comes free before the deadline', async () => {
  const clock = createFakeClock(epochMs(0));
  const pace = createStaticShare(10, clock);
  expect(await pace.take(epochMs(1_000))).toBe(true);
  expect(await pace.take(epochMs(1_000))).toBe(false);
  expect(clock.now()).toBe(0);
  expect(await pace.take(epochMs(2_000))).toBe(true);
  expect(clock.now()).toBe(1_030);
});
