import { after, type DurationMs, days, type EpochMs, milliseconds, minutes, seconds } from '../runtime/units.ts';
import { nextReset } from './daily-budget.ts';
import type { PaceObservation } from './pace-observation.ts';
import type { Circuit, PaceControl } from './pace-state.ts';

/** Whose call it was, and when its answer came. */
export interface CircuitObserver {
  /** Its call was the one that looks whether HubSpot is back, by what was known when the answer came. */
  readonly isProbe: boolean;
  /** Its calls are other people's requests, to endpoints of their choice: what is wrong with one of those says nothing of HubSpot. */
  readonly isForwarder?: boolean;
  readonly at: EpochMs;
}

/** Failures one after another, across all environments, after which HubSpot counts as down. */
const FAILURES_TO_OPEN = 5;
/** The first pause is longer than a window, the longest costs 1,152 probes in four days. */
const FIRST_PAUSE: DurationMs = seconds(15);
const LONGEST_PAUSE: DurationMs = minutes(5);
/** HubSpot names an end of at most a day (error handling guide, 477). */
const LONGEST_RETRY_AFTER: DurationMs = days(1);
/** Between two probes where HubSpot named no end: of a migration, or of a day whose midnight is unknown. */
const UNNAMED_STOP: DurationMs = minutes(15);

/** What HubSpot asks for, as far as it is believed. */
export const believed = (retryAfter: DurationMs): DurationMs => atMost(retryAfter, LONGEST_RETRY_AFTER);

/** For how long HubSpot is left alone after so many probes that failed. */
export const pauseAfter = (round: number, most: DurationMs = LONGEST_PAUSE): DurationMs =>
  atMost(milliseconds(FIRST_PAUSE * 2 ** Math.min(round, 10)), most);

/**
 *     closed --5 failures, or a stop--> open --its time is over--> half open (one probe) --answer--> closed
 *                                         ^------------------- probe failed, twice as long --|
 *
 * While it is open only the probe's own answer counts: what else comes in was sent before, or forwarded. The very same circuit when
 * nothing changes.
 */
export function circuitAfter(
  { circuit, daily }: PaceControl,
  seen: PaceObservation,
  observer: CircuitObserver,
): Circuit {
  const stop = stopOf(daily, seen, observer.at);
  if (circuit.kind === 'closed') {
    if (stop !== undefined) return { kind: 'open', until: stop, round: 0 };
    return observer.isForwarder === true
      ? afterForwarded(circuit, seen, observer.at)
      : afterOwnCall(circuit, seen, observer.at);
  }
  if (!observer.isProbe) return stop === undefined || stop <= circuit.until ? circuit : { ...circuit, until: stop };
  if (stop !== undefined) return { kind: 'open', until: stop, round: circuit.round };
  return isFailure(seen) ? openAfter(circuit.round + 1, observer.at) : { kind: 'closed', failures: 0 };
}

type ClosedCircuit = Extract<Circuit, { kind: 'closed' }>;

function afterOwnCall(circuit: ClosedCircuit, seen: PaceObservation, at: EpochMs): Circuit {
  const { failures, refusals } = circuit;
  if (!isFailure(seen)) return failures === 0 && refusals === undefined ? circuit : { kind: 'closed', failures: 0 };
  return failures + 1 < FAILURES_TO_OPEN ? { ...circuit, failures: failures + 1 } : openAfter(0, at);
}

/**
 * Of a forwarded request only that the token was refused counts, and that apart: one reader of one broken endpoint must not stop all
 * deliveries, nor one of a healthy endpoint have them go on against a broken one.
 */
function afterForwarded(circuit: ClosedCircuit, seen: PaceObservation, at: EpochMs): Circuit {
  const { refusals = 0, ...rest } = circuit;
  if (seen.status === 401) {
    return refusals + 1 < FAILURES_TO_OPEN ? { ...rest, refusals: refusals + 1 } : openAfter(0, at);
  }
  return refusals === 0 || isFailure(seen) ? circuit : rest;
}

/** Until when HubSpot said that all calls are in vain: the account moves house, or the day's calls are used up. */
function stopOf(daily: PaceControl['daily'], seen: PaceObservation, at: EpochMs): EpochMs | undefined {
  const { status, policyName, retryAfter, headers } = seen;
  const isUsedUp = headers?.dailyRemaining === 0 || (status === 429 && policyName === 'DAILY');
  if (status !== 477 && !isUsedUp) return undefined;
  if (retryAfter !== undefined) return after(at, believed(retryAfter));
  const reset = isUsedUp && daily !== undefined ? nextReset(daily, at) : undefined;
  return reset ?? after(at, UNNAMED_STOP);
}

/** HubSpot is down, out of reach, or does not take the token: trying on with other records is of no use. */
const isFailure = ({ status }: PaceObservation): boolean =>
  status === undefined || status === 401 || (status >= 500 && status < 600);

/** Whether a call of this environment's was its probe. */
export const isProbeOf = (owner: string, seen: PaceObservation, circuit: Circuit): boolean =>
  circuit.kind === 'open' && circuit.probe?.owner === owner && seen.startedAt >= circuit.probe.since;

const openAfter = (round: number, at: EpochMs): Circuit => ({
  kind: 'open',
  until: after(at, pauseAfter(round)),
  round,
});

const atMost = (duration: DurationMs, most: DurationMs): DurationMs => (duration < most ? duration : most);
