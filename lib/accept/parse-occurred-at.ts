import { between, days, type EpochMs, epochMs } from '../runtime/units.ts';
import { type FaultList, faultAt, type Place } from './fault.ts';

/**
 * How old an event may be. Fences of the ledger are kept longer than this (delivery.md, rules 22 and 23), so a write that is
 * let in can still be compared with everything newer.
 */
export const OCCURRED_AT_HORIZON = days(30);

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Parses a source's own event time, an ISO 8601 time with zone or milliseconds since 1970; without `now` of any age. */
export function parseOccurredAt(
  value: unknown,
  now: EpochMs | undefined,
  place: Place,
  faults: FaultList,
): EpochMs | undefined {
  if (value === undefined || value === null) return undefined;
  const time = toTime(value);
  if (time === undefined) {
    const forms = 'an ISO 8601 time with a zone, or milliseconds since 1970';
    faults.add(faultAt(place, 'occurredAt', 'INVALID_TIME', (path) => `${path} must be ${forms}`));
    return undefined;
  }
  if (now !== undefined && between(time, now) > OCCURRED_AT_HORIZON) {
    const fault = faultAt(place, 'occurredAt', 'TIME_TOO_OLD', (path) => `${path} lies more than 30 days back`);
    faults.add({ ...fault, byClock: true });
    return undefined;
  }
  return time;
}

function toTime(value: unknown): EpochMs | undefined {
  const time = typeof value === 'string' && ISO_TIME.test(value) ? Date.parse(value) : value;
  return typeof time === 'number' && Number.isSafeInteger(time) && time >= 0 ? epochMs(time) : undefined;
}
