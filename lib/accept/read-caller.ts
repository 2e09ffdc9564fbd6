import { isRecord } from './is-record.ts';
import { isScope, type Scope } from './scope.ts';

/** Who sent a request, as the authorizer found. */
export type Caller =
  | { readonly kind: 'known'; readonly principal: string; readonly scopes: readonly Scope[] }
  | { readonly kind: 'unknown' }
  /** The keys could not be read, so nobody knows: the caller is not told that its key is wrong. */
  | { readonly kind: 'undecided' };

/** What the authorizer hands to the functions behind it; values are strings since HTTP APIs pass on nothing richer. */
export type CallerContext = Readonly<Record<string, string>>;

/** Puts a caller into the authorizer's answer. */
export function writeCaller(caller: Caller): CallerContext {
  if (caller.kind === 'known') return { principal: caller.principal, scopes: caller.scopes.join(' ') };
  return caller.kind === 'undecided' ? { undecided: 'true' } : {};
}

/**
 * The same where API Gateway keeps the authorizer's answers. That the keys could not be read must not be kept: it would hold for up to
 * an hour. So it throws, and the caller gets the gateway's own `500`: only responses are cached (API Gateway v2 API, AuthorizerResultTtlInSeconds).
 */
export function writeCachedCaller(caller: Caller): CallerContext {
  if (caller.kind === 'undecided') throw new Error('the relay keys could not be read');
  return writeCaller(caller);
}

/**
 * Reads the caller from an event's `requestContext`. Whatever is missing or malformed counts as nobody: it fails closed. A caller
 * without scopes was found by an authorizer that knew none, as while a new version is deployed: it has to come again.
 */
export function readCaller(requestContext: unknown): Caller {
  const authorizer = isRecord(requestContext) ? requestContext['authorizer'] : undefined;
  const lambda = isRecord(authorizer) ? authorizer['lambda'] : undefined;
  if (!isRecord(lambda)) return { kind: 'unknown' };
  const principal = lambda['principal'];
  if (typeof principal === 'string' && principal !== '') {
    const scopes = lambda['scopes'];
    if (typeof scopes !== 'string') return { kind: 'undecided' };
    return { kind: 'known', principal, scopes: scopes.split(' ').filter(isScope) };
  }
  return { kind: lambda['undecided'] === 'true' ? 'undecided' : 'unknown' };
}
