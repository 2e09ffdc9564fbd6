import type { Page } from './failure-answer.ts';
import type { Worded } from './fault-plan.ts';
import { correlationIdAt, errorBody, type Reply, type WireAnswer } from './wire.ts';

/** Anything that can be put on the wire. */
export type Answerable = Reply | Page | Worded;

const JSON_TYPE = { 'content-type': 'application/json;charset=utf-8' };

/** Puts ids and headers on; a page comes from in front of HubSpot and so has neither rate headers nor a correlation id. */
export function writeAnswer(
  reply: Answerable,
  rateHeaders: Readonly<Record<string, string>>,
  now: number,
  random: () => number,
): WireAnswer {
  const correlationId = correlationIdAt(now, random);
  const headers = { 'x-hubspot-correlation-id': correlationId, ...rateHeaders };
  switch (reply.kind) {
    case 'json':
      return { status: reply.status, headers: { ...headers, ...JSON_TYPE }, body: JSON.stringify(reply.body) };
    case 'empty':
      return { status: reply.status, headers, body: '' };
    case 'error':
      return {
        status: reply.status,
        headers: { ...headers, ...JSON_TYPE, ...retryAfter(reply.retryAfterSeconds) },
        body: JSON.stringify(errorBody(reply.detail, correlationId)),
      };
    case 'page':
      return {
        status: reply.status,
        headers: { 'content-type': 'text/html', ...retryAfter(reply.retryAfterSeconds) },
        body: reply.html,
      };
    case 'worded':
      return { status: reply.status, headers: { ...headers, ...reply.headers }, body: reply.body };
  }
}

const retryAfter = (seconds: number | undefined): Record<string, string> =>
  seconds === undefined ? {} : { 'retry-after': String(seconds) };
