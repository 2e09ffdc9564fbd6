import { describe, expect, test } from '@jest/globals';
import { createHubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import { aPortal, CONTACTS, request, START, seededRandom } from './portal.ts';

const create = (email: string) => request('POST', CONTACTS, { properties: { email } });

function aFaultyCore(fault: object) {
  let now = START;
  const core = createHubSpotCore({ now: () => now, random: seededRandom(3) });
  core.addFaults([fault]);
  return {
    core,
    advance: (ms: number) => {
      now += ms;
    },
  };
}

describe('faults', () => {
  test('a status is answered and nothing is done', () => {
    const { core } = aFaultyCore({ do: { status: 503, retryAfter: 7 } });
    const { client, run } = core.receive(create('a@example.com'));
    expect(client).toBe('answer');
    expect(run()).toMatchObject({ status: 503, headers: { 'content-type': 'text/html', 'retry-after': '7' } });
    expect(core.size()).toBe(0);
  });

  test('body and headers are answered as they were given', () => {
    const { core } = aFaultyCore({ do: { status: 400, body: { message: 'no' }, headers: { 'X-Odd': '1' } } });
    expect(core.receive(create('a@example.com')).run()).toMatchObject({
      status: 400,
      headers: { 'x-odd': '1' },
      body: '{"message":"no"}',
    });
  });

  test.each([
    [true, 1],
    [false, 0],
  ])('a lost answer, commit %s, leaves %i contacts', (commit, contacts) => {
    const { core } = aFaultyCore({ do: { loseAnswer: true, commit } });
    const { client, run } = core.receive(create('a@example.com'));
    run();
    expect([client, core.size()]).toEqual(['close', contacts]);
    expect(core.statistics()).toMatchObject({ lost: 1, statuses: {} });
  });

  test('a lost answer may commit long after', () => {
    const { core, advance } = aFaultyCore({ do: { loseAnswer: true, commit: true, commitAfterMs: 90_000 } });
    const { commitAfterMs, run } = core.receive(create('a@example.com'));
    expect(commitAfterMs).toBe(90_000);
    advance(90_000);
    run();
    expect(core.contacts(1)[0]?.createdAt).toBe(START + 90_000);
  });

  test('a delay takes effect at once, or only at its end', () => {
    const early = aFaultyCore({ do: { delayMs: 500 } }).core.receive(create('a@example.com'));
    const late = aFaultyCore({ do: { delayMs: 500, commit: 'late' } }).core.receive(create('a@example.com'));
    expect([early.commitAfterMs, early.answerAfterMs]).toEqual([0, 500]);
    expect([late.commitAfterMs, late.answerAfterMs]).toEqual([500, 500]);
  });

  test('a gateway may answer an error for work that was done', () => {
    const { core } = aFaultyCore({ do: { answerAfterCommit: 502 } });
    expect(core.receive(create('a@example.com')).run().status).toBe(502);
    expect(core.size()).toBe(1);
  });

  test('empty results are a success of the right status in which nothing was done', () => {
    const { core } = aFaultyCore({ do: { emptyResults: true } });
    const inputs = [{ properties: { email: 'a@example.com' } }];
    const answer = core.receive(request('POST', `${CONTACTS}/batch/create`, { inputs })).run();
    expect([answer.status, JSON.parse(answer.body).results, core.size()]).toEqual([201, [], 0]);
  });

  test('a hanging call is silent, and may have done its work', () => {
    const { core } = aFaultyCore({ do: { hang: true, commit: true } });
    const { client, run } = core.receive(create('a@example.com'));
    run();
    expect([client, core.size(), core.statistics().hung]).toEqual(['silence', 1, 1]);
  });

  test.each([
    [{ rateLimit: true }, 429, 'TEN_SECONDLY_ROLLING'],
    [{ dailyLimit: true, retryAfter: 60 }, 429, 'DAILY'],
    [{ migration: true, retryAfter: 3_600 }, 477, '"category"'],
  ])('%j answers %i', (action, status, text) => {
    const { core } = aFaultyCore({ do: action });
    const answer = core.receive(create('a@example.com')).run();
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(text);
    expect(answer.headers['retry-after']).toBe('retryAfter' in action ? String(action.retryAfter) : undefined);
  });

  test('strikes as often as it says, where it fits', () => {
    const { core } = aFaultyCore({
      match: { method: 'post', path: '/batch/', body: 'poison' },
      times: 2,
      do: { status: 500 },
    });
    const batch = (email: string) =>
      core.receive(request('POST', `${CONTACTS}/batch/create`, { inputs: [{ properties: { email } }] })).run().status;
    expect(core.receive(create('poison@example.com')).run().status).toBe(201);
    expect(batch('good@example.com')).toBe(201);
    expect([1, 2, 3].map((number) => batch(`poison${number}@example.com`))).toEqual([500, 500, 201]);
    expect(core.faults()[0]?.hits).toBe(2);
  });

  test('strikes with its probability', () => {
    const { core } = aFaultyCore({ probability: 0.5, do: { status: 500 } });
    for (let call = 0; call < 180; call += 1) core.receive(request('GET', CONTACTS)).run();
    const hits = core.faults()[0]?.hits ?? 0;
    expect(hits).toBeGreaterThan(60);
    expect(hits).toBeLessThan(120);
  });

  test('does not strike calls that a limit or the door refuses, and is over once cleared', () => {
    const portal = aPortal({ limit: 1 });
    portal.core.addFaults([{ times: 1, do: { status: 500 } }]);
    expect(portal.core.receive(request('GET', CONTACTS, undefined, { authorization: '' })).run().status).toBe(401);
    portal.core.clearFaults();
    expect(portal.core.receive(request('GET', CONTACTS)).run().status).toBe(200);
  });

  test('a plain handle never meets one', () => {
    const { core } = aFaultyCore({ do: { status: 500 } });
    expect(core.handle(create('a@example.com')).status).toBe(201);
  });

  test.each([
    [{ do: {} }, 'wants exactly one of'],
    [{ do: { status: 42 } }, 'do.status'],
    [{ match: { url: '/' }, do: { hang: true } }, 'url'],
    [{ times: 0, do: { hang: true } }, 'times'],
  ])('%j is refused with what is wrong', (fault, text) => {
    expect(() => aFaultyCore(fault)).toThrow(text);
  });
});
