import { isRecord } from './is-record.ts';

/** Who sent a request, as the authorizer found. */
export type Caller =
  | { readonly kind: 'known'; readonly principal: string }
  | { readonly kind: 'unknown' }
  /** The keys could not be read, so nobody knows: the caller is not told that its key is wrong. */
  | { readonly kind: 'undecided' };

/** What the authorizer hands to the functions behind it; values are strings since HTTP APIs pass on nothing richer. */
export type CallerContext = Readonly<Record<string, string>>;

/** Puts a caller into the authorizer's answer. */
export function writeCaller(caller: Caller): CallerContext {
  if (caller.kind === 'known') return { principal: caller.principal };
  return caller.kind === 'undecided' ? { undecided: 'true' } : {};
}

/** Reads the caller from an event's `requestContext`. Whatever is missing or malformed counts as nobody: it fails closed. */
export function readCaller(requestContext: unknown): Caller {
  const authorizer = isRecord(requestContext) ? requestContext['authorizer'] : undefined;
  const lambda = isRecord(authorizer) ? authorizer['lambda'] : undefined;
  if (!isRecord(lambda)) return { kind: 'unknown' };
  const principal = lambda['principal'];
  if (typeof principal === 'string' && principal !== '') return { kind: 'known', principal };
  return { kind: lambda['undecided'] === 'true' ? 'undecided' : 'unknown' };
}
