import type { RateHeaders } from '../hubspot/rate-headers.ts';
import { after, between, type DurationMs, days, type EpochMs, milliseconds, minutes } from '../runtime/units.ts';

/** The account's calls of a day, as last stored. */
export interface DailyBudget {
  readonly limit: number;
  readonly remaining: number;
  readonly at: EpochMs;
  /** A midnight of the account, at most `SHARPNESS` before this; unknown until a reset was seen. */
  readonly resetAt?: EpochMs;
}

/** From here on the day's rest is spread. Above, a backlog drains at full speed: most days the limit is far away. */
const SCARCE_SHARE = 0.2;
/** Left over of what is spread: answers on the way and other apps' calls are not in `remaining` yet. */
const SPREAD_SHARE = 0.95;
/** A rise of `remaining` by more of the limit than this is a reset; less may be an answer that was overtaken. */
const RESET_SHARE = 0.05;
/** A reset that was seen with a longer silence before it says too little about midnight. */
const SHARPNESS: DurationMs = minutes(60);
/** Midnight may be an hour later tomorrow: daylight saving time ends. */
const SHIFT: DurationMs = minutes(60);
/** How often the budget is stored while it is plentiful, and while it is scarce. */
const SELDOM: DurationMs = minutes(10);
const OFTEN: DurationMs = minutes(1);
const DAY: DurationMs = days(1);

const isScarce = ({ limit, remaining }: DailyBudget): boolean => remaining < limit * SCARCE_SHARE;

/** The budget after an answer; the very same when there is nothing worth storing. */
export function learnDailyBudget(
  known: DailyBudget | undefined,
  { daily, dailyRemaining }: RateHeaders,
  at: EpochMs,
): DailyBudget | undefined {
  const limit = daily ?? known?.limit;
  if (limit === undefined || limit === 0 || dailyRemaining === undefined) return known;
  const seen: DailyBudget = { limit, remaining: dailyRemaining, at };
  if (known === undefined) return seen;
  const kept = { ...seen, ...(known.resetAt !== undefined && { resetAt: known.resetAt }) };
  const age = between(known.at, at);
  const rise = dailyRemaining - known.remaining;
  if (rise > limit * RESET_SHARE) return age <= SHARPNESS ? { ...seen, resetAt: at } : kept;
  if (age >= SELDOM) return kept;
  if (rise >= 0) return known;
  return isScarce(seen) && (!isScarce(known) || age >= OFTEN) ? kept : known;
}

/** The first reset after `at`, if midnight is known. */
export function nextReset({ resetAt }: DailyBudget, at: EpochMs): EpochMs | undefined {
  if (resetAt === undefined) return undefined;
  const daysSince = Math.floor(Math.max(0, between(resetAt, at)) / DAY) + 1;
  return after(resetAt, milliseconds(daysSince * DAY));
}

/**
 * The time between calls with which a scarce budget lasts until the next reset; undefined while it is plentiful. As long as
 * midnight is unknown it is taken to be 24 h away at every look, and so the budget shrinks ever slower and never ends.
 */
export function dailyInterval(budget: DailyBudget): DurationMs | undefined {
  if (!isScarce(budget)) return undefined;
  const reset = nextReset(budget, budget.at);
  const left = reset === undefined ? DAY : between(budget.at, after(reset, SHIFT));
  return milliseconds(Math.ceil(left / Math.max(1, budget.remaining * SPREAD_SHARE)));
}
