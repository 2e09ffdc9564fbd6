import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { answerForwardedRequest } from '../../../lib/forward/answer-forwarded-request.ts';
import { epochMs, milliseconds, seconds } from '../../../lib/runtime/units.ts';
import { aRequest, forwarderTo, type ScriptedServer, startServer, textOf, tokenOf } from './forwarding-world.ts';

let hubspot: ScriptedServer | undefined;
afterEach(() => hubspot?.close());

async function serve(answer: Parameters<typeof startServer>[0]): Promise<ScriptedServer> {
  hubspot = await startServer(answer);
  return hubspot;
}

test('HubSpot sees its own token and nothing of the caller, the caller sees status, body and rate headers', async () => {
  const { url, seen } = await serve((outgoing) => {
    const headers = {
      'content-type': 'application/json',
      'x-hubspot-ratelimit-remaining': '7',
      'set-cookie': 'secret=1',
    };
    outgoing.writeHead(404, headers).end('{"status":"error"}');
  });
  const answer = await answerForwardedRequest(aRequest({ path: '/sync/crm/v3/objects/contacts/5' }), forwarderTo(url));
  expect(seen[0]?.url).toBe('/crm/v3/objects/contacts/5?properties=email');
  expect(seen[0]?.headers.authorization).toBe('Bearer hubspot-token');
  expect(seen[0]?.headers.cookie).toBeUndefined();
  expect(answer.status).toBe(404);
  expect(textOf(answer)).toBe('{"status":"error"}');
  expect(answer.headers).toEqual({ 'content-type': 'application/json', 'x-hubspot-ratelimit-remaining': '7' });
});

test('a body goes on byte for byte', async () => {
  const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
  const body = Buffer.from('{"a":"ü"}').toString('base64');
  await answerForwardedRequest(aRequest({ method: 'POST', body, isBase64Encoded: true }), forwarderTo(url));
  expect(seen[0]?.body).toBe('{"a":"ü"}');
});

test('a compressed body goes on with the word that it is one', async () => {
  const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
  const headers = { ...aRequest().headers, 'content-encoding': 'gzip' };
  const path = '/crm/v3/objects/contacts/search';
  await answerForwardedRequest(
    aRequest({ method: 'POST', path, body: 'H4sI', isBase64Encoded: true, headers }),
    forwarderTo(url),
  );
  expect(seen[0]?.headers['content-encoding']).toBe('gzip');
});

describe('a query goes on byte for byte', () => {
  const sent = async (query: string) => {
    const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
    await answerForwardedRequest(aRequest({ query }), forwarderTo(url));
    return seen[0]?.url?.slice('/crm/v3/objects/contacts/5'.length);
  };

  test.each([
    'properties=a&properties=b&properties=a',
    'properties=a,b%2Cc',
    'q=a+b%20c%2Bd',
    'x=%3B;y=%26',
    'x=%zz&y=100%',
    'a&=b&&c=',
    'x=https://example.com/?y#z'.replace('#', '%23'),
    'idProperty=e%6Dail',
    'name=%C3%BC%e2%82%ac',
  ])('%s', async (query) => expect(await sent(query)).toBe(`?${query}`));

  test('with nothing in it, it is left out', async () => expect(await sent('')).toBe(''));

  test('a raw # cuts nothing off', async () => expect(await sent('x=1#y&z=2')).toBe('?x=1%23y&z=2'));

  test('whatever stands in it', async () => {
    const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
    // All that RFC 3986 allows in a query but the quote, which WHATWG's URL encodes: it means the same.
    const letters = [...'azAZ09-._~!$&()*+,;=:@/?', '%20', '%3B', '%2B', '%27', '%'];
    const query = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(query, async (text) => {
        await answerForwardedRequest(aRequest({ query: text }), forwarderTo(url));
        expect(seen.at(-1)?.url).toBe(`/crm/v3/objects/contacts/5?${text}`);
      }),
      { numRuns: 100 },
    );
  });
});

