import { createServer, type ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../../../lib/runtime/clock.ts';
import type { DurationMs } from '../../../lib/runtime/units.ts';
import { closeServer, listenLocally } from '../aws/local-server.ts';
import type { InvocationResult } from '../lambda/environment.ts';
import { type Authorize, createAuthorize } from './authorize.ts';
import type { GatewayDefinition, GatewayRoute } from './gateway-definition.ts';
import { entityTooLarge, gatewayAnswer, type HttpAnswer, toHttpAnswer } from './http-answer.ts';
import { type HttpRequest, readRequest } from './http-request.ts';
import { matchRoute } from './match-route.ts';
import { type RoutedRequest, toProxyEvent } from './proxy-event.ts';

/** API Gateway's limit for a request's body, in bytes. */
const maximumBodyBytes = 10 * 1024 * 1024;
/** Longer than clients keep idle connections, so that the client closes first and never writes into a closed one. */
const keepAliveMilliseconds = 75_000;

/** Runs a function by its ARN. */
export type InvokeFunction = (functionArn: string, event: unknown) => Promise<InvocationResult>;

/** The front door. */
export interface GatewayServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves an HTTP API on 127.0.0.1. Rejects with Node's error when the port is taken. */
export async function startGatewayServer(
  definition: GatewayDefinition,
  options: { readonly invoke: InvokeFunction; readonly port?: number; readonly accountId: string },
): Promise<GatewayServer> {
  const handle = createGateway(definition, { ...options, clock: systemClock });
  const server = createServer(async (incoming, response) => {
    try {
      const request = await readRequest(incoming, maximumBodyBytes);
      write(response, request === 'too-large' ? entityTooLarge : await handle(request));
    } catch {
      // Only a client that hung up before its request was whole comes here.
      response.destroy();
    }
  });
  server.keepAliveTimeout = keepAliveMilliseconds;
  const url = await listenLocally(server, options.port);
  return { url, close: () => closeServer(server) };
}

/** The gateway without its sockets: from a whole request to the answer. Never rejects. */
export function createGateway(
  definition: GatewayDefinition,
  options: { readonly invoke: InvokeFunction; readonly clock: Clock; readonly accountId: string },
): (request: HttpRequest) => Promise<HttpAnswer> {
  const authorize = createAuthorize(options.invoke, options.clock);
  return async (request) => {
    const match = matchRoute(definition.routes, request.method, request.path);
    if (match === undefined) return gatewayAnswer(404, 'Not Found');
    const routed: RoutedRequest = {
      request,
      routeKey: match.route.pattern.routeKey,
      pathParameters: match.pathParameters,
      receivedAt: options.clock.now(),
      apiId: definition.apiId,
      accountId: options.accountId,
      stage: '$default',
    };
    const admission = await admit(match.route, routed, authorize);
    if ('status' in admission) return admission;
    const event = toProxyEvent(routed, admission.context);
    const answer = options.invoke(match.route.functionArn, event).then(toHttpAnswer);
    return withTimeout(answer, match.route.timeout, options.clock);
  };
}

async function admit(
  route: GatewayRoute,
  routed: RoutedRequest,
  authorize: Authorize,
): Promise<HttpAnswer | { readonly context: Readonly<Record<string, unknown>> | undefined }> {
  if (route.authorizer === undefined) return { context: undefined };
  const authorization = await authorize(route.authorizer, routed);
  switch (authorization.kind) {
    case 'allowed':
      return { context: authorization.context };
    case 'unidentified':
      return gatewayAnswer(401, 'Unauthorized');
    case 'denied':
      return gatewayAnswer(403, 'Forbidden');
    case 'broken':
      return gatewayAnswer(500, 'Internal Server Error');
  }
}

/** An HTTP API answers a late integration with 503 (a REST API would say 504); the function runs on regardless. */
async function withTimeout(answer: Promise<HttpAnswer>, timeout: DurationMs, clock: Clock): Promise<HttpAnswer> {
  const answered = new AbortController();
  const late = clock.sleep(timeout, answered.signal).then(
    () => gatewayAnswer(503, 'Service Unavailable'),
    () => answer,
  );
  const first = await Promise.race([answer, late]);
  answered.abort();
  return first;
}

function write(response: ServerResponse, answer: HttpAnswer): void {
  const hasBody = answer.status !== 204 && answer.status !== 304;
  const { 'content-type': contentType, ...headers } = answer.headers;
  response.writeHead(answer.status, {
    ...headers,
    ...(hasBody && { 'content-type': contentType, 'content-length': answer.body.length }),
    ...(answer.cookies.length > 0 && { 'set-cookie': [...answer.cookies] }),
  });
  response.end(hasBody ? answer.body : undefined);
}
