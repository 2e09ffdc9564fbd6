import { policyNameOf } from '../hubspot/classify-answer.ts';
import { parseRetryAfter, readRateHeaders } from '../hubspot/rate-headers.ts';
import type { SharedPace } from '../pace/pace.ts';
import type { PaceObservation } from '../pace/pace-observation.ts';
import type { Clock } from '../runtime/clock.ts';
import { after, type DurationMs, type EpochMs, seconds } from '../runtime/units.ts';

/** A request that is HubSpot's to answer. */
export interface ForwardedRequest {
  readonly method: string;
  /** As it reached the relay, from `/crm/` or `/sync/crm/` on. */
  readonly path: string;
  /** Without the `?`, still encoded. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

export interface ForwardedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Why a request was not answered by HubSpot. */
export type ForwardFault =
  | { readonly kind: 'bad-path' }
  /** The relay's own share of HubSpot's limit is used up for now. */
  | { readonly kind: 'no-slot' }
  /** HubSpot is down, or asked to be left alone; `until` when it may be asked again. */
  | { readonly kind: 'closed'; readonly until: EpochMs }
  /** HubSpot never got it. */
  | { readonly kind: 'unreachable' }
  /** HubSpot got it and may have carried it out. */
  | { readonly kind: 'unanswered' };

export type Forwarding = { readonly kind: 'answered'; readonly answer: ForwardedAnswer } | ForwardFault;

export interface Forwarder {
  readonly baseUrl: string;
  readonly readToken: () => Promise<string>;
  readonly pace: Pick<SharedPace, 'take' | 'observe' | 'closedUntil'>;
  readonly clock: Clock;
  /** How long HubSpot has to answer. */
  readonly timeout: DurationMs;
  readonly fetch: typeof globalThis.fetch;
}

/** A caller that finds no slot within this time is told to come again, rather than kept waiting. */
const LONGEST_WAIT_FOR_A_SLOT: DurationMs = seconds(5);
/** What HubSpot needs to read a body. The caller's own authorization stays here. */
const REQUEST_HEADERS = ['content-type', 'accept'] as const;
/** What a HubSpot client reads of an answer: its kind, the rate limit, and when to come again. */
const ANSWER_HEADERS = /^(content-type|retry-after|x-hubspot-.*)$/;
/** Methods that change nothing: without an answer, nothing is in doubt. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Passes a request on to HubSpot, once, with the relay's own token, and HubSpot's answer back: status, body and rate
 * headers as they are.
 */
export async function forwardRequest(request: ForwardedRequest, forwarder: Forwarder): Promise<Forwarding> {
  const path = hubspotPath(request.path);
  if (path === undefined) return { kind: 'bad-path' };
  const lastStart: EpochMs = after(forwarder.clock.now(), LONGEST_WAIT_FOR_A_SLOT);
  const token = await forwarder.readToken();
  if (!(await forwarder.pace.take(lastStart))) {
    const until = forwarder.pace.closedUntil();
    return until === undefined ? { kind: 'no-slot' } : { kind: 'closed', until };
  }
  const url = `${forwarder.baseUrl.replace(/\/+$/, '')}${path}${request.query === '' ? '' : `?${request.query}`}`;
  const startedAt = forwarder.clock.now();
  const observe = (seen: Omit<PaceObservation, 'startedAt' | 'isSearch'>) =>
    forwarder.pace.observe({ startedAt, isSearch: path.endsWith('/search'), ...seen });
  try {
    const response = await forwarder.fetch(url, {
      method: request.method,
      headers: { ...passedOn(request.headers), authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(forwarder.timeout),
      ...(request.body !== undefined && !SAFE_METHODS.has(request.method) && { body: request.body }),
    });
    const answer = await readAnswer(response);
    await observe(lessonsOf(answer));
    return { kind: 'answered', answer };
  } catch {
    await observe({});
    return SAFE_METHODS.has(request.method) ? { kind: 'unreachable' } : { kind: 'unanswered' };
  }
}

/**
 * HubSpot's path for the relay's: without `/sync`, each segment encoded. Undefined for a path that would leave `/crm/`:
 * the relay's token opens more of HubSpot than its callers are to reach.
 */
export function hubspotPath(path: string): string | undefined {
  const segments = path
    .replace(/^\/sync(?=\/)/, '')
    .split('/')
    .map(decodeSegment);
  if (segments[0] !== '' || segments[1] !== 'crm') return undefined;
  if (segments.some((segment) => segment === undefined || segment === '.' || segment === '..')) return undefined;
  return segments.map((segment) => encodeURIComponent(segment ?? '')).join('/');
}

/** API Gateway hands paths over decoded or not, depending on the characters: both come out the same. */
function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function passedOn(headers: ForwardedRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    REQUEST_HEADERS.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** What an answer tells of HubSpot's limits. */
function lessonsOf({ status, headers, body }: ForwardedAnswer): Omit<PaceObservation, 'startedAt'> {
  const retryAfter = parseRetryAfter(headers['retry-after']);
  const policyName = status === 429 ? policyNameOf(parseJson(body)) : undefined;
  return {
    status,
    headers: readRateHeaders((name) => headers[name]),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(policyName !== undefined && { policyName }),
  };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

async function readAnswer(response: Response): Promise<ForwardedAnswer> {
  const headers = [...response.headers].filter(([name]) => ANSWER_HEADERS.test(name));
  return {
    status: response.status,
    headers: Object.fromEntries(headers),
    body: new Uint8Array(await response.arrayBuffer()),
  };
}
