import * as z from 'zod/mini';
import type { DurationMs } from '../runtime/units.ts';
import { type BatchAnswer, parseBatchAnswer } from './batch-answer.ts';
import type { HubSpotAnswer } from './hubspot-answer.ts';

/** HubSpot's error body; its documentation says to treat every field as optional. */
const HubSpotError = z.object({
  category: z.optional(z.string()),
  message: z.optional(z.string()),
  policyName: z.optional(z.string()),
  context: z.optional(z.record(z.string(), z.array(z.string()))),
  errors: z.optional(
    z.array(
      z.object({
        message: z.optional(z.string()),
        code: z.optional(z.string()),
        context: z.optional(z.record(z.string(), z.array(z.string()))),
      }),
    ),
  ),
});
export type HubSpotError = z.infer<typeof HubSpotError>;

export type DeferReason = 'rate-limit' | 'daily-limit' | 'migration' | 'locked' | 'unreachable';

/** What a whole call's answer means. */
export type CallVerdict =
  /** HubSpot worked on the inputs; each has to be found in `batch`. */
  | { readonly kind: 'processed'; readonly batch: BatchAnswer }
  /** HubSpot refused the call as a whole because of something in it; nothing was written. */
  | { readonly kind: 'refused'; readonly status: number; readonly error: HubSpotError }
  /** HubSpot did nothing and may be asked again. */
  | { readonly kind: 'deferred'; readonly reason: DeferReason; readonly retryAfter?: DurationMs }
  /** Nothing is wrong with the records: the token, its scopes or the deployment are. */
  | { readonly kind: 'stopped'; readonly status: number; readonly category: string }
  /** HubSpot may or may not have carried the call out. */
  | { readonly kind: 'unknown'; readonly cause: string; readonly retryAfter?: DurationMs };

/** Statuses with which HubSpot refuses what is in a call (fact sheet, section 2). */
const ABOUT_THE_RECORDS = new Set([400, 409, 413, 414, 422]);

/** What HubSpot would say, were it asked. */
const NO_TOKEN: CallVerdict = { kind: 'stopped', status: 401, category: 'INVALID_AUTHENTICATION' };

/** Reads the answer to a batch call. */
export function classifyAnswer(answer: HubSpotAnswer): CallVerdict {
  if (answer.kind === 'unsent') return answer.isUnauthorized ? NO_TOKEN : { kind: 'deferred', reason: 'unreachable' };
  if (answer.kind === 'unanswered') return { kind: 'unknown', cause: answer.cause };
  const { status } = answer;
  const wait = answer.retryAfter !== undefined && { retryAfter: answer.retryAfter };
  if (status >= 200 && status < 300) {
    const batch = parseBatchAnswer(answer.body);
    return batch === undefined
      ? { kind: 'unknown', cause: `${status} without a readable body` }
      : { kind: 'processed', batch };
  }
  const error = parseError(answer.body);
  if (ABOUT_THE_RECORDS.has(status) || (status === 404 && error.category === 'OBJECT_NOT_FOUND')) {
    return { kind: 'refused', status, error };
  }
  if (status === 429) {
    return { kind: 'deferred', reason: error.policyName === 'DAILY' ? 'daily-limit' : 'rate-limit', ...wait };
  }
  if (status === 477) return { kind: 'deferred', reason: 'migration', ...wait };
  if (status === 423) return { kind: 'deferred', reason: 'locked', ...wait };
  if (status >= 500) return { kind: 'unknown', cause: `HTTP ${status}`, ...wait };
  return { kind: 'stopped', status, category: error.category ?? 'none' };
}

/** Which of HubSpot's limits a 429 is about: `TEN_SECONDLY_ROLLING`, `SECONDLY`, `DAILY`. */
export const policyNameOf = (body: unknown): string | undefined => parseError(body).policyName;

const parseError = (body: unknown): HubSpotError => {
  const parsed = HubSpotError.safeParse(body);
  return parsed.success ? parsed.data : {};
};
