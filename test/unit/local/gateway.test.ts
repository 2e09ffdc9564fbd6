import { describe, expect, test } from '@jest/globals';
import type { AuthorizerDefinition } from '../../../infra/local/gateway/gateway-definition.ts';
import { createGateway } from '../../../infra/local/gateway/gateway-server.ts';
import type { HttpRequest } from '../../../infra/local/gateway/http-request.ts';
import { parseRouteKey } from '../../../infra/local/gateway/match-route.ts';
import type { InvocationResult } from '../../../infra/local/lambda/environment.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { after, type DurationMs, epochMs, milliseconds, seconds } from '../../../lib/runtime/units.ts';

function aRequest(overrides: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'POST',
    path: '/a',
    query: '',
    headers: { host: '127.0.0.1:3000' },
    cookies: [],
    body: Buffer.alloc(0),
    sourceIp: '127.0.0.1',
    protocol: 'HTTP/1.1',
    ...overrides,
  };
}

/** A gateway with one route, its function's answer and its authorizer's answer given; time passes when told. */
function aGateway(options: {
  authorizer?: Pick<AuthorizerDefinition, 'identitySources' | 'cacheTtl'>;
  answer?: InvocationResult;
  authorization?: unknown;
}) {
  let now = epochMs(Date.parse('2026-03-12T19:03:58Z'));
  const events: Record<'function' | 'authorizer', unknown[]> = { function: [], authorizer: [] };
  const clock: Clock = { now: () => now, sleep: () => new Promise(() => undefined) };
  const handle = createGateway(
    {
      apiId: 'api',
      routes: [
        {
          pattern: parseRouteKey('ANY /{proxy+}'),
          functionArn: 'function',
          timeout: seconds(30),
          authorizer: options.authorizer && { id: 'one', functionArn: 'authorizer', ...options.authorizer },
        },
      ],
    },
    {
      accountId: '000000000000',
      clock,
      invoke: async (functionArn, event) => {
        events[functionArn === 'authorizer' ? 'authorizer' : 'function'].push(event);
        if (functionArn === 'authorizer') return { kind: 'returned', payload: options.authorization };
        return options.answer ?? { kind: 'returned', payload: { statusCode: 204 } };
      },
    },
  );
  return {
    handle: async (request: HttpRequest) => {
      const answer = await handle(request);
      return [answer.status, answer.body.toString()];
    },
    events,
    wait: (duration: DurationMs) => {
      now = after(now, duration);
    },
  };
}

describe('the event of a function', () => {
  test('has path and parameters decoded, the query as it came, repeated query values joined', async () => {
    const gateway = aGateway({});
    await gateway.handle(
      aRequest({
        path: '/a%20b/c%2Bd',
        query: 'x=1&y=%20&x=2',
        headers: { host: 'h:1', accept: 'a,b' },
        cookies: ['k=v'],
      }),
    );
    expect(gateway.events.function).toEqual([
      expect.objectContaining({
        version: '2.0',
        routeKey: 'ANY /{proxy+}',
        rawPath: '/a b/c+d',
        rawQueryString: 'x=1&y=%20&x=2',
        queryStringParameters: { x: '1,2', y: ' ' },
        pathParameters: { proxy: 'a b/c+d' },
        cookies: ['k=v'],
        headers: expect.objectContaining({
          accept: 'a,b',
          'x-forwarded-for': '127.0.0.1',
          'x-forwarded-proto': 'http',
        }),
        isBase64Encoded: false,
        requestContext: expect.objectContaining({
          stage: '$default',
          time: '12/Mar/2026:19:03:58 +0000',
          timeEpoch: 1_773_342_238_000,
          http: expect.objectContaining({ method: 'POST', path: '/a b/c+d', sourceIp: '127.0.0.1' }),
        }),
      }),
    ]);
  });

  test('has parameters decoded once, as the HTTP API guide says', async () => {
    const gateway = aGateway({});
    await gateway.handle(aRequest({ path: '/a%2541b%252Fc' }));
    expect(gateway.events.function).toEqual([expect.objectContaining({ pathParameters: { proxy: 'a%41b%2Fc' } })]);
  });

  test.each([
    ['application/json', false],
    ['application/json; charset=utf-8', false],
    ['application/vnd.api+json', false],
    ['text/plain', false],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
  ])('carries a body of type %s in base64: %s', async (contentType, isBase64Encoded) => {
    const gateway = aGateway({});
    await gateway.handle(aRequest({ headers: { 'content-type': contentType }, body: Buffer.from('{"é":1}') }));
    const body = Buffer.from('{"é":1}').toString(isBase64Encoded ? 'base64' : 'utf8');
    expect(gateway.events.function).toEqual([expect.objectContaining({ body, isBase64Encoded })]);
  });
});

