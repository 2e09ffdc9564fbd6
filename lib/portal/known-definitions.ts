import type { Clock } from '../runtime/clock.ts';
import { describeError, type Log } from '../runtime/logger.ts';
import { between, type DurationMs, days, type EpochMs, minutes, seconds } from '../runtime/units.ts';
import type { DefinitionsStore } from './definitions-store.ts';
import type { PortalDefinitions } from './property-definitions.ts';

/** Definitions as one environment of the front door has them. Neither method ever rejects. */
export interface KnownDefinitions {
  /** Those of the store, a minute old at most; undefined when there are none that can be relied on. */
  current(): Promise<PortalDefinitions | undefined>;
  /** Those of the last look at the store, whatever their age. */
  lastKnown(): PortalDefinitions | undefined;
  /** Something was named that they do not hold, and that may be newer than they are: has them refreshed soon. */
  wish(): Promise<void>;
}

/** The store is not read more often, whether or not it could be read. */
const READ_EVERY: DurationMs = minutes(1);
/** What is older says nothing any more: HubSpot could not be asked for a whole day. */
const OLDEST: DurationMs = days(1);
/** Newer ones hold what HubSpot has. */
const WORTH_A_WISH: DurationMs = seconds(30);

/** No definitions, ever: nothing is checked. */
export const noDefinitions: KnownDefinitions = {
  current: async () => undefined,
  lastKnown: () => undefined,
  wish: async () => undefined,
};

/** Keeps the store's definitions in memory. Those who come while they are read share one read. */
export function createKnownDefinitions(
  store: Pick<DefinitionsStore, 'read' | 'wish'>,
  clock: Clock,
  log: Log,
): KnownDefinitions {
  let known: PortalDefinitions | undefined;
  let readAt: EpochMs | undefined;
  let wishedAt: EpochMs | undefined;
  let reading: Promise<void> | undefined;
  const isRecent = (time: EpochMs | undefined) => time !== undefined && between(time, clock.now()) < READ_EVERY;

  const read = async (): Promise<void> => {
    try {
      known = (await store.read()) ?? known;
    } catch (error) {
      log.warn('definitions-unreadable', { error: describeError(error) });
    }
    readAt = clock.now();
    reading = undefined;
  };

  return {
    current: async () => {
      if (!isRecent(readAt)) {
        reading ??= read();
        await reading;
      }
      return known !== undefined && between(known.readAt, clock.now()) <= OLDEST ? known : undefined;
    },
    lastKnown: () => known,
    wish: async () => {
      const now = clock.now();
      const isWorthIt = known !== undefined && between(known.readAt, now) > WORTH_A_WISH;
      if (!isWorthIt || isRecent(wishedAt)) return;
      wishedAt = now;
      try {
        await store.wish(now);
      } catch (error) {
        log.warn('definitions-wish-lost', { error: describeError(error) });
      }
    },
  };
}
