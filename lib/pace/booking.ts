import type { Clock } from '../runtime/clock.ts';
import { after, between, type DurationMs, type EpochMs, milliseconds } from '../runtime/units.ts';
import { LATENESS } from './grant-slots.ts';
import type { Booking } from './pace.ts';
import type { SharedControl } from './shared-control.ts';
import { LONGEST_LOOKAHEAD } from './store-contact.ts';

/** No call is made on older news than this: so soon a pause that one environment learned of holds for all (F2). */
const NEWS_AGE = milliseconds(250);
/** A slot in hand is good for a call that nobody could be asked about, but not for longer: others may have learned of a pause since. */
const NEWS_LAST: DurationMs = LONGEST_LOOKAHEAD;
/** A look at the news may take so much longer than the last one did. */
const STORE_MARGIN = milliseconds(40);
/** So long before its time a slot is handed out, for a look at the news. */
export const LOOK_AHEAD = milliseconds(100);

/** A slot of the shared budget, for one call at its own time. */
export function bookSlot(at: EpochMs, shared: SharedControl, clock: Clock): Booking {
  const isOutdated = () => shared.seenAt < after(at, milliseconds(-NEWS_LAST));
  const isClosed = () => shared.needsProbe || shared.closedUntil > at || isOutdated();
  const waitUntil = async (time: EpochMs) => {
    const now = clock.now();
    if (now < time) await clock.sleep(between(now, time));
  };
  return {
    async start() {
      // As late as the store allows: the fresher the news, the more slots one look is good for.
      await waitUntil(after(at, milliseconds(-Math.min(LOOK_AHEAD, shared.contact.trip + STORE_MARGIN))));
      if (shared.seenAt < after(at, milliseconds(-NEWS_AGE)) && !shared.contact.isLost) await shared.refresh();
      if (isClosed()) return false;
      await waitUntil(at);
      return between(at, clock.now()) <= LATENESS && !isClosed();
    },
    leave: async () => {},
  };
}

/** The right to look whether HubSpot is back: others wait for its answer, or for word that there will be none. */
export const bookProbe = (shared: SharedControl): Booking => ({
  start: async () => true,
  leave: () => shared.releaseProbe(),
});

/** A call of an environment's own share, which may be made now, unless word comes that none may. */
export const bookStatic = (shared: SharedControl, clock: Clock): Booking => ({
  start: async () => !shared.needsProbe && shared.closedUntil <= clock.now(),
  leave: async () => {},
});
