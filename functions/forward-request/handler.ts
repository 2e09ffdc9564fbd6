import { parseGdprDeleteSetting } from '../../lib/accept/gdpr-delete-setting.ts';
import { answerForwardedRequest, scopeOfForwarded } from '../../lib/forward/answer-forwarded-request.ts';
import { createTokenReader } from '../../lib/hubspot/access-token.ts';
import { createSecretsManager } from '../../lib/runtime/aws-clients.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { readVariable, requireNumber, requireVariable } from '../../lib/runtime/config.ts';
import { createLog } from '../../lib/runtime/logger.ts';
import { createSecretReader } from '../../lib/runtime/secrets.ts';
import { milliseconds } from '../../lib/runtime/units.ts';
import { relayHandler } from '../http/relay-handler.ts';
import { createForwarderPace, createLanePace } from '../hubspot/relay-pace.ts';

const log = createLog('forward-request');
const secret = createSecretReader(createSecretsManager(), requireVariable('HUBSPOT_TOKEN_SECRET'), systemClock);
const forwarder = {
  gdprDelete: parseGdprDeleteSetting(readVariable('GDPR_DELETE')),
  baseUrl: requireVariable('HUBSPOT_BASE_URL'),
  readToken: createTokenReader(secret, log),
  paces: {
    main: createForwarderPace(requireNumber('HUBSPOT_CALLS_RESERVED'), log),
    search: createLanePace({
      lane: 'search',
      calls: requireNumber('HUBSPOT_SEARCHES_PER_SECOND'),
      isForwarder: true,
      log,
    }),
    associations: createLanePace({
      lane: 'associations',
      calls: requireNumber('HUBSPOT_ASSOCIATIONS_PER_10_SECONDS'),
      isForwarder: true,
      log,
    }),
  },
  clock: systemClock,
  timeout: milliseconds(requireNumber('HUBSPOT_TIMEOUT_MS')),
  fetch,
};

/** Hands every request that is not a contact write to HubSpot, at once and inside the relay's pace. */
export const handler = relayHandler((request) => answerForwardedRequest(request, forwarder), log, scopeOfForwarded);
