import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { type EpochMs, toIso } from '../../../lib/runtime/units.ts';
import type { HttpRequest } from './http-request.ts';
import { decodeText } from './match-route.ts';

/** Where a request went, and when. */
export interface RoutedRequest {
  readonly request: HttpRequest;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly receivedAt: EpochMs;
  readonly apiId: string;
  readonly accountId: string;
  readonly stage: string;
}

/** Builds the event of payload format 2.0 that a function gets; `authorizerContext` is what the authorizer said. */
export function toProxyEvent(
  routed: RoutedRequest,
  authorizerContext: Readonly<Record<string, unknown>> | undefined,
): APIGatewayProxyEventV2 {
  const common = commonFields(routed);
  return {
    version: '2.0',
    ...common,
    requestContext: {
      ...common.requestContext,
      ...(authorizerContext !== undefined && { authorizer: { lambda: authorizerContext } }),
    },
    ...bodyFields(routed.request),
  };
}

/** Builds the event of payload format 2.0 that a request authorizer gets: the same without the body. */
export function toAuthorizerEvent(
  routed: RoutedRequest,
  identitySource: readonly string[],
  routeArn: string,
): APIGatewayRequestAuthorizerEventV2 {
  const { cookies = [], pathParameters = {}, queryStringParameters = {}, ...common } = commonFields(routed);
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn,
    identitySource: [...identitySource],
    ...common,
    cookies,
    pathParameters,
    queryStringParameters,
    stageVariables: {},
  };
}

function commonFields({ request, routeKey, pathParameters, receivedAt, apiId, accountId, stage }: RoutedRequest) {
  const host = request.headers['host'] ?? '127.0.0.1';
  const queryStringParameters = decodeQuery(request.query);
  // Parameters come decoded, once, and the query as it came; of the path the guide does not say. Decoded it is the harder to read.
  const rawPath = decodeText(request.path);
  return {
    routeKey,
    rawPath,
    rawQueryString: request.query,
    headers: {
      ...request.headers,
      'x-forwarded-for': request.sourceIp,
      'x-forwarded-port': host.split(':')[1] ?? '80',
      'x-forwarded-proto': 'http',
    },
    ...(request.cookies.length > 0 && { cookies: [...request.cookies] }),
    ...(Object.keys(queryStringParameters).length > 0 && { queryStringParameters }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters: { ...pathParameters } }),
    requestContext: {
      accountId,
      apiId,
      domainName: host,
      domainPrefix: host.split('.')[0] ?? host,
      http: {
        method: request.method,
        path: rawPath,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage,
      time: commonLogTime(receivedAt),
      timeEpoch: receivedAt,
    },
  };
}

/** Values of a repeated name are joined with commas. */
function decodeQuery(query: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    values[name] = values[name] === undefined ? value : `${values[name]},${value}`;
  }
  return values;
}

function bodyFields({ body, headers }: HttpRequest): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const isBase64Encoded = !isText(headers['content-type'], headers['content-encoding']);
  return { body: body.toString(isBase64Encoded ? 'base64' : 'utf8'), isBase64Encoded };
}

/** API Gateway passes these on as text and everything else, forms too, as base64. */
function isText(contentType: string | undefined, contentEncoding: string | undefined): boolean {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (contentEncoding !== undefined && contentEncoding !== 'identity') return false;
  return /^(text\/.*|application\/(.*\+)?(json|xml)|application\/javascript)$/.test(type);
}

/** `12/Mar/2026:19:03:58 +0000`, as access logs write it. */
function commonLogTime(time: EpochMs): string {
  const [, year, month, day, clock] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(toIso(time)) ?? [];
  const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  return `${day}/${names[Number(month) - 1]}/${year}:${clock} +0000`;
}
