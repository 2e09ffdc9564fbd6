import type { Route } from './match-route.ts';
import { associatedTypeOf } from './object-types.ts';
import { unreadable } from './parse-body.ts';
import type { Settings } from './settings.ts';
import type { Violation } from './violation.ts';
import { failure, type Reply, type WireRequest } from './wire.ts';

/** A request's body, or the answer that its form gets. */
export type ReadRequest =
  | { readonly kind: 'read'; readonly body: unknown; readonly records: number }
  | { readonly kind: 'refused'; readonly reply: Reply; readonly violation: Violation };

const AUTHENTICATION_MESSAGE =
  'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview';

/** The 401 for no token or another one. */
export function refuseStranger(request: WireRequest, settings: Settings): Reply | undefined {
  const [scheme, token, ...rest] = (request.headers['authorization'] ?? '').trim().split(/\s+/);
  if (scheme?.toLowerCase() === 'bearer' && token === settings.token && rest.length === 0) return undefined;
  return failure(401, { message: AUTHENTICATION_MESSAGE, category: 'INVALID_AUTHENTICATION' });
}

/** The 403 for a token that may not do this. */
export function refuseScope(route: Route, settings: Settings): Reply | undefined {
  const missing = scopesOf(route, settings).filter((scope) => !settings.scopes.includes(scope));
  if (missing.length === 0) return undefined;
  return failure(403, {
    message: "This app hasn't been granted all required scopes to make this call.",
    errors: [
      {
        message: 'One or more of the following scopes are required.',
        context: { requiredGranularScopes: missing },
      },
    ],
    links: { scopes: 'https://developers.hubspot.com/scopes' },
    category: 'MISSING_SCOPES',
  });
}

function scopesOf({ scope, path }: Route, { associationScopes }: Settings): readonly string[] {
  if (associationScopes === 'contacts') return [scope];
  const others = [path['from'], path['to']].flatMap((name) => associatedTypeOf(name ?? '') ?? []);
  return [scope, ...others.map((other) => scope.replace('contacts', other))];
}

/** Reads the body as JSON, which it has to be declared as. */
export function readRequest(request: WireRequest, route: Route, settings: Settings): ReadRequest {
  if (settings.maxBodyBytes > 0 && Buffer.byteLength(request.body) > settings.maxBodyBytes) {
    return {
      kind: 'refused',
      reply: failure(413, { message: 'Request entity too large' }),
      violation: 'malformed-body',
    };
  }
  if (request.method === 'GET' || request.method === 'DELETE' || !route.takesBody) {
    return { kind: 'read', body: undefined, records: recordsOf(undefined, route) };
  }
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    return { kind: 'refused', reply: failure(415, { message: 'Unsupported Media Type' }), violation: 'not-json' };
  }
  try {
    const body: unknown = JSON.parse(request.body);
    return { kind: 'read', body, records: recordsOf(body, route) };
  } catch {
    return { kind: 'refused', reply: unreadable('Unexpected character'), violation: 'malformed-body' };
  }
}

/** Records that a call carries: its inputs, the associations that they name, or the one that a single write is about. */
function recordsOf(body: unknown, route: Route): number {
  if (typeof body === 'object' && body !== null && 'inputs' in body) {
    if (!Array.isArray(body.inputs)) return 0;
    return route.budget === 'associations' ? body.inputs.reduce<number>(addAssociations, 0) : body.inputs.length;
  }
  return route.scope === 'crm.objects.contacts.write' && !route.name.includes('/batch/') ? 1 : 0;
}

/** An input of batch/archive names many associations at once. */
const addAssociations = (sum: number, input: unknown): number =>
  sum + (typeof input === 'object' && input !== null && 'to' in input && Array.isArray(input.to) ? input.to.length : 1);
