import { randomUUID } from 'node:crypto';
import { createDynamoDbPaceStore } from '../../lib/pace/dynamodb-pace-store.ts';
import { callsPerWindowOf, type Lane } from '../../lib/pace/lane.ts';
import type { Pace, SharedPace } from '../../lib/pace/pace.ts';
import { createSharedPace } from '../../lib/pace/shared-pace.ts';
import { createStaticShare } from '../../lib/pace/static-share.ts';
import { createImpatientDynamoDb } from '../../lib/runtime/aws-clients.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { requireNumber, requireVariable } from '../../lib/runtime/config.ts';
import type { Log } from '../../lib/runtime/logger.ts';
import { systemRandom } from '../../lib/runtime/random.ts';

const client = createImpatientDynamoDb();

interface Budget {
  readonly lane: Lane;
  /** Calls in 10 s of all environments together. */
  readonly limit: number;
  /** Paces this environment while the store is away. */
  readonly fallback: Pace;
  readonly reserve: number;
  readonly isForwarder: boolean;
  readonly log: Log;
}

/**
 * The budget of HubSpot calls as this environment shares it, for calls of the relay's own. While the store is away it goes by
 * `fallback`, a fixed share of its own if nothing else is said.
 */
export const createRelayPace = (log: Log, fallback: Pace = createOwnShare()): SharedPace =>
  createPace({ lane: 'main', limit: mainLimit(), fallback, reserve: 0, isForwarder: false, log });

/** The same for forwarded requests; `reserve` calls in 10 s they may make ahead of a backlog. */
export const createForwarderPace = (reserve: number, log: Log): SharedPace =>
  createPace({ lane: 'main', limit: mainLimit(), fallback: createOwnShare(), reserve, isForwarder: true, log });

/** Who uses a lane beside the main one: forwarders search, consumers and forwarders associate. */
const LANE_ENVIRONMENTS = { search: 'FORWARD_ENVIRONMENTS', associations: 'ASSOCIATION_ENVIRONMENTS' } as const;

export interface LaneBudget extends Pick<Budget, 'isForwarder' | 'log'> {
  readonly lane: Exclude<Lane, 'main'>;
  /** In the time over which HubSpot counts them. */
  readonly calls: number;
}

/** The budget of a lane with a limit of its own. */
export function createLanePace({ lane, calls, isForwarder, log }: LaneBudget): SharedPace {
  // A window holds whole calls: with a share of 2.5, two environments could make six where five are allowed.
  const share = callsPerWindowOf(lane, Math.floor(calls / requireNumber(LANE_ENVIRONMENTS[lane])));
  const fallback = createStaticShare(share, systemClock);
  return createPace({ lane, limit: callsPerWindowOf(lane, calls), fallback, reserve: 0, isForwarder, log });
}

const mainLimit = (): number => requireNumber('HUBSPOT_CALLS_PER_10_SECONDS');

const createOwnShare = (): Pace => createStaticShare(requireNumber('HUBSPOT_CALLS_SHARE'), systemClock);

const createPace = ({ lane, limit, fallback, reserve, isForwarder, log }: Budget): SharedPace =>
  createSharedPace({
    store: createDynamoDbPaceStore({ client, table: requireVariable('CONTACTS_TABLE'), lane }),
    clock: systemClock,
    owner: randomUUID(),
    limit,
    lane,
    reserve,
    isForwarder,
    random: systemRandom,
    fallback,
    log,
  });
