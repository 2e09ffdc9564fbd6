import type { OutageKind } from './fault-profile.ts';
import { drawOne, drawWhole, happens } from './seeded-random.ts';
import type { World } from './simulated-process.ts';

/** What becomes of one call to HubSpot. */
export type CallFate =
  | { readonly kind: 'carried-out'; readonly ignoredInput?: number; readonly omittedResult?: number }
  /** No connection. */
  | { readonly kind: 'unsent' }
  /** Sent, never received; received and done, the answer lost; done only after the caller has given up. */
  | { readonly kind: 'request-lost' }
  | { readonly kind: 'answer-lost' }
  | { readonly kind: 'commit-late' }
  /** Done, and answered with a status of a gateway in front of HubSpot. */
  | { readonly kind: 'fails-after-commit'; readonly status: number }
  /** Nothing done, and this answered. `retryAfter` in seconds. */
  | { readonly kind: 'says'; readonly status: number; readonly body?: unknown; readonly retryAfter?: number };

const GATEWAY_STATUSES = [500, 502, 503, 504, 524];

/** Draws what becomes of a call with so many inputs, by the faults that are on now. */
export function drawCallFate(world: World, inputs: number): CallFate {
  const { random } = world;
  const faults = world.faults();
  const now = world.scheduler.now();
  const outage = faults.outages.find(({ from, to }) => from <= now && now < to);
  if (outage !== undefined) return duringOutage(outage.kind, (outage.to - now) / 1_000);
  const strikes = (probability: number) => happens(random, probability);
  if (strikes(faults.requestLost)) return { kind: drawOne(random, ['request-lost', 'unsent'] as const) };
  if (strikes(faults.answerLost)) return { kind: 'answer-lost' };
  if (strikes(faults.commitLate)) return { kind: 'commit-late' };
  if (strikes(faults.failsBeforeCommit)) return { kind: 'says', status: drawOne(random, GATEWAY_STATUSES) };
  if (strikes(faults.failsAfterCommit)) {
    return { kind: 'fails-after-commit', status: drawOne(random, GATEWAY_STATUSES) };
  }
  if (strikes(faults.rateLimited)) return rateLimit('TEN_SECONDLY_ROLLING');
  if (strikes(faults.retryAfter)) {
    const retryAfter = drawOne(random, [1, 10, 60, 600, 3_600]);
    return drawOne(random, [rateLimit('DAILY', retryAfter), { kind: 'says', status: 477, retryAfter } as const]);
  }
  if (strikes(faults.locked)) return { kind: 'says', status: 423, body: errorOf('LOCKED') };
  if (inputs > 1 && strikes(faults.refusedWhole))
    return { kind: 'says', status: 400, body: errorOf('VALIDATION_ERROR') };
  if (strikes(faults.emptyResults)) return { kind: 'says', status: 200, body: { status: 'COMPLETE', results: [] } };
  return {
    kind: 'carried-out',
    ...(inputs > 1 && strikes(faults.inputIgnored) && { ignoredInput: drawWhole(random, 0, inputs - 1) }),
    ...(inputs > 0 && strikes(faults.resultOmitted) && { omittedResult: drawWhole(random, 0, inputs - 1) }),
  };
}

function duringOutage(kind: OutageKind, secondsLeft: number): CallFate {
  switch (kind) {
    case 'unsent':
      return { kind: 'unsent' };
    case 'unanswered':
      return { kind: 'request-lost' };
    case 'status-500':
      return { kind: 'says', status: 500 };
    case 'status-503':
      return { kind: 'says', status: 503 };
    case 'unauthorized':
      return { kind: 'says', status: 401, body: errorOf('INVALID_AUTHENTICATION') };
    case 'migration':
      return { kind: 'says', status: 477, retryAfter: Math.ceil(Math.min(secondsLeft, 86_400)) };
  }
}

const errorOf = (category: string) => ({ status: 'error', category, message: `injected ${category}` });

const rateLimit = (policyName: string, retryAfter?: number): CallFate => ({
  kind: 'says',
  status: 429,
  body: { status: 'error', errorType: 'RATE_LIMIT', policyName, message: 'You have reached your limit.' },
  ...(retryAfter !== undefined && { retryAfter }),
});
