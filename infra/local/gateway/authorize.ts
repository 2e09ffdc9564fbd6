import type { Clock } from '../../../lib/runtime/clock.ts';
import { after, type EpochMs } from '../../../lib/runtime/units.ts';
import type { InvocationResult } from '../lambda/environment.ts';
import type { AuthorizerDefinition } from './gateway-definition.ts';
import { type RoutedRequest, toAuthorizerEvent } from './proxy-event.ts';

/** What became of a request at the authorizer. */
export type Authorization =
  | { readonly kind: 'allowed'; readonly context: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unidentified' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'broken' };

/** Asks an authorizer's function, or its cache. */
export type Authorize = (authorizer: AuthorizerDefinition, routed: RoutedRequest) => Promise<Authorization>;

/**
 * Gives the gateway's way of asking: a request without one of the identity sources is `unidentified` and asks nobody;
 * answers are kept for the authorizer's TTL under the values of the identity sources, across routes, as AWS does.
 */
export function createAuthorize(
  invoke: (functionArn: string, event: unknown) => Promise<InvocationResult>,
  clock: Clock,
): Authorize {
  const cache = new Map<string, { readonly authorization: Authorization; readonly until: EpochMs }>();
  return async (authorizer, routed) => {
    const identity = authorizer.identitySources.map((source) => identityValue(source, routed));
    const present = identity.filter((value) => value !== undefined && value !== '');
    if (present.length < identity.length) return { kind: 'unidentified' };
    const key = JSON.stringify([authorizer.id, ...present]);
    const cached = cache.get(key);
    if (cached !== undefined && cached.until > clock.now()) return cached.authorization;
    const identities = present.filter((value) => value !== undefined);
    const routeArn = `arn:aws:execute-api:local:${routed.accountId}:${routed.apiId}/${routed.stage}/${routed.routeKey}`;
    const authorization = readAuthorization(
      await invoke(authorizer.functionArn, toAuthorizerEvent(routed, identities, routeArn)),
    );
    if (authorizer.cacheTtl > 0 && authorization.kind !== 'broken') {
      cache.set(key, { authorization, until: after(clock.now(), authorizer.cacheTtl) });
    }
    return authorization;
  };
}

/** Reads the simple response of an authorizer; anything else than `{ isAuthorized: boolean }` is broken. */
export function readAuthorization(result: InvocationResult): Authorization {
  if (result.kind !== 'returned' || typeof result.payload !== 'object' || result.payload === null)
    return { kind: 'broken' };
  const fields = new Map<string, unknown>(Object.entries(result.payload));
  const isAuthorized = fields.get('isAuthorized');
  if (typeof isAuthorized !== 'boolean') return { kind: 'broken' };
  const context = fields.get('context');
  if (!isAuthorized) return { kind: 'denied' };
  return { kind: 'allowed', context: typeof context === 'object' && context !== null ? { ...context } : {} };
}

function identityValue(source: string, { request, pathParameters }: RoutedRequest): string | undefined {
  const [, kind, name = ''] = /^\$request\.(header|querystring|path)\.(.+)$/.exec(source) ?? [];
  if (kind === 'header') return request.headers[name.toLowerCase()];
  if (kind === 'querystring') return new URLSearchParams(request.query).get(name) ?? undefined;
  return kind === 'path' ? pathParameters[name] : undefined;
}
