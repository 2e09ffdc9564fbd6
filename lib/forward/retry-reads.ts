import { parseRetryAfter } from '../hubspot/rate-headers.ts';
import { type DurationMs, milliseconds, seconds } from '../runtime/units.ts';
import type { Try } from './read-answer.ts';

/** Two more after the first: single failures are over by then. */
export const MOST_TRIES = 3;
/** HubSpot, or what stands in front of it, is out of order for a moment (error handling guide). */
const PASSING = new Set([502, 503, 504]);
/** A longer `Retry-After` is the caller's to keep: it was told. */
const LONGEST_RETRY_AFTER: DurationMs = seconds(4);
/** HubSpot answers within one second as a rule, and within a few at its worst: with less, its being slow would look like a failure. */
export const TIME_FOR_ANOTHER_TRY: DurationMs = seconds(5);
const FIRST_PAUSE: DurationMs = milliseconds(250);

/** The time before the try after the nth, and not before HubSpot wants it; those of many callers are spread by the slots that each of them takes. */
export function pauseBefore(tries: number, last: Try): DurationMs {
  const retryAfter = last.kind === 'answered' ? parseRetryAfter(last.answer.headers['retry-after']) : undefined;
  return milliseconds(Math.max(FIRST_PAUSE * 2 ** (tries - 1), retryAfter ?? 0));
}

/**
 * Whether a read that came to nothing may succeed if it is made again at once, or after a short `Retry-After`; a 429 without one goes to
 * the caller. A call that took all its time would take it again.
 */
export function isWorthAnotherTry(outcome: Try): boolean {
  if (outcome.kind !== 'answered') return outcome.kind !== 'timed-out';
  const { status, headers } = outcome.answer;
  const retryAfter = parseRetryAfter(headers['retry-after']);
  if (retryAfter === undefined) return PASSING.has(status);
  return (PASSING.has(status) || status === 429) && retryAfter <= LONGEST_RETRY_AFTER;
}
