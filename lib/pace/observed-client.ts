import { policyNameOf } from '../hubspot/classify-answer.ts';
import type { HubSpotAnswer, HubSpotClient } from '../hubspot/hubspot-answer.ts';
import type { Clock } from '../runtime/clock.ts';
import type { EpochMs } from '../runtime/units.ts';
import type { SharedPace } from './pace.ts';
import type { PaceObservation } from './pace-observation.ts';

/** A client whose every answer, and every missing one, teaches the pace before it reaches the caller. */
export function createObservedClient(
  client: HubSpotClient,
  pace: Pick<SharedPace, 'observe'>,
  clock: Clock,
): HubSpotClient {
  return {
    async call(request, timeout) {
      const startedAt = clock.now();
      const answer = await client.call(request, timeout);
      await pace.observe(observationOf(answer, startedAt));
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
