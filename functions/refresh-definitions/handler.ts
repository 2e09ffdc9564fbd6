import middy from '@middy/core';
import type { ScheduledEvent } from 'aws-lambda';
import { createTokenReader } from '../../lib/hubspot/access-token.ts';
import { createFetchHubSpotClient } from '../../lib/hubspot/fetch-hubspot-client.ts';
import { createObservedClient } from '../../lib/pace/observed-client.ts';
import { createDynamoDbDefinitionsStore } from '../../lib/portal/dynamodb-definitions-store.ts';
import { type Refresh, refreshDefinitions } from '../../lib/portal/refresh-definitions.ts';
import { createDynamoDb, createSecretsManager } from '../../lib/runtime/aws-clients.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { requireNumber, requireVariable } from '../../lib/runtime/config.ts';
import { createLog } from '../../lib/runtime/logger.ts';
import { createSecretReader } from '../../lib/runtime/secrets.ts';
import { milliseconds, minutes } from '../../lib/runtime/units.ts';
import { createRelayPace } from '../hubspot/relay-pace.ts';

const log = createLog('refresh-definitions');
const secret = createSecretReader(createSecretsManager(), requireVariable('HUBSPOT_TOKEN_SECRET'), systemClock);
// Without the store of the pace there is none of the definitions either: nothing is called then.
const pace = createRelayPace(log, { take: async () => false });
const hubspot = createFetchHubSpotClient({
  baseUrl: requireVariable('HUBSPOT_BASE_URL'),
  readToken: createTokenReader(secret, log),
});
const ports = {
  store: createDynamoDbDefinitionsStore({ client: createDynamoDb(), table: requireVariable('CONTACTS_TABLE') }),
  hubspot: createObservedClient(hubspot, pace, systemClock),
  pace,
  apiVersion: requireVariable('HUBSPOT_API_VERSION'),
  timeout: milliseconds(requireNumber('HUBSPOT_TIMEOUT_MS')),
  freshFor: minutes(requireNumber('DEFINITIONS_FRESH_MINUTES')),
  clock: systemClock,
  log,
};

/** Looks every minute whether the portal's definitions are due, and then reads them from HubSpot. */
export const handler = middy<ScheduledEvent, Refresh>().handler(() => refreshDefinitions(ports));
