import type { PropertyDefinition } from '../../infra/local/hubspot/core/property-definitions.ts';
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
    takenValueOnCreate: drawOne(random, ['per-record', 'whole-batch']),
    takenValueError: drawOne(random, ['sentence', 'listed']),
    firstConflict: drawOne(random, ['email', 'unique-value']),
  };
}

/** The same for what is said about people who were deleted for good; drawn apart, so that other runs stay the same. */
export const drawDeletionSettings = (random: Random): Partial<Settings> => ({
  purgedEmails: drawOne(random, ['free', 'blocked']),
  blockedEmailError: drawOne(random, ['sentence', 'listed']),
});

/** What becomes of creates without any unique key: the portal has a write-id property, or one of the two settings holds. */
export type KeylessCreates = 'write-id' | 'dead-letter' | 'repeat';

export const drawKeylessCreates = (random: Random): KeylessCreates =>
  drawOne(random, ['write-id', 'write-id', 'dead-letter', 'repeat']);

/** Records that a consumer keeps of a batch: as a rule all that these workloads bring. */
export const drawRecordsShare = (random: Random): number => drawOne(random, [1, 3, 10, 1_000, 1_000, 1_000]);

export const WRITE_ID_PROPERTY = 'relay_write_id';

/** The property as `npm run hubspot:provision` makes it. */
export const writeIdDefinition: PropertyDefinition = {
  name: WRITE_ID_PROPERTY,
  label: 'Relay write id',
  description: '',
  type: 'string',
  fieldType: 'text',
  groupName: 'contactinformation',
  options: [],
  hasUniqueValue: true,
  readOnly: false,
  hubspotDefined: false,
  createdAt: 0,
};
