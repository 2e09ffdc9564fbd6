import { describe, expect, test } from '@jest/globals';
import { type DailyBudget, dailyInterval, learnDailyBudget, nextReset } from '../../../lib/pace/daily-budget.ts';
import { epochMs } from '../../../lib/runtime/units.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = 1_800_014_400_000;
const LIMIT = 250_000;

const budget = (remaining: number, at = NOON, resetAt?: number): DailyBudget => ({
  limit: LIMIT,
  remaining,
  at: epochMs(at),
  ...(resetAt !== undefined && { resetAt: epochMs(resetAt) }),
});
const learn = (known: DailyBudget | undefined, dailyRemaining: number, at: number) =>
  learnDailyBudget(known, { daily: LIMIT, dailyRemaining }, epochMs(at));

describe('the budget of the day', () => {
  test('is learned from the first answer that tells it, and from none that does not', () => {
    expect(learn(undefined, 200_000, NOON)).toEqual(budget(200_000));
    expect(learnDailyBudget(undefined, {}, epochMs(NOON))).toBeUndefined();
    expect(learnDailyBudget(undefined, { dailyRemaining: 5 }, epochMs(NOON))).toBeUndefined();
  });

  test('is stored every ten minutes while it is plentiful, every minute while it is scarce', () => {
    const plenty = budget(200_000);
    expect(learn(plenty, 190_000, NOON + 9 * MINUTE)).toBe(plenty);
    expect(learn(plenty, 190_000, NOON + 10 * MINUTE)?.remaining).toBe(190_000);
    const scarce = budget(20_000);
    expect(learn(scarce, 19_000, NOON + 59 * SECOND)).toBe(scarce);
    expect(learn(scarce, 19_000, NOON + 60 * SECOND)?.remaining).toBe(19_000);
  });

  test('is stored at once when it becomes scarce', () => {
    expect(learn(budget(50_001), 49_999, NOON + SECOND)?.remaining).toBe(49_999);
  });

  test('does not grow by an answer that was overtaken', () => {
    const scarce = budget(20_000);
    expect(learn(scarce, 20_050, NOON + 2 * MINUTE)).toBe(scarce);
  });

  test('tells midnight when it jumps up', () => {
    expect(learn(budget(100_000), 249_990, NOON + 30 * MINUTE)).toEqual(
      budget(249_990, NOON + 30 * MINUTE, NOON + 30 * MINUTE),
    );
  });

  test('tells no midnight when nobody looked for an hour, and keeps the one it knew', () => {
    expect(learn(budget(100_000), 249_990, NOON + 61 * MINUTE)?.resetAt).toBeUndefined();
    expect(learn(budget(100_000, NOON, NOON - DAY), 249_990, NOON + 61 * MINUTE)?.resetAt).toBe(NOON - DAY);
  });

  test('is reset every 24 h from a known midnight', () => {
    expect(nextReset(budget(1, NOON, NOON - HOUR), epochMs(NOON))).toBe(NOON + 23 * HOUR);
    expect(nextReset(budget(1, NOON, NOON - 49 * HOUR), epochMs(NOON))).toBe(NOON + 23 * HOUR);
    expect(nextReset(budget(1), epochMs(NOON))).toBeUndefined();
  });
});

describe('the pace of a scarce day', () => {
  test('is no matter while a fifth is left', () => {
    expect(dailyInterval(budget(50_000))).toBeUndefined();
    expect(dailyInterval(budget(49_999))).toBeDefined();
  });

  test('makes the rest last until an hour after midnight', () => {
    expect(dailyInterval(budget(10_000, NOON, NOON - 20 * HOUR))).toBe(Math.ceil((5 * HOUR) / 9_500));
  });

  test.each([
    ['unknown', 17 * HOUR, false],
    ['known', 17 * HOUR, true],
  ])('never uses the day up, midnight being %s, and most of it if it is known', (_, untilReset, isKnown) => {
    const resetAt = isKnown ? NOON + untilReset - DAY : undefined;
    let remaining = 49_999;
    let known = budget(remaining, NOON, resetAt);
    let now = NOON;
    while (now < NOON + untilReset) {
      now += dailyInterval(known) ?? Number.NaN;
      remaining -= 1;
      known = learn(known, remaining, now) ?? known;
    }
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThan(isKnown ? 8_000 : 30_000);
  });
});
