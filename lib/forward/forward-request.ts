import type { Lane } from '../pace/lane.ts';
import type { SharedPace } from '../pace/pace.ts';
import type { Clock } from '../runtime/clock.ts';
import { after, between, type DurationMs, type EpochMs, earlierOf, milliseconds, seconds } from '../runtime/units.ts';
import { classifyRequest } from './classify-request.ts';
import { hubspotPath } from './hubspot-path.ts';
import { type ForwardedAnswer, lessonsOf, readAnswer } from './read-answer.ts';
import { isWorthAnotherTry, MOST_TRIES, pauseBefore } from './retry-reads.ts';

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
  /** The caller needs an answer by then. */
  readonly deadline: EpochMs;
}

/** Why a request was not answered by HubSpot. */
export type ForwardFault =
  | { readonly kind: 'bad-path' }
  | { readonly kind: 'bad-version' }
  /** No HTTP client sends such a method, or such a header. */
  | { readonly kind: 'unsendable' }
  /** The relay's own share of one of HubSpot's limits is used up for now. */
  | { readonly kind: 'no-slot'; readonly lane: Lane }
  /** HubSpot is down, or asked to be left alone; `until` when it may be asked again. */
  | { readonly kind: 'closed'; readonly until: EpochMs }
  /** HubSpot never got it, or it changes nothing. */
  | { readonly kind: 'unreachable' }
  /** HubSpot got it and may have carried it out. */
  | { readonly kind: 'unanswered' }
  /** HubSpot carried it out, but its answer does not fit into one of the relay's. */
  | { readonly kind: 'too-large'; readonly isRead: boolean };

export type Forwarding =
  | { readonly kind: 'answered'; readonly answer: ForwardedAnswer & { readonly body: Uint8Array } }
  | ForwardFault;

/** The budget of calls, for each of HubSpot's limits. */
export type ForwardPaces = Readonly<Record<Lane, Pick<SharedPace, 'take' | 'observe' | 'closedUntil'>>>;

export interface Forwarder {
  readonly baseUrl: string;
  readonly readToken: () => Promise<string>;
  readonly paces: ForwardPaces;
  readonly clock: Clock;
  /** How long HubSpot has to answer one call. */
  readonly timeout: DurationMs;
  readonly fetch: typeof globalThis.fetch;
}

/** A caller that finds no slot within this time is told to come again, rather than kept waiting. */
const LONGEST_WAIT_FOR_A_SLOT: DurationMs = seconds(5);
/** With less left HubSpot is not asked: it would hardly answer in time. */
const SHORTEST_CALL: DurationMs = seconds(1);
/** What HubSpot needs to read a body. The caller's own authorization stays here. */
const REQUEST_HEADERS = ['content-type', 'accept'] as const;
/** Methods of which `fetch` sends no body. */
const BODILESS = new Set(['GET', 'HEAD']);

/** What came of one call; undefined when there was no slot, and none was made. */
type Try = ForwardedAnswer | 'unanswered' | undefined;

/**
 * Passes a request on to HubSpot with the relay's own token, and HubSpot's answer back: status, body and rate headers as they are.
 * A read that HubSpot failed to answer is tried again while there is time, each time in a slot of its own; anything else is sent
 * once. When no slot comes for another try, what the last one brought is the answer.
 */
export async function forwardRequest(request: ForwardedRequest, forwarder: Forwarder): Promise<Forwarding> {
  const target = hubspotPath(request.path);
  if (target.kind !== 'path') return target;
  const url = `${forwarder.baseUrl.replace(/\/+$/, '')}${target.path}${asQuery(request.query)}`;
  if (!isSendable(url, request)) return { kind: 'unsendable' };
  const { isRead, lane } = classifyRequest(request.method, target.path);
  const pace = forwarder.paces[lane];
  let last: Try;
  for (let tries = 1; ; tries += 1) {
    const next = await tryOnce(request, url, pace, forwarder);
    if (next === undefined) break;
    last = next;
    if (!isRead || tries >= MOST_TRIES || !isWorthAnotherTry(last)) break;
    const pause = pauseBefore(tries);
    if (between(forwarder.clock.now(), request.deadline) <= pause + SHORTEST_CALL) break;
    await forwarder.clock.sleep(pause);
  }
  if (last === undefined) {
    const until = pace.closedUntil();
    return until === undefined ? { kind: 'no-slot', lane } : { kind: 'closed', until };
  }
  if (last === 'unanswered') return isRead ? { kind: 'unreachable' } : { kind: 'unanswered' };
  const { body } = last;
  return body === undefined ? { kind: 'too-large', isRead } : { kind: 'answered', answer: { ...last, body } };
}

/** Waits for a slot, makes one call in it and tells the pace what came of it. */
async function tryOnce(
  request: ForwardedRequest,
  url: string,
  pace: ForwardPaces[Lane],
  { readToken, clock, timeout, fetch }: Forwarder,
): Promise<Try> {
  const token = (await readToken()).trim();
  const latestStart = after(request.deadline, milliseconds(-SHORTEST_CALL));
  if (!(await pace.take(earlierOf(after(clock.now(), LONGEST_WAIT_FOR_A_SLOT), latestStart)))) return undefined;
  const startedAt = clock.now();
  try {
    const response = await fetch(url, {
      method: request.method,
      headers: { ...passedOn(request.headers), authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.ceil(Math.min(timeout, between(startedAt, request.deadline)))),
      ...(request.body !== undefined && !BODILESS.has(request.method) && { body: request.body }),
    });
    const answer = await readAnswer(response, token);
    await pace.observe({ startedAt, ...lessonsOf(answer) });
    return answer;
  } catch {
    await pace.observe({ startedAt });
    return 'unanswered';
  }
}

/** Asked before a slot is taken: what cannot be sent at all must not look like a HubSpot that does not answer. */
function isSendable(url: string, { method, headers }: ForwardedRequest): boolean {
  try {
    return new Request(url, { method, headers: passedOn(headers) }).method === method;
  } catch {
    return false;
  }
}

/** As it came. A raw `#`, which no client should send, must not cut off what follows. */
const asQuery = (query: string): string => (query === '' ? '' : `?${query.replaceAll('#', '%23')}`);

function passedOn(headers: ForwardedRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    REQUEST_HEADERS.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
