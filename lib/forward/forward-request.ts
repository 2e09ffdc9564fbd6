import type { ReadToken } from '../hubspot/access-token.ts';
import { connectionFaultOf } from '../hubspot/connection-fault.ts';
import type { Lane } from '../pace/lane.ts';
import type { SharedPace } from '../pace/pace.ts';
import { tellPaces } from '../pace/tell-paces.ts';
import type { Clock } from '../runtime/clock.ts';
import { after, between, type DurationMs, type EpochMs, earlierOf, milliseconds, seconds } from '../runtime/units.ts';
import { classifyRequest } from './classify-request.ts';
import { hubspotPath } from './hubspot-path.ts';
import { type ForwardedAnswer, lessonsOf, readAnswer, type Try } from './read-answer.ts';
import { isWorthAnotherTry, MOST_TRIES, pauseBefore, TIME_FOR_ANOTHER_TRY } from './retry-reads.ts';

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
  /** There is no token that it could be sent with. */
  | { readonly kind: 'no-token' }
  /** HubSpot never got it. */
  | { readonly kind: 'unreachable' }
  /** HubSpot may have got it: what changes something may have been carried out. */
  | { readonly kind: 'unanswered'; readonly isRead: boolean }
  /** HubSpot carried it out, but its answer does not fit into one of the relay's. */
  | { readonly kind: 'too-large'; readonly isRead: boolean };

export type Forwarding =
  | { readonly kind: 'answered'; readonly answer: ForwardedAnswer & { readonly body: Uint8Array } }
  | ForwardFault;

/** The budget of calls, for each of HubSpot's limits. */
export type ForwardPaces = Readonly<Record<Lane, Pick<SharedPace, 'take' | 'observe' | 'closedUntil'>>>;

export interface Forwarder {
  readonly baseUrl: string;
  readonly readToken: ReadToken;
  readonly paces: ForwardPaces;
  readonly clock: Clock;
  /** How long HubSpot has to answer one call. */
  readonly timeout: DurationMs;
  readonly fetch: typeof globalThis.fetch;
}

/** A caller that finds no slot within this time is told to come again, rather than kept waiting. */
const LONGEST_WAIT_FOR_A_SLOT: DurationMs = seconds(5);
/** With less left HubSpot is not asked. */
const SHORTEST_CALL: DurationMs = seconds(1);
/** What HubSpot needs to read a body. The caller's own authorization stays here. */
const REQUEST_HEADERS = ['content-type', 'content-encoding', 'accept'] as const;
/** Methods of which `fetch` sends no body. */
const BODILESS = new Set(['GET', 'HEAD']);

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
  const access = await forwarder.readToken();
  if (access.kind !== 'token') return { kind: 'no-token' };
  const call: Call = { ...request, url, token: access.token, isRead, pace: forwarder.paces[lane] };
  const last = await tryWhileSafe(call, forwarder);
  if (last !== undefined) return forwardingOf(last, isRead);
  const until = call.pace.closedUntil();
  return until === undefined ? { kind: 'no-slot', lane } : { kind: 'closed', until };
}

/** A request on its way. */
interface Call extends ForwardedRequest {
  readonly url: string;
  readonly token: string;
  readonly isRead: boolean;
  readonly pace: ForwardPaces[Lane];
}

/** What the last try brought; undefined when there was no slot even for the first. */
async function tryWhileSafe(call: Call, forwarder: Forwarder): Promise<Try | undefined> {
  const { clock } = forwarder;
  let last = await tryOnce(call, forwarder);
  for (let tries = 1; tries < MOST_TRIES; tries += 1) {
    if (last === undefined || !call.isRead || !isWorthAnotherTry(last)) return last;
    const pause = pauseBefore(tries, last);
    if (between(clock.now(), call.deadline) <= pause + TIME_FOR_ANOTHER_TRY) return last;
    await clock.sleep(pause);
    const next = await tryOnce(call, forwarder);
    if (next === undefined) return last;
    last = next;
  }
  return last;
}

/** Waits for a slot, makes one call in it and tells the pace what came of it; undefined when there was no slot. */
async function tryOnce(call: Call, { clock, timeout, fetch, paces }: Forwarder): Promise<Try | undefined> {
  const { url, token, method, headers, body, pace, deadline } = call;
  const latestStart = after(deadline, milliseconds(-SHORTEST_CALL));
  if (!(await pace.take(earlierOf(after(clock.now(), LONGEST_WAIT_FOR_A_SLOT), latestStart)))) return undefined;
  const startedAt = clock.now();
  const signal = AbortSignal.timeout(Math.ceil(Math.min(timeout, between(startedAt, deadline))));
  try {
    const response = await fetch(url, {
      method,
      headers: { ...passedOn(headers), authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal,
      ...(body !== undefined && !BODILESS.has(method) && { body }),
    });
    const answer = await readAnswer(response, token);
    const otherLanes = Object.values(paces).filter((each) => each !== pace);
    await tellPaces({ startedAt, ...lessonsOf(answer) }, pace, otherLanes);
    return { kind: 'answered', answer };
  } catch (error) {
    await pace.observe({ startedAt });
    if (connectionFaultOf(error).isUnsent) return { kind: 'unsent' };
    return { kind: signal.aborted ? 'timed-out' : 'cut-off' };
  }
}

function forwardingOf(last: Try, isRead: boolean): Forwarding {
  if (last.kind === 'unsent') return { kind: 'unreachable' };
  if (last.kind !== 'answered') return { kind: 'unanswered', isRead };
  const { body } = last.answer;
  return body === undefined ? { kind: 'too-large', isRead } : { kind: 'answered', answer: { ...last.answer, body } };
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
