import { TIME_TO_SETTLE } from '../lib/deliver/time-to-settle.ts';
import { ANSWERING_MARGIN } from '../lib/forward/answering-margin.ts';
import { SECRET_READ_MOST, SERVICE_MOST } from '../lib/runtime/service-limits.ts';
import type { RelaySettings } from './settings.ts';
import { shareCalls } from './share-calls.ts';

/** More messages than this to an invocation need a batching window (Lambda guide, services-sqs-parameters). */
const BATCH_WITHOUT_WINDOW = 10;

/**
 * What is wrong with settings that are each well formed but do not fit together: one sentence for each fault, none when
 * all is well.
 */
export function checkSettings(settings: RelaySettings): readonly string[] {
  return [
    ...checkQueues(settings),
    ...checkRetention(settings),
    ...checkFunctionTimes(settings),
    ...checkThrottle(settings),
    ...checkHubSpot(settings),
  ];
}

/**
 * What functions have to do at worst, in ms, before they can say that a service is away: with less time Lambda kills them, and callers get no 503
 * with Retry-After. The consumer reads its secret in its time for settling.
 */
const NEEDED_TIMES = [
  { name: 'authorizeTimeoutSeconds', ms: SECRET_READ_MOST, what: 'for reading a secret' },
  {
    name: 'forwardTimeoutSeconds',
    ms: SECRET_READ_MOST + 1_000 + ANSWERING_MARGIN,
    what: 'for reading a secret, a call to HubSpot and the answer',
  },
  { name: 'refreshTimeoutSeconds', ms: SECRET_READ_MOST + 5_000, what: 'for reading a secret and waiting for a slot' },
  { name: 'acceptTimeoutSeconds', ms: SERVICE_MOST, what: 'for a DynamoDB that does not answer' },
  { name: 'readTimeoutSeconds', ms: SERVICE_MOST, what: 'for a DynamoDB that does not answer' },
] as const;

function checkFunctionTimes(settings: RelaySettings): readonly string[] {
  return NEEDED_TIMES.flatMap(({ name, ms, what }) => {
    const least = Math.ceil(ms / 1_000);
    if (settings[name] >= least) return [];
    return [`setting ${name} must be at least ${least} (${ms / 1_000} s ${what}), not ${settings[name]}`];
  });
}

/** Requests come in heaps: a bucket that holds less than the rate brings in 100 ms refuses requests far below the rate. */
function checkThrottle({ throttleRatePerSecond, throttleBurst }: RelaySettings): readonly string[] {
  const least = Math.ceil(throttleRatePerSecond / 10);
  if (throttleBurst >= least) return [];
  return [
    `setting throttleBurst must be at least ${least} (what throttleRatePerSecond brings in 100 ms), not ${throttleBurst}`,
  ];
}

function checkQueues(settings: RelaySettings): readonly string[] {
  const { batchSize, batchWindowSeconds, deliverTimeoutSeconds, visibilityTimeoutSeconds } = settings;
  const faults: string[] = [];
  // A shorter one shows a message to a second consumer while the first is still at work on it, and burns its receives.
  const visibilityLeast = 6 * deliverTimeoutSeconds + batchWindowSeconds;
  if (visibilityTimeoutSeconds < visibilityLeast) {
    faults.push(
      `setting visibilityTimeoutSeconds must be at least ${visibilityLeast} (6 x deliverTimeoutSeconds + batchWindowSeconds), not ${visibilityTimeoutSeconds}`,
    );
  }
  if (batchSize > BATCH_WITHOUT_WINDOW && batchWindowSeconds < 1) {
    faults.push(`setting batchWindowSeconds must be at least 1 when batchSize is over ${BATCH_WITHOUT_WINDOW}`);
  }
  return faults;
}

function checkRetention(settings: RelaySettings): readonly string[] {
  const { writesRetentionDays, isolationRetentionDays, deadLetterRetentionDays, operationTtlDays } = settings;
  const faults: string[] = [];
  // SQS counts from the first sending: in a queue that keeps shorter, what is moved there late would vanish on arrival.
  if (isolationRetentionDays < writesRetentionDays) {
    faults.push(
      `setting isolationRetentionDays must be at least writesRetentionDays (${writesRetentionDays}), not ${isolationRetentionDays}`,
    );
  }
  if (deadLetterRetentionDays < Math.max(writesRetentionDays, isolationRetentionDays)) {
    faults.push(
      `setting deadLetterRetentionDays must be at least as long as messages are queued (${Math.max(writesRetentionDays, isolationRetentionDays)}), not ${deadLetterRetentionDays}`,
    );
  }
  // Invariant T2: who redrives a dead letter on its last day must still find which of its writes are settled.
  const messageLife = Math.max(writesRetentionDays, isolationRetentionDays) + deadLetterRetentionDays;
  if (operationTtlDays <= messageLife) {
    faults.push(
      `setting operationTtlDays must be over ${messageLife}, the days that a message can live queued and as a dead letter, not ${operationTtlDays}`,
    );
  }
  return faults;
}

function checkHubSpot(settings: RelaySettings): readonly string[] {
  const faults: string[] = [];
  // With less the consumer would be out of time before its first call, and put every write off for ever.
  const hubspotTimeoutBelow = settings.deliverTimeoutSeconds * 1000 - TIME_TO_SETTLE;
  if (settings.hubspotTimeoutMs >= hubspotTimeoutBelow) {
    faults.push(
      `setting hubspotTimeoutMs must be under ${hubspotTimeoutBelow} (deliverTimeoutSeconds less ${TIME_TO_SETTLE / 1000} s for settling), not ${settings.hubspotTimeoutMs}`,
    );
  }
  const forwardTimeoutMost = settings.forwardTimeoutSeconds * 1000 - ANSWERING_MARGIN;
  if (settings.forwardHubspotTimeoutMs > forwardTimeoutMost) {
    faults.push(
      `setting forwardHubspotTimeoutMs must be at most ${forwardTimeoutMost} (forwardTimeoutSeconds less ${ANSWERING_MARGIN / 1000} s for the answer), not ${settings.forwardHubspotTimeoutMs}`,
    );
  }
  // What is over is reading the token, the wait for a slot, and storing.
  const refreshTimeoutBelow = settings.refreshTimeoutSeconds * 1000 - 10_000;
  if (settings.refreshHubspotTimeoutMs > refreshTimeoutBelow) {
    faults.push(
      `setting refreshHubspotTimeoutMs must be at most ${refreshTimeoutBelow} (refreshTimeoutSeconds less 10 s for a slot and for storing), not ${settings.refreshHubspotTimeoutMs}`,
    );
  }
  const { writeIdProperty } = settings;
  // Only the relay may write it: a caller that names contacts by it would give one the id of another write.
  if (writeIdProperty === 'email' || settings.uniqueProperties.split(',').includes(writeIdProperty || '-')) {
    faults.push(`setting writeIdProperty must be a property of the relay's own, not ${writeIdProperty}`);
  }
  const shares = shareCalls(settings);
  if (shares.deliver < 1 || shares.forward < 1) {
    faults.push(
      `setting hubspotCallsPer10Seconds (${settings.hubspotCallsPer10Seconds}) must leave every environment a call: each of ${shares.deliverEnvironments} consumers would get ${shares.deliver}, each of ${shares.forwardEnvironments} forwarders ${shares.forward}`,
    );
  }
  return faults;
}
