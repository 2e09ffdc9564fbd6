import { policyNameOf } from '../hubspot/classify-answer.ts';
import type { HubSpotAnswer, HubSpotClient } from '../hubspot/hubspot-answer.ts';
import type { Clock } from '../runtime/clock.ts';
import type { EpochMs } from '../runtime/units.ts';
import type { PaceObservation } from './pace-observation.ts';
import { type Observing, tellPaces } from './tell-paces.ts';

/**
 * A client whose every answer, and every missing one, teaches the pace before it reaches the caller. The paces of other lanes learn of
 * what is about the whole account.
 */
export function createObservedClient(
  client: HubSpotClient,
  pace: Observing,
  clock: Clock,
  otherLanes: readonly Observing[] = [],
): HubSpotClient {
  return {
    async call(request, timeout) {
      const startedAt = clock.now();
      const answer = await client.call(request, timeout);
      await tellPaces(observationOf(answer, startedAt), pace, otherLanes);
      return answer;
    },
  };
}

function observationOf(answer: HubSpotAnswer, startedAt: EpochMs): PaceObservation {
  if (answer.kind !== 'answered') return { startedAt };
  const { status, retryAfter, rate } = answer;
  const policyName = status === 429 ? policyNameOf(answer.body) : undefined;
  return {
    startedAt,
    status,
    ...(policyName !== undefined && { policyName }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(rate !== undefined && { headers: rate }),
  };
}
