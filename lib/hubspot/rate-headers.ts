import { type DurationMs, milliseconds, seconds } from '../runtime/units.ts';

/** The rate headers of an answer, as far as it had them. */
export interface RateHeaders {
  /** Calls that HubSpot takes in `interval`. */
  readonly max?: number;
  readonly interval?: DurationMs;
  /** Calls a day, for all private apps of the account together (OAuth apps are told nothing). */
  readonly daily?: number;
  readonly dailyRemaining?: number;
}

/** Reads HubSpot's rate headers; what is missing or no whole number is left out. `header` looks one up by its lower-case name. */
export function readRateHeaders(header: (name: string) => string | null | undefined): RateHeaders {
  const read = (name: string): number | undefined => {
    const value = header(`x-hubspot-ratelimit-${name}`)?.trim();
    return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : undefined;
  };
  const max = read('max');
  const interval = read('interval-milliseconds');
  const daily = read('daily');
  const dailyRemaining = read('daily-remaining');
  return {
    ...(max !== undefined && max > 0 && { max }),
    ...(interval !== undefined && interval > 0 && { interval: milliseconds(interval) }),
    ...(daily !== undefined && { daily }),
    ...(dailyRemaining !== undefined && { dailyRemaining }),
  };
}

/** HubSpot sends seconds (error handling guide, 477); a date is not documented and is ignored. */
export function parseRetryAfter(value: string | null | undefined): DurationMs | undefined {
  if (typeof value !== 'string' || !/^\d{1,9}$/.test(value.trim())) return undefined;
  return seconds(Number(value));
}
