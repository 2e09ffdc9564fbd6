import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aPortal, CONTACTS } from './portal.ts';

const read = (portal: ReturnType<typeof aPortal>) => portal.send('GET', CONTACTS);

describe('rate limits', () => {
  test('in any rolling window no more than the limit is accepted, and never a call refused without need', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 6_000 }), fc.constantFrom(9_999, 10_000)), {
          maxLength: 80,
        }),
        (limit, gaps) => {
          const portal = aPortal({ limit });
          const accepted: number[] = [];
          let now = 0;
          for (const gap of gaps) {
            portal.advance(gap);
            now += gap;
            const room = accepted.filter((at) => now - at < 10_000).length < limit;
            expect(read(portal).status).toBe(room ? 200 : 429);
            if (room) accepted.push(now);
          }
        },
      ),
    );
  });

  test('refuses with the policy in an errorType body, and without Retry-After', () => {
    const portal = aPortal({ limit: 1 });
    read(portal);
    const { status, headers, body } = read(portal);
    expect(status).toBe(429);
    expect(body).toEqual({
      status: 'error',
      message: 'You have reached your ten_secondly_rolling limit.',
      errorType: 'RATE_LIMIT',
      correlationId: expect.any(String),
      policyName: 'TEN_SECONDLY_ROLLING',
      groupName: expect.any(String),
      requestId: expect.any(String),
    });
    expect(headers).not.toHaveProperty('retry-after');
  });

  test('says Retry-After where set to, and counts whoever calls before it ends', () => {
    const portal = aPortal({ limit: 1, retryAfterOn429: true });
    read(portal);
    portal.advance(2_500);
    expect(read(portal).headers['retry-after']).toBe('8');
    portal.advance(7_999);
    read(portal);
    expect(portal.core.statistics().violations['before-retry-after']).toBe(1);
    portal.advance(1);
    expect(read(portal).status).toBe(429);
    expect(portal.core.statistics().violations['before-retry-after']).toBe(1);
  });

  test('counts refused calls too where set to', () => {
    const statuses = (refusedCallsCount: boolean) => {
      const portal = aPortal({ limit: 1, refusedCallsCount });
      read(portal);
      portal.advance(6_000);
      read(portal);
      portal.advance(6_000);
      return read(portal).status;
    };
    expect([statuses(false), statuses(true)]).toEqual([200, 429]);
  });

  test('counts failed calls unless set otherwise', () => {
    const statuses = (failedCallsCount: boolean) => {
      const portal = aPortal({ limit: 1, failedCallsCount });
      portal.post('', '{');
      return read(portal).status;
    };
    expect([statuses(true), statuses(false)]).toEqual([429, 200]);
  });

  test('tells what is left in the headers', () => {
    const portal = aPortal({ limit: 190, dailyLimit: 1_000 });
    read(portal);
    expect(read(portal).headers).toMatchObject({
      'x-hubspot-ratelimit-max': '190',
      'x-hubspot-ratelimit-remaining': '188',
      'x-hubspot-ratelimit-interval-milliseconds': '10000',
      'x-hubspot-ratelimit-daily': '1000',
      'x-hubspot-ratelimit-daily-remaining': '998',
      'x-hubspot-ratelimit-secondly': '19',
    });
  });

  test('the daily limit lasts until midnight in the time zone of the account', () => {
    const portal = aPortal({ dailyLimit: 1, utcOffsetMinutes: 60 });
    read(portal);
    expect(read(portal).body).toMatchObject({ message: 'You have reached your daily limit.', policyName: 'DAILY' });
    portal.advance(15 * 3_600_000 - 1);
    expect(read(portal).status).toBe(429);
    portal.advance(1);
    expect(read(portal).status).toBe(200);
  });

  test('the headers give a slot back when its call is ten seconds old', () => {
    const portal = aPortal({ limit: 5 });
    read(portal);
    portal.advance(9_999);
    expect(read(portal).headers['x-hubspot-ratelimit-remaining']).toBe('3');
    portal.advance(1);
    expect(read(portal).headers['x-hubspot-ratelimit-remaining']).toBe('3');
  });

  test('a daily Retry-After, where set to, ends at midnight', () => {
    const portal = aPortal({ dailyLimit: 1, retryAfterOn429: true });
    read(portal);
    expect(read(portal).headers['retry-after']).toBe(String(16 * 3_600));
  });

  test('nineteen a second are enforced only where set to', () => {
    const last = (enforceSecondly: boolean) => {
      const portal = aPortal({ enforceSecondly });
      for (let call = 0; call < 19; call += 1) read(portal);
      return read(portal);
    };
    expect(last(false).status).toBe(200);
    expect(last(true)).toMatchObject({ status: 429, body: { policyName: 'SECONDLY' } });
  });

  test('searches have five a second of their own, without rate headers', () => {
    const portal = aPortal({ limit: 1 });
    const searches = Array.from({ length: 6 }, () => portal.post('/search', {}));
    expect(searches.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(searches[5]?.body).toMatchObject({
      message: 'You have reached your secondly limit.',
      policyName: 'SECONDLY',
    });
    expect(
      searches.flatMap(({ headers }) => Object.keys(headers)).filter((name) => name.includes('ratelimit')),
    ).toEqual([]);
    expect(read(portal).status).toBe(200);
  });
});

describe('the door', () => {
  test('takes no call without the token, and does not count it against the app', () => {
    const portal = aPortal({ limit: 1 });
    for (const authorization of [
      '',
      'Bearer other',
      'Basic simulator-token',
      'simulator-token',
      'Bearer simulator-token more',
    ]) {
      const { status, body } = portal.send('GET', CONTACTS, undefined, { authorization });
      expect([status, body.category]).toEqual([401, 'INVALID_AUTHENTICATION']);
    }
    expect(read(portal).status).toBe(200);
  });

  test('names the scope that is missing', () => {
    const portal = aPortal({ scopes: ['crm.objects.contacts.read'] });
    expect(read(portal).status).toBe(200);
    const { status, body } = portal.post('', { properties: { firstname: 'A' } });
    expect([status, body.category]).toEqual([403, 'MISSING_SCOPES']);
    expect(body.errors[0].context.requiredGranularScopes).toEqual(['crm.objects.contacts.write']);
  });

  test('takes JSON only', () => {
    const portal = aPortal();
    const body = { properties: { firstname: 'A' } };
    expect(portal.send('POST', CONTACTS, body, { 'content-type': 'text/plain' }).status).toBe(415);
    expect(portal.send('POST', CONTACTS, body, { 'content-type': 'Application/JSON; charset=UTF-8' }).status).toBe(201);
  });

  test('answers JSON that it cannot read with 400 and no category', () => {
    const portal = aPortal();
    for (const body of ['{"properties":', '', { properties: { email: { nested: true } } }, { properties: 'x' }]) {
      const answer = portal.send('POST', CONTACTS, body);
      expect([answer.status, answer.body.category]).toEqual([400, undefined]);
      expect(answer.body.message).toMatch(/^Invalid input JSON/);
    }
    expect(portal.core.statistics().violations).toEqual({ 'malformed-body': 4 });
  });

  test('refuses a body above the size that is set', () => {
    const body = { properties: { firstname: 'A'.repeat(100) } };
    expect(aPortal({ maxBodyBytes: 100 }).post('', body).status).toBe(413);
    expect(aPortal().post('', body).status).toBe(201);
  });

  test('puts one version-7 correlation id in header and body', () => {
    const { headers, body } = aPortal().post('', '{');
    expect(body.correlationId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(headers['x-hubspot-correlation-id']).toBe(body.correlationId);
  });
});
