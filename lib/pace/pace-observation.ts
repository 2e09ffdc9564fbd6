import type { RateHeaders } from '../hubspot/rate-headers.ts';
import type { DurationMs, EpochMs } from '../runtime/units.ts';

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
}
