import { randomUUID } from 'node:crypto';
import { createDynamoDbPaceStore } from '../../lib/pace/dynamodb-pace-store.ts';
import type { Pace, SharedPace } from '../../lib/pace/pace.ts';
import { createSharedPace } from '../../lib/pace/shared-pace.ts';
import { createStaticShare } from '../../lib/pace/static-share.ts';
import { createImpatientDynamoDb } from '../../lib/runtime/aws-clients.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { requireNumber, requireVariable } from '../../lib/runtime/config.ts';
import type { Log } from '../../lib/runtime/logger.ts';
import { systemRandom } from '../../lib/runtime/random.ts';

/**
 * The budget of HubSpot calls as this environment shares it; `reserve` calls in 10 s it may make ahead of a backlog. While the store is
 * away it goes by `fallback`, a fixed share of its own if nothing else is said.
 */
export function createRelayPace(reserve: number, log: Log, fallback: Pace = createOwnShare()): SharedPace {
  return createSharedPace({
    store: createDynamoDbPaceStore({ client: createImpatientDynamoDb(), table: requireVariable('CONTACTS_TABLE') }),
    clock: systemClock,
    owner: randomUUID(),
    limit: requireNumber('HUBSPOT_CALLS_PER_10_SECONDS'),
    reserve,
    random: systemRandom,
    fallback,
    log,
  });
}

const createOwnShare = (): Pace => createStaticShare(requireNumber('HUBSPOT_CALLS_SHARE'), systemClock);