describe('neither side learns the other’s key', () => {
  const LEAKY = {
    'content-type': 'application/json',
    authorization: 'Bearer hubspot-token',
    'x-hubspot-authorization': 'Bearer hubspot-token',
    'x-hubspot-correlation-id': 'of-hubspot',
    location: 'https://elsewhere.example.com/?token=hubspot-token',
    'set-cookie': ['session=hubspot-token', 'other=1'],
    'www-authenticate': 'Bearer realm="hubspot-token"',
    'x-request-authorization': 'Bearer hubspot-token',
  };

  test.each([200, 302, 401, 500])('when HubSpot echoes all that it was sent, with status %i', async (status) => {
    const { url, seen } = await serve((outgoing, _, request) => {
      outgoing.writeHead(status, LEAKY).end(JSON.stringify({ headers: request.headers, said: request.raw }));
    });
    const answer = await answerForwardedRequest(aRequest(), forwarderTo(url));
    expect(answer.status).toBe(status);
    expect(JSON.stringify([answer.headers, textOf(answer)])).not.toContain('hubspot-token');
    expect(answer.headers).toEqual({ 'content-type': 'application/json', 'x-hubspot-correlation-id': 'of-hubspot' });
    expect(textOf(answer)).toContain('Bearer <token>');
    expect(JSON.stringify(seen)).not.toMatch(/relay-key|relay\.example\.com|a=b/);
  });

  test('not even one that ends with a line break, as files do', async () => {
    const { url } = await serve((outgoing, _, { headers }) => outgoing.end(headers.authorization));
    const forwarder = { ...forwarderTo(url), readToken: tokenOf('hubspot-token\n') };
    expect(textOf(await answerForwardedRequest(aRequest(), forwarder))).toBe('Bearer <token>');
  });

  test('a redirect is not followed, least of all with the token', async () => {
    const other = await startServer((outgoing) => outgoing.end('{}'));
    try {
      const { url, seen } = await serve((outgoing) => {
        outgoing.writeHead(307, { location: `${other.url}/crm/v3/objects/contacts/5` }).end();
      });
      for (const method of ['GET', 'POST']) {
        const answer = await answerForwardedRequest(aRequest({ method }), forwarderTo(url));
        expect(answer).toMatchObject({ status: 307, headers: {} });
      }
      expect(seen).toHaveLength(2);
      expect(other.seen).toHaveLength(0);
    } finally {
      await other.close();
    }
  });
});

test('F1: without a slot in time the caller gets the 429 that HubSpot clients understand', async () => {
  const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
  const forwarder = forwarderTo(url, { callsPerWindow: 1 });
  await answerForwardedRequest(aRequest(), forwarder);
  const answer = await answerForwardedRequest(aRequest(), forwarder);
  expect(answer).toMatchObject({
    status: 429,
    headers: { 'retry-after': '1' },
    body: { policyName: 'TEN_SECONDLY_ROLLING' },
  });
  expect(seen).toHaveLength(1);
});

test('F1: a search without a slot gets that of a search, and other requests are not held up by it', async () => {
  const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
  const forwarder = forwarderTo(url, { callsPerWindow: 1 });
  const search = aRequest({ method: 'POST', path: '/sync/crm/v3/objects/contacts/search', body: '{}' });
  await answerForwardedRequest(search, forwarder);
  expect(await answerForwardedRequest(search, forwarder)).toMatchObject({
    status: 429,
    body: { policyName: 'SECONDLY', message: 'You have reached your secondly limit.' },
  });
  expect((await answerForwardedRequest(aRequest(), forwarder)).status).toBe(200);
  expect(forwarder.taken).toEqual(['search', 'main']);
  expect(seen).toHaveLength(2);
});

test('F2: while HubSpot takes no calls the caller is told until when, and none is made', async () => {
  const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
  const forwarder = forwarderTo(url, { callsPerWindow: 1, closedUntil: epochMs(40_000) });
  await answerForwardedRequest(aRequest(), forwarder);
  const answer = await answerForwardedRequest(aRequest(), forwarder);
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '40' } });
  expect(seen).toHaveLength(1);
});

test('the pace learns from every answer: status, Retry-After, policy and rate headers', async () => {
  const { url } = await serve((outgoing) => {
    const headers = { 'retry-after': '7', 'x-hubspot-ratelimit-max': '100' };
    outgoing.writeHead(429, headers).end('{"policyName":"SECONDLY"}');
  });
  const forwarder = forwarderTo(url);
  await answerForwardedRequest(aRequest({ method: 'POST', path: '/crm/v3/objects/contacts/search' }), forwarder);
  const lesson = { status: 429, retryAfter: 7_000, policyName: 'SECONDLY', headers: { max: 100 } };
  expect(forwarder.learned).toEqual([{ startedAt: 0, ...lesson }]);
  expect(forwarder.taken).toEqual(['search']);
});

