import { createRollingWindow } from './rolling-window.ts';
import type { Settings } from './settings.ts';
import { failure, type Reply } from './wire.ts';

const INTERVAL_MS = 10_000;
const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/** What a call counts towards beside the day: the calls of 10 s, or a limit of its own. */
export type Budget = 'calls' | 'searches' | 'associations';

/**
 * HubSpot's limits as one app meets them: per rolling 10 s, per day, for searches per second, and for batches of associations
 * again per 10 s, apart.
 */
export interface RateLimits {
  /** Counts a call at its arrival; a reply means that it was refused with it. */
  readonly admit: (now: number, budget: Budget, settings: Settings) => Reply | undefined;
  /** Takes an admitted call back, where failed calls do not count. */
  readonly forgive: (at: number, budget: Budget) => void;
  /** The rate headers of an answer, if it has them. */
  readonly headers: (now: number, budget: Budget, settings: Settings) => Record<string, string>;
  readonly clear: () => void;
}

type Policy = 'TEN_SECONDLY_ROLLING' | 'SECONDLY' | 'DAILY';

const messages: Readonly<Record<Policy, string>> = {
  TEN_SECONDLY_ROLLING: 'You have reached your ten_secondly_rolling limit.',
  SECONDLY: 'You have reached your secondly limit.',
  DAILY: 'You have reached your daily limit.',
};

/** The answer to a call above a limit; `Retry-After` is said only where the settings want it. */
export function overLimit(policy: Policy, waitMs: number, settings: Settings): Reply {
  const reply = failure(429, {
    message: messages[policy],
    rateLimit: { policyName: policy, ...(policy !== 'DAILY' && { groupName: 'publicapi:private-apps:contacts' }) },
  });
  if (reply.kind !== 'error' || !settings.retryAfterOn429) return reply;
  return { ...reply, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / SECOND_MS)) };
}

/** Limits of which nothing is used yet. */
export function createRateLimits(): RateLimits {
  const burst = createRollingWindow(INTERVAL_MS);
  const second = createRollingWindow(SECOND_MS);
  const searches = createRollingWindow(SECOND_MS);
  const associations = createRollingWindow(INTERVAL_MS);
  const windows = { calls: [burst, second], searches: [searches], associations: [associations] } as const;
  let day = Number.NEGATIVE_INFINITY;
  let today = 0;

  const turnDay = (now: number, settings: Settings): number => {
    const local = now + settings.utcOffsetMinutes * 60_000;
    const current = Math.floor(local / DAY_MS);
    if (current !== day) {
      day = current;
      today = 0;
    }
    return (current + 1) * DAY_MS - local;
  };

  const count = (now: number, budget: Budget) => {
    today += 1;
    for (const window of windows[budget]) window.add(now);
  };

  const refusal = (now: number, budget: Budget, settings: Settings): Reply | undefined => {
    const untilMidnight = turnDay(now, settings);
    if (today >= settings.dailyLimit) return overLimit('DAILY', untilMidnight, settings);
    if (budget === 'searches') {
      const wait = searches.untilBelow(settings.searchesPerSecond, now);
      return wait > 0 ? overLimit('SECONDLY', wait, settings) : undefined;
    }
    if (budget === 'associations') {
      const wait = associations.untilBelow(settings.associationLimit, now);
      return wait > 0 ? overLimit('TEN_SECONDLY_ROLLING', wait, settings) : undefined;
    }
    const wait = burst.untilBelow(settings.limit, now);
    if (wait > 0) return overLimit('TEN_SECONDLY_ROLLING', wait, settings);
    const pause = settings.enforceSecondly ? second.untilBelow(settings.secondlyLimit, now) : 0;
    return pause > 0 ? overLimit('SECONDLY', pause, settings) : undefined;
  };

  return {
    admit: (now, budget, settings) => {
      const refused = refusal(now, budget, settings);
      if (!refused || settings.refusedCallsCount) count(now, budget);
      return refused;
    },
    forgive: (at, budget) => {
      today = Math.max(0, today - 1);
      for (const window of windows[budget]) window.forgive(at);
    },
    headers: (now, budget, settings) => {
      if (budget === 'searches') return {};
      if (budget === 'associations' && !settings.rateHeadersOnAssociations) return {};
      turnDay(now, settings);
      const left = (limit: number, used: number) => String(Math.max(0, limit - used));
      return {
        'x-hubspot-ratelimit-daily': String(settings.dailyLimit),
        'x-hubspot-ratelimit-daily-remaining': left(settings.dailyLimit, today),
        'x-hubspot-ratelimit-interval-milliseconds': String(INTERVAL_MS),
        'x-hubspot-ratelimit-max': String(settings.limit),
        'x-hubspot-ratelimit-remaining': left(settings.limit, burst.count(now)),
        'x-hubspot-ratelimit-secondly': String(settings.secondlyLimit),
        'x-hubspot-ratelimit-secondly-remaining': left(settings.secondlyLimit, second.count(now)),
      };
    },
    clear: () => {
      for (const window of [burst, second, searches, associations]) window.clear();
      day = Number.NEGATIVE_INFINITY;
      today = 0;
    },
  };
}
