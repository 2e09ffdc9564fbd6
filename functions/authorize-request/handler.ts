import middy from '@middy/core';
import type { APIGatewayRequestAuthorizerEventV2, APIGatewaySimpleAuthorizerWithContextResult } from 'aws-lambda';
import { createKeyRing } from '../../lib/accept/key-ring.ts';
import { type CallerContext, writeCachedCaller, writeCaller } from '../../lib/accept/read-caller.ts';
import { createSecretsManager } from '../../lib/runtime/aws-clients.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { readVariable, requireVariable } from '../../lib/runtime/config.ts';
import { createLog } from '../../lib/runtime/logger.ts';
import { createSecretReader } from '../../lib/runtime/secrets.ts';

const secret = createSecretReader(createSecretsManager(), requireVariable('RELAY_KEYS_SECRET'), systemClock);
const keyRing = createKeyRing(secret, createLog('authorize-request'));
const write = readVariable('AUTHORIZATIONS_ARE_CACHED') === 'true' ? writeCachedCaller : writeCaller;

/**
 * Finds out which relay key a request came with (HTTP API, payload 2.0, simple response). It says `isAuthorized: true` always, also
 * without a good key: HTTP APIs cannot shape the body of their own 401, and a HubSpot client expects HubSpot's. What counts is
 * `principal` in the context; every function behind this refuses a request that has none.
 */
export const handler = middy<
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult<CallerContext>
>().handler(async (event: APIGatewayRequestAuthorizerEventV2) => ({
  isAuthorized: true,
  context: write(await keyRing.identify(event.headers?.['authorization'])),
}));
