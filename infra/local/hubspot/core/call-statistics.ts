import type { Budget } from './rate-limits.ts';
import { createRollingWindow } from './rolling-window.ts';
import type { Violation } from './violation.ts';

/** What the client got to see of a call. */
export type Fate = 'answered' | 'lost' | 'hung';

/** One call, as the log keeps it: no e-mail, no value. */
export interface LoggedCall {
  readonly sequence: number;
  /** Arrival, in milliseconds of the epoch. */
  readonly at: number;
  readonly route: string;
  readonly records: number;
  /** Null where nothing was answered, nor would have been. */
  readonly status: number | null;
  readonly fate: Fate;
}

/** Records per call of one route. */
export interface RouteStatistics {
  readonly calls: number;
  readonly records: number;
  /** Records in a call -> number of such calls. */
  readonly histogram: Readonly<Record<string, number>>;
}

/** What the simulator was sent since it was started or reset. */
export interface Statistics {
  readonly startedAt: string;
  readonly firstCallAt: string | null;
  readonly lastCallAt: string | null;
  readonly calls: number;
  /** Records of calls that were not refused by a limit. */
  readonly records: number;
  /** "METHOD route" -> calls. */
  readonly callsByRoute: Readonly<Record<string, number>>;
  /** "METHOD route" -> its calls that were not refused by a limit. */
  readonly recordsByRoute: Readonly<Record<string, RouteStatistics>>;
  readonly statuses: Readonly<Record<string, number>>;
  /** Calls answered 429, by a limit or by a fault. */
  readonly rateLimited: number;
  readonly lost: number;
  readonly hung: number;
  /** Most calls that arrived in any rolling 10 s, refused ones included; searches and batches of associations aside. */
  readonly peakCallsPer10Seconds: number;
  /** What a careful client never sends -> how often. */
  readonly violations: Readonly<Partial<Record<Violation, number>>>;
}

/** Counts calls and keeps the last of them. */
export interface CallStatistics {
  readonly arrived: (at: number, budget: Budget) => void;
  readonly finished: (call: Omit<LoggedCall, 'sequence'>, logSize: number) => void;
  readonly violate: (violation: Violation) => void;
  readonly read: () => Statistics;
  /** Logged calls after a sequence number, oldest first. */
  readonly log: (after: number) => readonly LoggedCall[];
  readonly clear: (now: number) => void;
}

interface MutableRoute {
  calls: number;
  records: number;
  readonly histogram: Record<string, number>;
}

const isoOrNull = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString();

const lastOf = <T>(list: readonly T[], size: number): T[] => (size === 0 ? [] : list.slice(-size));

/** Statistics of a simulator that starts at `now`. */
export function createCallStatistics(now: number): CallStatistics {
  const arrivals = createRollingWindow(10_000);
  let startedAt = now;
  let first: number | undefined;
  let last: number | undefined;
  let peak = 0;
  let sequence = 0;
  let kept = 0;
  let log: LoggedCall[] = [];
  const totals = { calls: 0, records: 0, rateLimited: 0, lost: 0, hung: 0 };
  let callsByRoute: Record<string, number> = {};
  let statuses: Record<string, number> = {};
  let violations: Partial<Record<Violation, number>> = {};
  let recordsByRoute: Record<string, MutableRoute> = {};

  const countRecords = (route: string, records: number) => {
    const entry = recordsByRoute[route] ?? { calls: 0, records: 0, histogram: {} };
    entry.calls += 1;
    entry.records += records;
    entry.histogram[records] = (entry.histogram[records] ?? 0) + 1;
    recordsByRoute[route] = entry;
    totals.records += records;
  };

  return {
    arrived: (at, budget) => {
      first ??= at;
      last = at;
      totals.calls += 1;
      if (budget !== 'calls') return;
      arrivals.add(at);
      peak = Math.max(peak, arrivals.count(at));
    },
    finished: (call, logSize) => {
      sequence += 1;
      callsByRoute[call.route] = (callsByRoute[call.route] ?? 0) + 1;
      if (call.fate === 'lost') totals.lost += 1;
      else if (call.fate === 'hung') totals.hung += 1;
      else statuses[String(call.status)] = (statuses[String(call.status)] ?? 0) + 1;
      if (call.status === 429) totals.rateLimited += 1;
      else countRecords(call.route, call.records);
      kept = logSize;
      log.push({ sequence, ...call });
      if (log.length >= 2 * logSize) log = lastOf(log, logSize);
    },
    violate: (violation) => {
      violations[violation] = (violations[violation] ?? 0) + 1;
    },
    read: () => ({
      startedAt: new Date(startedAt).toISOString(),
      firstCallAt: isoOrNull(first),
      lastCallAt: isoOrNull(last),
      ...totals,
      callsByRoute: { ...callsByRoute },
      recordsByRoute: structuredClone(recordsByRoute),
      statuses: { ...statuses },
      peakCallsPer10Seconds: peak,
      violations: { ...violations },
    }),
    log: (after) => lastOf(log, kept).filter((call) => call.sequence > after),
    clear: (at) => {
      startedAt = at;
      first = undefined;
      last = undefined;
      peak = 0;
      log = [];
      arrivals.clear();
      Object.assign(totals, { calls: 0, records: 0, rateLimited: 0, lost: 0, hung: 0 });
      callsByRoute = {};
      statuses = {};
      violations = {};
      recordsByRoute = {};
    },
  };
}
