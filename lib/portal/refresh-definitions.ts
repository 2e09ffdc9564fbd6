import type { HubSpotAnswer, HubSpotClient } from '../hubspot/hubspot-answer.ts';
import { DATA_SENSITIVITIES, type DataSensitivity, propertyListPath } from '../hubspot/property-paths.ts';
import type { SharedPace } from '../pace/pace.ts';
import type { Clock } from '../runtime/clock.ts';
import { describeError, type Log } from '../runtime/logger.ts';
import { after, type DurationMs, milliseconds, minutes, seconds } from '../runtime/units.ts';
import type { DefinitionsStore } from './definitions-store.ts';
import type { PropertyDefinition } from './property-definitions.ts';
import { readPropertyList } from './read-property-list.ts';

/** What refreshing works with. */
export interface RefreshPorts {
  readonly store: DefinitionsStore;
  /** Tells the pace of its answers. */
  readonly hubspot: HubSpotClient;
  readonly pace: Pick<SharedPace, 'take'>;
  readonly apiVersion: string;
  /** How long HubSpot has to answer. */
  readonly timeout: DurationMs;
  /** For how long definitions count as fresh; they are read again a minute before. */
  readonly freshFor: DurationMs;
  readonly clock: Clock;
  readonly log: Log;
}

/** What came of it. `failed` is logged with the reason; the next tick of the schedule tries again. */
export type Refresh = 'refreshed' | 'not-due' | 'failed';

/** A tick of the schedule is this long: what is refreshed so much earlier is never older than it may be. */
const TICK = minutes(1);
/** Nobody gets the definitions read more often, however many unknown names he sends. */
const WISH_DUE_AFTER = seconds(30);
/** Ends before the next tick. */
const LEASE = seconds(50);
/** A backlog of writes takes every slot that it can; one is found in this time nevertheless. */
const PATIENCE_FOR_A_SLOT = seconds(5);

type Properties = ReadonlyMap<string, PropertyDefinition>;

/** Reads the portal's definitions from HubSpot and stores them, if that is due and nobody else is at it. Never throws. */
export async function refreshDefinitions(ports: RefreshPorts): Promise<Refresh> {
  const { store, clock, freshFor, log } = ports;
  try {
    const now = clock.now();
    const dueAfter = milliseconds(Math.max(freshFor - TICK, WISH_DUE_AFTER));
    if (!(await store.claimRefresh({ now, dueAfter, wishDueAfter: WISH_DUE_AFTER, lease: LEASE }))) return 'not-due';
    const lists = await Promise.all(DATA_SENSITIVITIES.map((sensitivity) => readList(sensitivity, ports)));
    const properties = new Map<string, PropertyDefinition>();
    for (const list of lists) {
      if (list === undefined) return 'failed';
      for (const [name, definition] of list) properties.set(name, definition);
    }
    await store.put({ readAt: now, properties });
    log.info('definitions-refreshed', { properties: properties.size });
    return 'refreshed';
  } catch (error) {
    log.error('definitions-refresh-failed', { error: describeError(error) });
    return 'failed';
  }
}

async function readList(sensitivity: DataSensitivity, ports: RefreshPorts): Promise<Properties | undefined> {
  const { hubspot, pace, clock, log, timeout, apiVersion } = ports;
  if (!(await pace.take(after(clock.now(), PATIENCE_FOR_A_SLOT), DATA_SENSITIVITIES.length))) {
    log.warn('definitions-unread', { sensitivity, reason: 'no slot' });
    return undefined;
  }
  const answer = await hubspot.call({ method: 'GET', path: propertyListPath(apiVersion, sensitivity) }, timeout);
  const list = answer.kind === 'answered' && answer.status === 200 ? readPropertyList(answer.body) : undefined;
  if (list !== undefined) return list;
  if (sensitivity !== 'non_sensitive' && isNotForUs(answer)) return new Map();
  const reason = answer.kind === 'answered' ? `status ${answer.status}` : answer.cause;
  log.warn('definitions-unread', { sensitivity, reason });
  return undefined;
}

/**
 * A portal without sensitive data, or a token that may not see its properties: the same token could not write them either, so
 * that for the relay they do not exist.
 */
const isNotForUs = (answer: HubSpotAnswer): boolean =>
  answer.kind === 'answered' && [400, 403, 404].includes(answer.status);