describe('the answer to a client', () => {
  test.each<[string, InvocationResult, [number, string]]>([
    ['an object without a status', { kind: 'returned', payload: { a: 1 } }, [200, '{"a":1}']],
    ['a text', { kind: 'returned', payload: 'hello' }, [200, 'hello']],
    ['null', { kind: 'returned', payload: null }, [200, 'null']],
    ['a response', { kind: 'returned', payload: { statusCode: 202, body: 'ok' } }, [202, 'ok']],
    [
      'a body that is no text',
      { kind: 'returned', payload: { statusCode: 200, body: {} } },
      [500, '{"message":"Internal Server Error"}'],
    ],
    [
      'a status that is none',
      { kind: 'returned', payload: { statusCode: 'ok' } },
      [500, '{"message":"Internal Server Error"}'],
    ],
    ['a function error', { kind: 'failed', reason: 'threw' }, [500, '{"message":"Internal Server Error"}']],
    [
      'an event that Lambda refuses',
      { kind: 'too-large', reason: 'over 6 MB' },
      [413, '{"message":"Request Entity Too Large"}'],
    ],
  ])('comes from %s', async (_, answer, expected) => {
    expect(await aGateway({ answer }).handle(aRequest())).toEqual(expected);
  });
});

describe('an authorizer', () => {
  const withoutIdentity = { identitySources: [], cacheTtl: seconds(0) };
  const byHeader = { identitySources: ['$request.header.Authorization'], cacheTtl: seconds(60) };
  const withKey = aRequest({ headers: { host: 'h', authorization: 'k' } });

  test('without identity sources is asked about every request, one without a key included', async () => {
    const gateway = aGateway({
      authorizer: withoutIdentity,
      authorization: { isAuthorized: true, context: { key: 'n' } },
    });
    await gateway.handle(aRequest());
    await gateway.handle(aRequest());
    expect(gateway.events.authorizer).toHaveLength(2);
    expect(gateway.events.authorizer[0]).toMatchObject({
      version: '2.0',
      type: 'REQUEST',
      identitySource: [],
      rawPath: '/a',
    });
    expect(gateway.events.function[0]).toMatchObject({ requestContext: { authorizer: { lambda: { key: 'n' } } } });
  });

  test('with identity sources is not asked about a request without them', async () => {
    const gateway = aGateway({ authorizer: byHeader, authorization: { isAuthorized: true } });
    expect(await gateway.handle(aRequest())).toEqual([401, '{"message":"Unauthorized"}']);
    expect(gateway.events).toEqual({ authorizer: [], function: [] });
  });

  test('is believed for its cache time and no longer, for each identity alone', async () => {
    const gateway = aGateway({ authorizer: byHeader, authorization: { isAuthorized: true } });
    await gateway.handle(withKey);
    await gateway.handle(withKey);
    expect(gateway.events.authorizer).toHaveLength(1);
    await gateway.handle(aRequest({ headers: { host: 'h', authorization: 'other' } }));
    expect(gateway.events.authorizer).toHaveLength(2);
    gateway.wait(milliseconds(60_000));
    await gateway.handle(withKey);
    expect(gateway.events.authorizer).toHaveLength(3);
    expect(gateway.events.function).toHaveLength(4);
  });

  test.each<[string, unknown, number]>([
    ['refuses', { isAuthorized: false }, 403],
    ['answers with a policy instead', { policyDocument: {} }, 500],
    ['answers nothing', null, 500],
  ])('that %s keeps the request from the function', async (_, authorization, status) => {
    const gateway = aGateway({ authorizer: withoutIdentity, authorization });
    expect((await gateway.handle(aRequest()))[0]).toBe(status);
    expect(gateway.events.function).toEqual([]);
  });
});
