import type { Random } from '../../lib/runtime/random.ts';
import type { EpochMs } from '../../lib/runtime/units.ts';
import { drawBetween, drawOne, drawWhole, happens } from './seeded-random.ts';

/** What an outage of HubSpot looks like to a caller. */
export type OutageKind = 'unsent' | 'unanswered' | 'status-500' | 'status-503' | 'unauthorized' | 'migration';

/** HubSpot is away from `from` to `to`. */
export interface Outage {
  readonly kind: OutageKind;
  readonly from: number;
  readonly to: number;
}

/** The faults of one run: probabilities per effect, except where said otherwise. 0 means that a fault is off. */
export interface FaultProfile {
  /** DynamoDB: nothing done and an error; done and an error; done long after the error; slow. */
  readonly storeFailsBefore: number;
  readonly storeFailsAfter: number;
  readonly storeLandsLate: number;
  readonly slow: number;
  /** SQS: a message of a send is not confirmed, and stored or not. */
  readonly sendUnconfirmedStored: number;
  readonly sendUnconfirmedLost: number;
  /** A process dies before or after an effect. */
  readonly crash: number;
  /** SQS: a received message is delivered to another consumer too; a deleted one comes again; a deletion is lost. */
  readonly duplicate: number;
  readonly ghost: number;
  readonly deleteLost: number;
  /** SQS hands out messages in any order (1) or in order of sending (0). */
  readonly reorder: number;
  /** HubSpot, per call. */
  readonly requestLost: number;
  readonly answerLost: number;
  readonly commitLate: number;
  readonly failsBeforeCommit: number;
  readonly failsAfterCommit: number;
  readonly rateLimited: number;
  readonly retryAfter: number;
  readonly locked: number;
  readonly refusedWhole: number;
  readonly emptyResults: number;
  readonly inputIgnored: number;
  readonly resultOmitted: number;
  readonly outages: readonly Outage[];
  /** Per run: some writes kill whoever delivers them. */
  readonly poison: number;
}

/** No fault at all. */
export const CALM: FaultProfile = {
  storeFailsBefore: 0,
  storeFailsAfter: 0,
  storeLandsLate: 0,
  slow: 0,
  sendUnconfirmedStored: 0,
  sendUnconfirmedLost: 0,
  crash: 0,
  duplicate: 0,
  ghost: 0,
  deleteLost: 0,
  reorder: 0,
  requestLost: 0,
  answerLost: 0,
  commitLate: 0,
  failsBeforeCommit: 0,
  failsAfterCommit: 0,
  rateLimited: 0,
  retryAfter: 0,
  locked: 0,
  refusedWhole: 0,
  emptyResults: 0,
  inputIgnored: 0,
  resultOmitted: 0,
  outages: [],
  poison: 0,
};

/** How often a fault that is on strikes: now and then, often, or most of the time. */
const STRENGTHS = [0.01, 0.05, 0.05, 0.2];
const ON = 0.4;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LATER_OUTAGE_KINDS: readonly OutageKind[] = [
  'unsent',
  'unanswered',
  'status-500',
  'status-503',
  'unauthorized',
  'migration',
];

/** Draws which faults are on and how hard they are. A run with every fault tells less than many with a few each. */
export function drawFaultProfile(random: Random, start: EpochMs): FaultProfile {
  const calm = happens(random, 0.05);
  const one = (scale = 1): number => (!calm && happens(random, ON) ? drawOne(random, STRENGTHS) * scale : 0);
  return {
    storeFailsBefore: one(0.5),
    storeFailsAfter: one(0.5),
    storeLandsLate: one(0.1),
    slow: one(),
    sendUnconfirmedStored: one(),
    sendUnconfirmedLost: one(),
    crash: one(0.3),
    duplicate: one(),
    ghost: one(),
    deleteLost: one(),
    reorder: happens(random, 0.7) ? 1 : 0,
    requestLost: one(),
    answerLost: one(),
    commitLate: one(),
    failsBeforeCommit: one(),
    failsAfterCommit: one(),
    rateLimited: one(),
    retryAfter: one(0.5),
    locked: one(),
    refusedWhole: one(),
    emptyResults: one(),
    inputIgnored: one(),
    resultOmitted: one(),
    outages: calm ? [] : drawOutages(random, start),
    poison: !calm && happens(random, 0.15) ? 0.05 : 0,
  };
}

/** Mostly none; else minutes or an hour, rarely days: long ones cost many virtual rounds. */
function drawOutages(random: Random, start: EpochMs): Outage[] {
  const count = happens(random, 0.25) ? drawWhole(random, 1, 2) : 0;
  return Array.from({ length: count }, () => {
    const from = start + drawBetween(random, 0, 3 * MINUTE);
    const length = happens(random, 0.03) ? 4 * DAY : drawOne(random, [MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR]);
    return { kind: drawOne(random, LATER_OUTAGE_KINDS), from, to: from + drawBetween(random, length / 2, length) };
  });
}
