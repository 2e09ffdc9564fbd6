import { MAX_INPUTS_PER_CALL } from '../lib/deliver/plan-calls.ts';
import { TIME_TO_SETTLE } from '../lib/deliver/time-to-settle.ts';
import type { RelaySettings } from './settings.ts';

/** How HubSpot's limit is divided, in calls per rolling 10 s. */
export interface CallShares {
  /** How many of the shared calls forwarded requests may make ahead of a backlog. */
  readonly reserved: number;
  /** What one environment may make by itself while the store of the shared pace is away. */
  readonly deliver: number;
  /** What a consumer brings to HubSpot in one invocation with that, in records. */
  readonly deliverRecords: number;
  readonly forward: number;
  readonly deliverEnvironments: number;
  readonly forwardEnvironments: number;
  /** Those that make batch calls on associations, which HubSpot counts apart: consumers and forwarders. */
  readonly associationEnvironments: number;
}

/**
 * Divides HubSpot's limit among all environments that may call at a time, such that their sum never exceeds it.
 *
 * Shares are whole, since a rolling window holds whole calls: a share of 42.75 would let 43 through. Forwarded requests are
 * rounded first, and what they lose by it goes to the consumers. With the default settings: forwarding
 * floor(190 x 0.1 / 2) = 9, consumers floor((190 - 2 x 9) / (3 + 2)) = 34, sum 2 x 9 + 5 x 34 = 188.
 */
export function shareCalls(settings: RelaySettings): CallShares {
  const limit = settings.hubspotCallsPer10Seconds;
  const forwardEnvironments = settings.forwardMaxEnvironments;
  const deliverEnvironments = settings.writesMaxConcurrency + settings.isolationMaxConcurrency;
  const reserved = Math.max(1, Math.floor(limit * settings.forwardShare));
  const forward = Math.floor((limit * settings.forwardShare) / forwardEnvironments);
  const deliver = Math.floor((limit - forward * forwardEnvironments) / deliverEnvironments);
  const callingSeconds = settings.deliverTimeoutSeconds - (settings.hubspotTimeoutMs + TIME_TO_SETTLE) / 1_000;
  const deliverRecords = Math.max(1, Math.floor((deliver * MAX_INPUTS_PER_CALL * callingSeconds) / 10));
  const associationEnvironments = deliverEnvironments + forwardEnvironments;
  return {
    associationEnvironments,
    reserved,
    deliver,
    deliverRecords,
    forward,
    deliverEnvironments,
    forwardEnvironments,
  };
}
