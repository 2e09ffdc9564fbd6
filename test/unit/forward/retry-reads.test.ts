import { afterEach, describe, expect, test } from '@jest/globals';
import { answerForwardedRequest } from '../../../lib/forward/answer-forwarded-request.ts';
import { epochMs, milliseconds, seconds } from '../../../lib/runtime/units.ts';
import { aRequest, forwarderTo, type ScriptedServer, startServer, textOf } from './forwarding-world.ts';

const READS = [
  ['GET', '/crm/v3/objects/contacts/5'],
  ['HEAD', '/crm/v3/objects/contacts/5'],
  ['POST', '/crm/v3/objects/contacts/batch/read'],
  ['POST', '/crm/v3/objects/contacts/search'],
] as const;
const CHANGES = [
  ['POST', '/crm/v3/objects/companies'],
  ['PATCH', '/crm/v3/objects/companies/5'],
  ['PUT', '/crm/v4/objects/companies/6/associations/contacts/5'],
  ['DELETE', '/crm/v3/objects/companies/5'],
  ['POST', '/crm/v3/objects/contacts/merge'],
] as const;

let hubspot: ScriptedServer | undefined;
afterEach(() => hubspot?.close());

/** Answers with these statuses one after another and then with 200; `undefined` hangs up. */
async function serve(statuses: readonly (number | undefined)[], headers: Record<string, string> = {}) {
  hubspot = await startServer((outgoing, position) => {
    if (position >= statuses.length) return outgoing.end('{"fine":true}');
    const status = statuses[position];
    return status === undefined ? outgoing.destroy() : outgoing.writeHead(status, headers).end('{"status":"error"}');
  });
  return hubspot;
}

describe('a read', () => {
  test.each(READS)('that HubSpot failed at twice is made a third time: %s %s', async (method, path) => {
    for (const failures of [
      [502, 503],
      [504, undefined],
      [undefined, undefined],
    ]) {
      const { url, seen } = await serve(failures);
      const forwarder = forwarderTo(url);
      const body = method === 'POST' ? '{"inputs":[]}' : undefined;
      expect((await answerForwardedRequest(aRequest({ method, path, body }), forwarder)).status).toBe(200);
      expect(seen.map(({ body: sent }) => sent)).toEqual(Array.from({ length: 3 }, () => body ?? ''));
      expect(forwarder.taken).toHaveLength(3);
      expect(forwarder.learned.map(({ status }) => status)).toEqual([...failures, 200]);
      expect(forwarder.clock.sleeps).toEqual(expect.arrayContaining([250, 500]));
      await hubspot?.close();
    }
  });

  test('is made three times at most, and HubSpot’s last answer is the answer', async () => {
    const { url, seen } = await serve([502, 503, 504, 502]);
    const answer = await answerForwardedRequest(aRequest(), forwarderTo(url));
    expect([answer.status, textOf(answer)]).toEqual([504, '{"status":"error"}']);
    expect(seen).toHaveLength(3);
  });

  test('that never gets an answer is a 503 with Retry-After, and the pace learns of each try', async () => {
    const { url } = await serve([undefined, undefined, undefined]);
    const forwarder = forwarderTo(url);
    const answer = await answerForwardedRequest(aRequest(), forwarder);
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(forwarder.learned).toHaveLength(3);
    for (const lesson of forwarder.learned) expect(Object.keys(lesson)).toEqual(['startedAt']);
  });

  test.each([400, 401, 403, 404, 423, 429, 477, 500, 501, 524])('is not made again after %i', async (status) => {
    const { url, seen } = await serve([status]);
    expect((await answerForwardedRequest(aRequest(), forwarderTo(url))).status).toBe(status);
    expect(seen).toHaveLength(1);
  });

  test.each([
    [429, '1', 2],
    [429, '4', 2],
    [429, '5', 1],
    [503, '2', 2],
    [503, '60', 1],
    [404, '1', 1],
  ])('after %i with Retry-After %s is made %i times', async (status, retryAfter, calls) => {
    const { url, seen } = await serve([status], { 'retry-after': retryAfter });
    const answer = await answerForwardedRequest(aRequest(), forwarderTo(url));
    expect(seen).toHaveLength(calls);
    expect(answer.status).toBe(calls === 2 ? 200 : status);
    if (calls === 1) expect(answer.headers).toMatchObject({ 'retry-after': retryAfter });
  });

  test('F1: takes a slot for each try, and without one answers with what HubSpot said', async () => {
    const { url, seen } = await serve([502]);
    const forwarder = forwarderTo(url, { callsPerWindow: 1 });
    expect((await answerForwardedRequest(aRequest(), forwarder)).status).toBe(502);
    expect(seen).toHaveLength(1);
    expect(forwarder.taken).toHaveLength(1);
  });

  test('F2: is not made again once HubSpot counts as down', async () => {
    const { url, seen } = await serve([undefined]);
    const forwarder = forwarderTo(url, { callsPerWindow: 1, closedUntil: epochMs(15_000) });
    expect((await answerForwardedRequest(aRequest(), forwarder)).status).toBe(503);
    expect(seen).toHaveLength(1);
  });

  test('is not made again after it took all the time that HubSpot has', async () => {
    hubspot = await startServer(() => {});
    const forwarder = forwarderTo(hubspot.url, { timeout: milliseconds(50) });
    expect((await answerForwardedRequest(aRequest(), forwarder)).status).toBe(503);
    expect(hubspot.seen).toHaveLength(1);
    expect(forwarder.learned).toEqual([{ startedAt: 0 }]);
  });

  test('F3: is not made again when there is no time left for an answer', async () => {
    const { url, seen } = await serve([502, 502]);
    const answer = await answerForwardedRequest(aRequest({ remainingTime: () => seconds(3) }), forwarderTo(url));
    // Less 2 s for the answer: no call is begun with 1 s left, and no second one with less than 5 s.
    expect([answer.status, seen.length]).toEqual([429, 0]);
    const again = await answerForwardedRequest(aRequest({ remainingTime: () => seconds(7) }), forwarderTo(url));
    expect([again.status, seen.length]).toEqual([502, 1]);
  });
});

describe('a change is never sent twice', () => {
  test.each(CHANGES)('%s %s', async (method, path) => {
    for (const failure of [undefined, 502, 503, 504, 429]) {
      const { url, seen } = await serve([failure, failure], { 'retry-after': '1' });
      const answer = await answerForwardedRequest(aRequest({ method, path, body: '{}' }), forwarderTo(url));
      expect(answer.status).toBe(failure ?? 504);
      expect(seen).toHaveLength(1);
      await hubspot?.close();
    }
  });
});