describe('without an answer', () => {
  const aChange = aRequest({ method: 'POST', path: '/crm/v3/objects/contacts/merge', body: '{}' });
  const hangUp: Parameters<typeof startServer>[0] = (outgoing) => outgoing.destroy();
  const stayOut: Parameters<typeof startServer>[0] = () => {};

  test.each([
    ['whose connection broke', hangUp],
    ['that HubSpot has no time for', stayOut],
  ])('a change %s is a 504 that no client repeats by itself, and is not said to be undone', async (_, answerer) => {
    const { url, seen } = await serve(answerer);
    const answer = await answerForwardedRequest(aChange, forwarderTo(url, { timeout: milliseconds(50) }));
    expect(answer).toMatchObject({ status: 504, body: { message: expect.stringContaining('may have carried') } });
    expect(answer.headers?.['retry-after']).toBeUndefined();
    expect(seen).toHaveLength(1);
  });

  test.each([
    ['whose connection broke', hangUp],
    ['that HubSpot has no time for', stayOut],
  ])('a read %s can be sent again, and HubSpot is not said to be out of reach', async (_, answerer) => {
    const { url } = await serve(answerer);
    expect(await answerForwardedRequest(aRequest(), forwarderTo(url, { timeout: milliseconds(50) }))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { message: expect.stringMatching(/did not answer: send/) },
    });
  });

  test.each([aChange, aRequest()])(
    '$method that finds nobody was never sent, and can be sent again',
    async (request) => {
      const { url } = await serve(hangUp);
      await hubspot?.close();
      expect(await answerForwardedRequest(request, forwarderTo(url))).toMatchObject({
        status: 503,
        headers: { 'retry-after': '5' },
        body: { message: expect.stringMatching(/cannot be reached and did not get/) },
      });
    },
  );
});

test('with a token that no header can hold nothing is sent, nor does HubSpot look away', async () => {
  const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
  const forwarder = { ...forwarderTo(url), readToken: tokenOf('hubspot–token') };
  const answer = await answerForwardedRequest(aRequest({ method: 'POST', body: '{}' }), forwarder);
  expect(answer).toMatchObject({ status: 503, body: { message: expect.stringContaining('nothing was sent') } });
  expect([seen, forwarder.taken, forwarder.learned]).toEqual([[], [], []]);
});

test.each([
  ['a method that no client sends', { method: 'TRACE' }],
  ['a method in small letters', { method: 'get' }],
  ['a content type beyond ASCII', { headers: { 'content-type': 'application/json; name=漢' } }],
])('%s is refused with 400, and does not look like a HubSpot that is away', async (_, request) => {
  const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
  const forwarder = forwarderTo(url);
  expect(await answerForwardedRequest(aRequest(request), forwarder)).toMatchObject({
    status: 400,
    body: { status: 'error', category: 'VALIDATION_ERROR' },
  });
  expect([seen, forwarder.taken, forwarder.learned]).toEqual([[], [], []]);
});

describe('an answer too large to be passed on', () => {
  const MOST = 4_571_136;
  const answerOf = async (size: number, request = {}) => {
    const { url } = await serve((outgoing) => outgoing.end('x'.repeat(size)));
    return answerForwardedRequest(aRequest(request), forwarderTo(url, { timeout: seconds(20) }));
  };

  test('begins just above what fits, as base64, into 6 MiB with its headers', async () => {
    expect(Math.ceil(MOST / 3) * 4 + 192 * 1024).toBeLessThanOrEqual(6 * 1024 * 1024);
    expect(textOf(await answerOf(MOST))).toHaveLength(MOST);
  });

  test('is told with what to do instead', async () => {
    expect(await answerOf(MOST + 1)).toMatchObject({
      status: 413,
      body: { status: 'error', category: 'ANSWER_TOO_LARGE', message: expect.stringContaining('fewer properties') },
    });
  });

  test('is told of a write as something that was done', async () => {
    expect(await answerOf(MOST + 1, { method: 'POST', body: '{}' })).toMatchObject({
      status: 413,
      body: { message: expect.stringMatching(/carried the request out.*do not send it again/) },
    });
  });

  test('is no failure of HubSpot’s', async () => {
    const { url } = await serve((outgoing) => outgoing.end('x'.repeat(MOST + 1)));
    const forwarder = forwarderTo(url);
    await answerForwardedRequest(aRequest(), forwarder);
    expect(forwarder.learned).toMatchObject([{ status: 200 }]);
  });
});

