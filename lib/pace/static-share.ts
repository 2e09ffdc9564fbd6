import type { Clock } from '../runtime/clock.ts';
import { after, between, type DurationMs, type EpochMs, milliseconds } from '../runtime/units.ts';
import type { Pace } from './pace.ts';

/** HubSpot counts calls over a rolling 10 s (usage guidelines). */
const WINDOW: DurationMs = milliseconds(10_000);
/** A call granted now may arrive this much later than one granted before it, and so fall into the same window. */
const ARRIVAL_SPREAD: DurationMs = milliseconds(300);

/**
 * A fixed share of HubSpot's budget for this environment alone: one call every (10 s + 0.3 s) / `callsPerWindow`, evenly,
 * so that no rolling 10 s ever sees more than the share. The shares of all environments together make the limit. A share of
 * nothing is never a call.
 */
export function createStaticShare(callsPerWindow: number, clock: Clock): Pace {
  const interval = milliseconds((WINDOW + ARRIVAL_SPREAD) / callsPerWindow);
  let next: EpochMs | undefined;
  return {
    async take(deadline) {
      if (callsPerWindow <= 0) return false;
      const now = clock.now();
      const slot = next === undefined || next < now ? now : next;
      if (slot >= deadline) return false;
      next = after(slot, interval);
      if (slot > now) await clock.sleep(between(now, slot));
      return true;
    },
  };
}
