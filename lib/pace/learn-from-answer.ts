import {
  after,
  between,
  type DurationMs,
  days,
  type EpochMs,
  laterOf,
  milliseconds,
  minutes,
  seconds,
} from '../runtime/units.ts';
import { dailyInterval, learnDailyBudget, nextReset } from './daily-budget.ts';
import { ARRIVAL_SPREAD, intervalFor, WINDOW } from './grant-slots.ts';
import type { Lane } from './lane.ts';
import type { PaceObservation } from './pace-observation.ts';
import { type Circuit, closedUntilOf, type PaceControl, pauseUntil } from './pace-state.ts';

/** Who looks, when, and how many calls in 10 s the settings allow. */
export interface Observer {
  /** Its call was the one that looks whether HubSpot is back, by what was known when the answer came. */
  readonly isProbe: boolean;
  readonly at: EpochMs;
  readonly limit: number;
  /** Of the call; the main one unless said. */
  readonly lane?: Lane;
}

/** Failures one after another, across all environments, after which HubSpot counts as down. */
const FAILURES_TO_OPEN = 5;
/** The first pause is longer than a window, the longest costs 1,152 probes in four days. */
const FIRST_PAUSE: DurationMs = seconds(15);
const LONGEST_PAUSE: DurationMs = minutes(5);
/** SQS delays a message by 900 s at the most. */
const LONGEST_REST: DurationMs = minutes(15);
/** HubSpot names an end of at most a day (error handling guide, 477). */
const LONGEST_RETRY_AFTER: DurationMs = days(1);
/** Between two probes where HubSpot named no end: of a migration, or of a day whose midnight is unknown. */
const UNNAMED_STOP: DurationMs = minutes(15);
/** A lower limit holds until it was not seen for this long: endpoints may differ. */
const CEILING_HOLDS: DurationMs = minutes(10);

/**
 * What an answer of HubSpot's, or its absence, changes for all callers. Returns the very same control when nothing is to be
 * stored, which is the rule.
 */
export function learnFromAnswer(control: PaceControl, seen: PaceObservation, observer: Observer): PaceControl {
  const learners = [learnLimit, learnDaily, learnPause, learnCircuit];
  return learners.reduce((learned, learn) => learn(learned, seen, observer), control);
}

/**
 * When those who cannot wait for HubSpot are to come again; undefined when it takes calls. After a stop of known length at its
 * end; while nobody knows, after about as long again as HubSpot has been away, so that a short outage delays nothing for
 * long and a long one costs few rounds.
 */
export function returnAtOf(control: PaceControl, now: EpochMs): EpochMs | undefined {
  const { circuit } = control;
  const closed = closedUntilOf(control);
  if (circuit.kind === 'open') {
    return laterOf(
      closed,
      after(now, atMost(milliseconds(FIRST_PAUSE * 2 ** Math.min(circuit.round, 10)), LONGEST_REST)),
    );
  }
  return closed > now ? closed : undefined;
}

/** The time between two calls: by the limit of 10 s, and where the day's calls are scarce, by those. */
export function intervalOf({ ceiling, daily }: PaceControl, limit: number): DurationMs {
  const interval = intervalFor(Math.min(limit, ceiling?.callsPerWindow ?? limit));
  const spread = daily === undefined ? undefined : dailyInterval(daily);
  return spread !== undefined && spread > interval ? spread : interval;
}

type Learner = (control: PaceControl, seen: PaceObservation, observer: Observer) => PaceControl;

/**
 * Less than the settings holds at once, after a window for the calls that were made at the old rate; more again only late. Of the limits
 * of other lanes headers tell nothing.
 */
const learnLimit: Learner = (control, { headers }, { at, limit, lane = 'main' }) => {
  if (headers?.max === undefined || lane !== 'main') return control;
  const interval = headers.interval ?? WINDOW;
  const callsPerWindow = Math.max(
    1,
    Math.floor((headers.max * (WINDOW + ARRIVAL_SPREAD)) / (interval + ARRIVAL_SPREAD)),
  );
  const { ceiling: known, ...rest } = control;
  const ceiling = { callsPerWindow, seenAt: at };
  if (callsPerWindow < Math.min(limit, known?.callsPerWindow ?? limit)) {
    return pauseUntil({ ...rest, ceiling }, after(at, milliseconds(WINDOW + ARRIVAL_SPREAD)));
  }
  if (known === undefined) return control;
  const age = between(known.seenAt, at);
  if (callsPerWindow === known.callsPerWindow) return age < CEILING_HOLDS / 2 ? control : { ...rest, ceiling };
  if (age < CEILING_HOLDS) return control;
  return callsPerWindow < limit ? { ...rest, ceiling } : rest;
};

