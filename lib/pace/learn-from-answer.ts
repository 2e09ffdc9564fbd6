import {
  after,
  between,
  type DurationMs,
  type EpochMs,
  laterOf,
  milliseconds,
  minutes,
  seconds,
} from '../runtime/units.ts';
import { believed, type CircuitObserver, circuitAfter, pauseAfter } from './circuit.ts';
import { dailyInterval, learnDailyBudget } from './daily-budget.ts';
import { ARRIVAL_SPREAD, intervalFor, WINDOW } from './grant-slots.ts';
import type { Lane } from './lane.ts';
import type { PaceObservation } from './pace-observation.ts';
import { closedUntilOf, type PaceControl, pauseUntil } from './pace-state.ts';

/** Who looks, when, and how many calls in 10 s the settings allow. */
export interface Observer extends CircuitObserver {
  readonly limit: number;
  /** Of the call; the main one unless said. */
  readonly lane?: Lane;
}

/** SQS delays a message by 900 s at the most. */
const LONGEST_REST: DurationMs = minutes(15);
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
    return laterOf(closed, after(now, pauseAfter(circuit.round, LONGEST_REST)));
  }
  return closed > now ? closed : undefined;
}

/**
 * The time between two calls: by the limit of 10 s, and where the day's calls are scarce, by those. Twice as long while the circuit is
 * open: forwarders alone take slots then, and with every second one free there is room for the probe, which is beside the slots.
 */
export function intervalOf({ ceiling, daily, circuit }: PaceControl, limit: number): DurationMs {
  const interval = intervalFor(Math.min(limit, ceiling?.callsPerWindow ?? limit));
  const spread = daily === undefined ? undefined : dailyInterval(daily);
  const needed = spread !== undefined && spread > interval ? spread : interval;
  return circuit.kind === 'open' ? milliseconds(2 * needed) : needed;
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

/**
 * `Retry-After` is kept whoever sends it; a 429 without one is over after the time that its policy counts. What a forwarded request was
 * told is passed on to its caller, and holds for all only where it is about the app or the account.
 */
const learnPause: Learner = (control, seen, { at, lane = 'main', isForwarder = false }) => {
  const { status, policyName, retryAfter, headers } = seen;
  if (isForwarder && status !== 429 && status !== 477) return control;
  const named = retryAfter === undefined ? undefined : believed(retryAfter);
  const unnamed = policyName === 'SECONDLY' ? seconds(1) : (headers?.interval ?? WINDOW);
  const pause = named ?? (status === 429 ? unnamed : undefined);
  if (pause === undefined) return control;
  return pauseUntil(control, after(at, pause), isOfItsLane(seen, lane) ? lane : 'main');
};

/** Whether a refusal is about the limit that the lane has for itself: the others may go on. */
const isOfItsLane = ({ status, policyName }: PaceObservation, lane: Lane): boolean =>
  status === 429 && policyName !== 'DAILY' && !(lane === 'search' && policyName === 'TEN_SECONDLY_ROLLING');

/** While the circuit is open the probe was a call of its own, beside the slots: the one after it keeps its distance. */
const learnCircuit: Learner = (control, seen, observer) => {
  const circuit = circuitAfter(control, seen, observer);
  if (circuit === control.circuit) return control;
  const learned = { ...control, circuit };
  if (control.circuit.kind === 'closed' || circuit.kind === 'open') return learned;
  return pauseUntil(learned, after(seen.startedAt, intervalOf(learned, observer.limit)));
};
