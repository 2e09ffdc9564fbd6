import type { Settings } from '../../infra/local/hubspot/core/settings.ts';
import type { Random } from '../../lib/runtime/random.ts';
import { drawOne } from './seeded-random.ts';

const either = (random: Random): boolean => random() < 0.5;

/** Each fact about HubSpot that nobody is sure of, either way. */
export function drawPortalSettings(random: Random): Partial<Settings> {
  return {
    limit: drawOne(random, [8, 40, 100, 190]),
    resultOrder: drawOne(random, ['shuffled', 'shuffled', 'input', 'reversed']),
    echoTraceIdOnCreate: either(random),
    echoTraceIdOnUpdate: either(random),
    echoTraceIdOnUpsert: either(random),
    duplicateTraceIds: drawOne(random, ['accept', 'refuse']),
    retryAfterOn429: either(random),
    refusedCallsCount: either(random),
    lifecycleRegression: drawOne(random, ['ignore', 'apply']),
    sameEmailInOneCreate: drawOne(random, ['second-conflicts', 'whole-batch']),
    numErrors: drawOne(random, ['entries', 'records']),
    unknownNamesOnUpdate: drawOne(random, ['whole-batch', 'per-record']),
    badValuesOnUpdate: drawOne(random, ['whole-batch', 'per-record']),
    unsetProperties: drawOne(random, ['null', 'omitted']),
    logSize: 0,
  };
}
