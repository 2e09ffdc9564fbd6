import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { fitsOnTheWay } from '../../lib/accept/answer-size.ts';
import type { HttpRequest } from '../../lib/accept/http-request.ts';
import {
  answerTooLarge,
  type HttpAnswer,
  missingScope,
  unauthorized,
  unavailable,
} from '../../lib/accept/hubspot-error.ts';
import { readCaller } from '../../lib/accept/read-caller.ts';
import type { Scope } from '../../lib/accept/scope.ts';
import { describeError, type Log } from '../../lib/runtime/logger.ts';
import { milliseconds } from '../../lib/runtime/units.ts';

/** Answers one authenticated request; `parameters` are those of the route's path. */
export type AnswerRequest = (
  request: HttpRequest,
  parameters: Readonly<Record<string, string | undefined>>,
) => Promise<HttpAnswer>;

/** What a relay key needs for a request; undefined when any key does, to be told why not. */
export type NeededScope = (request: HttpRequest) => Scope | undefined;

/**
 * The middy stack of every function behind the HTTP API: turns the event into an `HttpRequest`, refuses one without a principal (the
 * authorizer names it; nothing else may) or whose key lacks the scope that the request needs, and turns any error into `503` without
 * a word of what went wrong inside.
 *
 * @example
 * export const handler = relayHandler((request) => answerContactRequest('create', request, ports), log, () => 'write');
 */
export function relayHandler(answer: AnswerRequest, log: Log, neededScope: NeededScope) {
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .onError((request) => {
      log.error('request-failed', { error: describeError(request.error) });
      request.response = toResult(unavailable(request.context.awsRequestId), request.context.awsRequestId);
    })
    .handler(async (event: APIGatewayProxyEventV2, context: Context) => {
      const correlationId = context.awsRequestId;
      const caller = readCaller(event.requestContext);
      if (caller.kind === 'unknown') return toResult(unauthorized(correlationId), correlationId);
      if (caller.kind === 'undecided') return toResult(unavailable(correlationId), correlationId);
      const request = toRequest(event, context, caller.principal);
      const scope = neededScope(request);
      const isAllowed = scope === undefined || caller.scopes.includes(scope);
      if (!isAllowed) return toResult(missingScope(scope, correlationId), correlationId);
      return toResult(await answer(request, event.pathParameters ?? {}), correlationId);
    });
}

function toRequest(event: APIGatewayProxyEventV2, context: Context, principal: string): HttpRequest {
  return {
    method: event.requestContext.http.method,
    path: event.rawPath,
    pathId: event.pathParameters?.['id'],
    query: event.rawQueryString,
    idProperty: event.queryStringParameters?.['idProperty'],
    headers: event.headers,
    body: event.body,
    isBase64Encoded: event.isBase64Encoded,
    principal,
    correlationId: context.awsRequestId,
    remainingTime: () => milliseconds(context.getRemainingTimeInMillis()),
  };
}

/**
 * Bytes are HubSpot's own answer and go out as they came, in base64 so that no character set is guessed on the way. What Lambda would
 * not hand on is `413`: it would make a `500` of it, which clients repeat by themselves.
 */
function toResult({ status, headers, body }: HttpAnswer, correlationId: string): APIGatewayProxyStructuredResultV2 {
  if (body === undefined) return { statusCode: status, headers: { ...headers } };
  if (body instanceof Uint8Array) {
    const encoded = Buffer.from(body).toString('base64');
    return { statusCode: status, headers: { ...headers }, body: encoded, isBase64Encoded: true };
  }
  const json = JSON.stringify(body);
  if (!fitsOnTheWay(json)) return toResult(answerTooLarge(correlationId), correlationId);
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json;charset=utf-8', ...headers },
    body: json,
  };
}
