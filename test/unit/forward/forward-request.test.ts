import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { answerForwardedRequest } from '../../../lib/forward/answer-forwarded-request.ts';
import { hubspotPath } from '../../../lib/forward/forward-request.ts';
import type { PaceObservation } from '../../../lib/pace/pace-observation.ts';
import { createStaticShare } from '../../../lib/pace/static-share.ts';
import { type EpochMs, epochMs, seconds } from '../../../lib/runtime/units.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

let close = async () => {};
afterEach(() => close());

async function serve(listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function forwarderTo(baseUrl: string, callsPerWindow = 100, closedUntil?: EpochMs) {
  const clock = createFakeClock(epochMs(0));
  const share = createStaticShare(callsPerWindow, clock);
  const learned: PaceObservation[] = [];
  const pace = {
    take: share.take,
    observe: async (seen: PaceObservation) => {
      learned.push(seen);
    },
    closedUntil: () => closedUntil,
  };
  return { baseUrl, readToken: async () => 'hubspot-token', pace, learned, clock, timeout: seconds(5), fetch };
}

const aRequest = (more = {}) => ({
  method: 'GET',
  path: '/crm/v3/objects/contacts/5',
  query: 'properties=email',
  headers: { authorization: 'Bearer relay-key', 'content-type': 'application/json', cookie: 'a=b' },
  body: undefined,
  isBase64Encoded: false,
  principal: 'shop',
  correlationId: 'c-1',
  remainingTime: () => seconds(20),
  ...more,
});

test('HubSpot sees its own token and nothing of the caller, the caller sees status, body and rate headers', async () => {
  let seen: IncomingMessage | undefined;
  const url = await serve((incoming, outgoing) => {
    seen = incoming;
    outgoing.writeHead(404, {
      'content-type': 'application/json',
      'x-hubspot-ratelimit-remaining': '7',
      'set-cookie': 'secret=1',
    });
    outgoing.end('{"status":"error"}');
  });
  const answer = await answerForwardedRequest(aRequest({ path: '/sync/crm/v3/objects/contacts/5' }), forwarderTo(url));
  expect(seen?.url).toBe('/crm/v3/objects/contacts/5?properties=email');
  expect(seen?.headers.authorization).toBe('Bearer hubspot-token');
  expect(seen?.headers.cookie).toBeUndefined();
  expect(answer.status).toBe(404);
  expect(Buffer.from(answer.body as Uint8Array).toString()).toBe('{"status":"error"}');
  expect(answer.headers).toEqual({ 'content-type': 'application/json', 'x-hubspot-ratelimit-remaining': '7' });
});

test('a body goes on byte for byte', async () => {
  const chunks: Buffer[] = [];
  const url = await serve((incoming, outgoing) => {
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => outgoing.end('{}'));
  });
  const body = Buffer.from('{"a":"ü"}').toString('base64');
  await answerForwardedRequest(aRequest({ method: 'POST', body, isBase64Encoded: true }), forwarderTo(url));
  expect(Buffer.concat(chunks).toString()).toBe('{"a":"ü"}');
});

test('F1: without a slot in time the caller gets the 429 that HubSpot clients understand', async () => {
  let calls = 0;
  const url = await serve((_, outgoing) => {
    calls += 1;
    outgoing.end('{}');
  });
  const forwarder = forwarderTo(url, 1);
  await answerForwardedRequest(aRequest(), forwarder);
  const answer = await answerForwardedRequest(aRequest(), forwarder);
  expect(answer).toMatchObject({
    status: 429,
    headers: { 'retry-after': '1' },
    body: { policyName: 'TEN_SECONDLY_ROLLING' },
  });
  expect(calls).toBe(1);
});

test('F2: while HubSpot takes no calls the caller is told until when, and none is made', async () => {
  let calls = 0;
  const url = await serve((_, outgoing) => {
    calls += 1;
    outgoing.end('{}');
  });
  const forwarder = forwarderTo(url, 1, epochMs(40_000));
  await answerForwardedRequest(aRequest(), forwarder);
  const answer = await answerForwardedRequest(aRequest(), forwarder);
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '40' } });
  expect(calls).toBe(1);
});

test('the pace learns from every answer: status, Retry-After, policy and rate headers', async () => {
  const url = await serve((_, outgoing) => {
    const headers = { 'retry-after': '7', 'x-hubspot-ratelimit-max': '100' };
    outgoing.writeHead(429, headers).end('{"policyName":"SECONDLY"}');
  });
  const forwarder = forwarderTo(url);
  await answerForwardedRequest(aRequest({ path: '/crm/v3/objects/contacts/search' }), forwarder);
  const lesson = { status: 429, retryAfter: 7_000, policyName: 'SECONDLY', headers: { max: 100 }, isSearch: true };
  expect(forwarder.learned).toEqual([{ startedAt: 0, ...lesson }]);
});

test('HubSpot away is a 503 with Retry-After, and the pace learns of it', async () => {
  const url = await serve((incoming) => incoming.socket.destroy());
  const forwarder = forwarderTo(url);
  expect(await answerForwardedRequest(aRequest(), forwarder)).toMatchObject({
    status: 503,
    headers: { 'retry-after': '5' },
  });
  expect(forwarder.learned).toEqual([{ startedAt: 0, isSearch: false }]);
});

test('a write without an answer is not said to be undone', async () => {
  const url = await serve((incoming) => incoming.socket.destroy());
  const answer = await answerForwardedRequest(aRequest({ method: 'POST', body: '{}' }), forwarderTo(url));
  expect(answer).toMatchObject({ status: 503, body: { message: expect.stringContaining('may have carried') } });
});

describe('paths', () => {
  test.each([
    ['/crm/v3/objects/contacts/ada%40example.com', '/crm/v3/objects/contacts/ada%40example.com'],
    ['/crm/v3/objects/contacts/ada@example.com', '/crm/v3/objects/contacts/ada%40example.com'],
    ['/sync/crm/v3/objects/contacts', '/crm/v3/objects/contacts'],
  ])('%s is %s at HubSpot', (path, expected) => {
    expect(hubspotPath(path)).toBe(expected);
  });

  test.each([
    '/crm/../oauth/v1/token',
    '/crm/%2e%2e/oauth',
    '/oauth/v1/token',
    '//evil.example.com/crm/x',
    '/crm/%zz',
    'crm/x',
  ])('%s leads nowhere', (path) => {
    expect(hubspotPath(path)).toBeUndefined();
  });

  test('an encoded slash cannot leave its segment', () => {
    expect(hubspotPath('/crm/a%2F..%2F..%2Foauth')).toBe('/crm/a%2F..%2F..%2Foauth');
  });
});

test.each(['dryRun=true', 'dryrun=true', 'archived=false&dryRun=1'])(
  'a write with %s is not handed to HubSpot, which would carry it out',
  async (query) => {
    const url = await serve(() => {
      throw new Error('HubSpot was called');
    });
    const request = aRequest({ method: 'DELETE', query });
    const answer = await answerForwardedRequest(request, forwarderTo(url));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ code: 'INVALID_DRY_RUN', in: 'dryRun' }] } });
  },
);

test.each([
  ['GET', 'dryRun=true'],
  ['DELETE', 'dryRun=false'],
])('a %s with %s is HubSpot’s to answer', async (method, query) => {
  const url = await serve((_, outgoing) => outgoing.writeHead(204).end());
  expect(await answerForwardedRequest(aRequest({ method, query }), forwarderTo(url))).toMatchObject({ status: 204 });
});