describe('an Idempotency-Key', () => {
  const headers = { ...aRequest().headers, 'idempotency-key': 'k-1' };

  test('on a change is refused, and named beside a dry run: HubSpot would carry out each repeat', async () => {
    const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
    const request = aRequest({ method: 'POST', path: '/crm/v3/objects/deals', body: '{}', headers });
    expect(await answerForwardedRequest(request, forwarderTo(url))).toMatchObject({
      status: 400,
      body: { errors: [{ in: 'Idempotency-Key' }] },
    });
    expect(await answerForwardedRequest({ ...request, query: 'dryRun=true' }, forwarderTo(url))).toMatchObject({
      status: 400,
      body: { errors: [{ in: 'dryRun' }, { in: 'Idempotency-Key' }] },
    });
    expect(seen).toHaveLength(0);
  });

  test('on a read does no harm, and is not passed on', async () => {
    const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
    expect((await answerForwardedRequest(aRequest({ headers }), forwarderTo(url))).status).toBe(200);
    expect(seen[0]?.headers['idempotency-key']).toBeUndefined();
  });
});

describe('a contact write in another spelling of its path', () => {
  test.each([
    ['POST', '/crm/v3/objects/contacts/'],
    ['POST', '/crm/v3//objects/contacts'],
    ['POST', '/sync/crm/v3/objects/contacts/'],
    ['POST', '/crm/v3/objects/%63ontacts'],
    ['POST', '/crm/v3/objects/contacts/batch/upsert/'],
    ['POST', '/crm/objects/2026-03/contacts//batch/archive'],
    ['POST', '/crm/objects/2031-09/contacts/'],
    ['PATCH', '/crm/v3/objects/contacts/5/'],
    ['DELETE', '/crm/objects/2026-09/contacts//ada@example.com'],
    ['PUT', '/crm/objects/2026-03/contacts/1/associations/companies/7/'],
    ['DELETE', '/crm/objects/2026-03/contacts/1//associations/companies/7'],
    ['PUT', '/crm/objects/2026-03/contacts/1/associations/default/companies/7/'],
    ['DELETE', '/crm/objects/2026-03/contacts/1/associations/companies/7/279/'],
    ['PUT', '/crm/v4/objects/0-1/1/associations/companies/7/'],
    ['POST', '/crm/v3/objects/contacts%2Fbatch%2Fcreate'],
    ['PATCH', '/crm/v3/objects%2Fcontacts/512'],
    ['PATCH', '/crm/v3/objects/contacts//ada%2Fbob@example.com'],
    // The same as a gateway hands them over that decodes paths.
    ['POST', '/crm/v3/objects/contacts/batch/create'],
    ['PATCH', '/crm/v3/objects/contacts/512'],
  ])('%s %s does not pass by the queue', async (method, path) => {
    const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
    const answer = await answerForwardedRequest(aRequest({ method, path, body: '{}' }), forwarderTo(url));
    expect(answer).toMatchObject({ status: 404, body: { message: expect.stringContaining('without a slash') } });
    expect(textOf(answer)).not.toContain('ada@');
    expect(seen).toHaveLength(0);
  });

  test.each([
    ['GET', '/crm/v3/objects/contacts/'],
    ['POST', '/crm/v3/objects/contacts/search/'],
    ['POST', '/crm/v3/objects/contacts/merge/'],
    ['POST', '/crm/v3/objects/0-1'],
    ['PATCH', '/crm/v3/objects/contact/5'],
    ['POST', '/crm/v3/objects/deals/'],
    ['PATCH', '/crm/v3/properties/contacts/city/'],
  ])('is none: %s %s is forwarded', async (method, path) => {
    const { url, seen } = await serve((outgoing) => outgoing.end('{}'));
    expect((await answerForwardedRequest(aRequest({ method, path, body: '{}' }), forwarderTo(url))).status).toBe(200);
    expect(seen).toHaveLength(1);
  });
});

test.each(['dryRun=true', 'dryrun=true', 'archived=false&dryRun=1'])(
  'a write with %s is not handed to HubSpot, which would carry it out',
  async (query) => {
    const { url } = await serve(() => {
      throw new Error('HubSpot was called');
    });
    const request = aRequest({ method: 'DELETE', path: '/crm/v3/objects/deals/5', query });
    const answer = await answerForwardedRequest(request, forwarderTo(url));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ code: 'INVALID_DRY_RUN', in: 'dryRun' }] } });
  },
);

test.each([
  ['GET', 'dryRun=true'],
  ['DELETE', 'dryRun=false'],
])('a %s with %s is HubSpot’s to answer', async (method, query) => {
  const { url } = await serve((outgoing) => outgoing.writeHead(204).end());
  const request = aRequest({ method, path: '/crm/v3/objects/deals/5', query });
  expect(await answerForwardedRequest(request, forwarderTo(url))).toMatchObject({ status: 204 });
});
