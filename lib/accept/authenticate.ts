import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { isScope, type Scope, USUAL_SCOPES } from './scope.ts';

/** A relay key as the secret holds it: its name, the hash of what callers send, and what it is good for. */
export interface RelayKey {
  readonly name: string;
  readonly hash: Buffer;
  readonly scopes: readonly Scope[];
}

const SHA256_HEX = /^[0-9a-fA-F]{64}$/;
const KeyList = z.object({
  keys: z.array(
    z.object({
      name: z.string().check(z.minLength(1), z.maxLength(100)),
      sha256: z.string().check(z.regex(SHA256_HEX)),
      scopes: z.optional(z.array(z.string())),
    }),
  ),
});

/** `Bearer`, in any case, and a token without blanks (RFC 6750, section 2.1). */
const BEARER = /^Bearer +([\x21-\x7e]{1,1024})$/i;

/**
 * Parses the secret `{"keys":[{"name","sha256","scopes"?}]}`; undefined when it is something else: then no key is good. A key
 * without scopes has all the usual ones, a scope that is none gives nothing.
 */
export function parseRelayKeys(secret: string): readonly RelayKey[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(secret);
  } catch {
    return undefined;
  }
  const parsed = KeyList.safeParse(json);
  if (!parsed.success) return undefined;
  return parsed.data.keys.map(({ name, sha256, scopes = USUAL_SCOPES }) => ({
    name,
    hash: Buffer.from(sha256, 'hex'),
    scopes: scopes.filter(isScope),
  }));
}

/**
 * The key in an `Authorization` header, or undefined. Hashes are compared in constant time and all of them always, so
 * that the time taken tells nothing about which key came close.
 */
export function authenticate(authorization: string | undefined, keys: readonly RelayKey[]): RelayKey | undefined {
  const token = BEARER.exec(authorization?.trim() ?? '')?.[1];
  if (token === undefined) return undefined;
  const hash = createHash('sha256').update(token).digest();
  let found: RelayKey | undefined;
  for (const key of keys) {
    if (timingSafeEqual(hash, key.hash)) found = key;
  }
  return found;
}
