import { type DurationMs, type EpochMs, milliseconds } from '../runtime/units.ts';

/** The rate headers of an answer, as far as it had them. */
export interface RateHeaders {
  /** Calls that HubSpot takes in `interval`. */
  readonly max?: number;
  readonly interval?: DurationMs;
  /** Calls a day, for all private apps of the account together (OAuth apps are told nothing). */
  readonly daily?: number;
  readonly dailyRemaining?: number;
}

/** What one call to HubSpot taught about its limits and its health. */
export interface PaceObservation {
  /** When the call was started, by the caller's clock. */
  readonly startedAt: EpochMs;
  /** Undefined when no answer came: no connection, a timeout, a broken answer. */
  readonly status?: number;
  /** Of a 429's body: `TEN_SECONDLY_ROLLING`, `SECONDLY`, `DAILY`. */
  readonly policyName?: string;
  readonly retryAfter?: DurationMs;
  readonly headers?: RateHeaders;
  /** A search has a limit of its own, five a second: its 429 says nothing of other calls. */
  readonly isSearch?: boolean;
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