const learnDaily: Learner = (control, { headers }, { at }) => {
  const daily = headers === undefined ? control.daily : learnDailyBudget(control.daily, headers, at);
  return daily === undefined || daily === control.daily ? control : { ...control, daily };
};

/** `Retry-After` is kept whoever sends it; a 429 without one is over after the time that its policy counts. */
const learnPause: Learner = (control, seen, { at, lane = 'main' }) => {
  const { status, policyName, retryAfter, headers } = seen;
  const named = retryAfter === undefined ? undefined : atMost(retryAfter, LONGEST_RETRY_AFTER);
  const unnamed = policyName === 'SECONDLY' ? seconds(1) : (headers?.interval ?? WINDOW);
  const pause = named ?? (status === 429 ? unnamed : undefined);
  if (pause === undefined) return control;
  return pauseUntil(control, after(at, pause), isOfItsLane(seen, lane) ? lane : 'main');
};

/** Whether a refusal is about the limit that the lane has for itself: the others may go on. */
const isOfItsLane = ({ status, policyName }: PaceObservation, lane: Lane): boolean =>
  status === 429 && policyName !== 'DAILY' && !(lane === 'search' && policyName === 'TEN_SECONDLY_ROLLING');

/**
 *     closed --5 failures, or a stop--> open --its time is over--> half open (one probe) --answer--> closed
 *                                         ^------------------- probe failed, twice as long --|
 *
 * While it is open only the probe's own answer counts: what else comes in was sent before.
 */
const learnCircuit: Learner = (control, seen, observer) => {
  const { circuit } = control;
  const stop = stopOf(control, seen, observer.at);
  if (circuit.kind === 'closed') return withCircuit(control, afterAnswer(circuit, stop, seen, observer.at));
  if (!observer.isProbe) {
    return stop === undefined || stop <= circuit.until ? control : withCircuit(control, { ...circuit, until: stop });
  }
  if (stop !== undefined) return withCircuit(control, { kind: 'open', until: stop, round: circuit.round });
  if (isFailure(seen)) return withCircuit(control, openAfter(circuit.round + 1, observer.at));
  // The probe was a call of its own, beside the slots: the next one keeps its distance.
  const closed = withCircuit(control, { kind: 'closed', failures: 0 });
  return pauseUntil(closed, after(seen.startedAt, intervalOf(control, observer.limit)));
};

function afterAnswer(
  circuit: Extract<Circuit, { kind: 'closed' }>,
  stop: EpochMs | undefined,
  seen: PaceObservation,
  at: EpochMs,
): Circuit {
  if (stop !== undefined) return { kind: 'open', until: stop, round: 0 };
  if (!isFailure(seen)) return circuit.failures === 0 ? circuit : { kind: 'closed', failures: 0 };
  const failures = circuit.failures + 1;
  return failures < FAILURES_TO_OPEN ? { kind: 'closed', failures } : openAfter(0, at);
}

/** Until when HubSpot said that all calls are in vain: the account moves house, or the day's calls are used up. */
function stopOf({ daily }: PaceControl, seen: PaceObservation, at: EpochMs): EpochMs | undefined {
  const { status, policyName, retryAfter, headers } = seen;
  const isUsedUp = headers?.dailyRemaining === 0 || (status === 429 && policyName === 'DAILY');
  if (status !== 477 && !isUsedUp) return undefined;
  if (retryAfter !== undefined) return after(at, atMost(retryAfter, LONGEST_RETRY_AFTER));
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
  until: after(at, atMost(milliseconds(FIRST_PAUSE * 2 ** Math.min(round, 10)), LONGEST_PAUSE)),
  round,
});

const withCircuit = (control: PaceControl, circuit: Circuit): PaceControl =>
  circuit === control.circuit ? control : { ...control, circuit };

const atMost = (duration: DurationMs, most: DurationMs): DurationMs => (duration < most ? duration : most);
