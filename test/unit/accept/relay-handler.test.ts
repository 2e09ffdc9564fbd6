import { describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { type AnswerRequest, relayHandler } from '../../../functions/http/relay-handler.ts';
import { SCOPES, type Scope } from '../../../lib/accept/scope.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

const CONTEXT = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 29_000 } as Context;
const anEvent = (lambda: unknown) =>
  ({
    version: '2.0',
    rawPath: '/crm/v3/objects/contacts/ada',
    rawQueryString: 'idProperty=email',
    queryStringParameters: { idProperty: 'email' },
    headers: { prefer: 'wait=1' },
    pathParameters: { id: 'ada' },
    requestContext: { http: { method: 'PATCH' }, ...(lambda === undefined ? {} : { authorizer: { lambda } }) },
    body: '{}',
    isBase64Encoded: false,
  }) as unknown as APIGatewayProxyEventV2;

const ANYBODY = { principal: 'shop', scopes: 'read write forward' };
const run = async (answer: AnswerRequest, lambda: unknown = ANYBODY, scope: Scope = 'write') => {
  const log = createRecordingLog();
  const result = await relayHandler(answer, log, () => scope)(anEvent(lambda), CONTEXT);
  return { log, result, body: result.body === undefined ? undefined : JSON.parse(result.body) };
};
const never: AnswerRequest = async () => {
  throw new Error('nobody may come this far');
};

describe('a function behind the HTTP API', () => {
  test('hands the request on and the answer back', async () => {
    const { result, body } = await run(async (request, parameters) => ({
      status: 200,
      headers: { location: '/x' },
      body: { ...request, remaining: request.remainingTime(), parameters },
    }));
    expect(result).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json;charset=utf-8', location: '/x' },
    });
    expect(body).toEqual({
      method: 'PATCH',
      path: '/crm/v3/objects/contacts/ada',
      pathId: 'ada',
      query: 'idProperty=email',
      idProperty: 'email',
      headers: { prefer: 'wait=1' },
      body: '{}',
      isBase64Encoded: false,
      principal: 'shop',
      correlationId: 'request-1',
      remaining: 29_000,
      parameters: { id: 'ada' },
    });
  });

  test('answers without a body where there is none', async () => {
    const { result } = await run(async () => ({ status: 204, body: undefined }));
    expect(result).toEqual({ statusCode: 204, headers: {} });
  });

  test.each([undefined, null, {}, { principal: '' }])(
    'refuses a request whose authorizer says %j: 401',
    async (lambda) => {
      const { result, body } = await run(never, lambda ?? {});
      expect(result.statusCode).toBe(401);
      expect(body).toMatchObject({ status: 'error', category: 'INVALID_AUTHENTICATION', correlationId: 'request-1' });
    },
  );

  test.each(SCOPES)('refuses a key that lacks the scope "%s", and names it: 403', async (scope) => {
    const others = SCOPES.filter((other) => other !== scope).join(' ');
    const { result, body } = await run(never, { principal: 'shop', scopes: others }, scope);
    expect(result.statusCode).toBe(403);
    expect(body).toMatchObject({
      status: 'error',
      category: 'MISSING_SCOPES',
      correlationId: 'request-1',
      message: expect.stringContaining(`"${scope}"`),
      errors: [{ context: { requiredGranularScopes: [scope] } }],
    });
  });

  test.each(SCOPES)('lets a key in that has the one scope "%s" that it needs', async (scope) => {
    const answer: AnswerRequest = async () => ({ status: 200, body: {} });
    expect((await run(answer, { principal: 'shop', scopes: scope }, scope)).result.statusCode).toBe(200);
  });

  test('refuses a key that is good for nothing: 403', async () => {
    expect((await run(never, { principal: 'shop', scopes: '' })).result.statusCode).toBe(403);
  });

  test('answers 503 when nobody knows whose key it is', async () => {
    const { result } = await run(never, { undecided: 'true' });
    expect(result).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
  });

  test('answers 413 with what Lambda would not hand on: a 500 would be sent again', async () => {
    const answerOf = async (quotes: number) =>
      (await run(async () => ({ status: 200, body: { text: '"'.repeat(quotes) } }))).result;
    // In the result's JSON each quote is four bytes.
    expect(await answerOf(1_449_000)).toMatchObject({ statusCode: 200 });
    const refused = await answerOf(1_451_000);
    expect(refused).toMatchObject({ statusCode: 413, body: expect.stringContaining('"ANSWER_TOO_LARGE"') });
    expect(refused.body).toContain('request-1');
  });

  test('answers 503 to an error, tells the log where, and nobody what', async () => {
    const { result, body, log } = await run(async () => {
      throw new Error('ada@example.com choked me');
    });
    expect(result).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
    expect(body).toMatchObject({ status: 'error', correlationId: 'request-1' });
    expect(JSON.stringify([body, log.events])).not.toContain('ada@');
    expect(log.events).toMatchObject([{ event: 'request-failed', fields: { error: { name: 'Error' } } }]);
  });
});
