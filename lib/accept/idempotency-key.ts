import { createHash } from 'node:crypto';

/** A key as it came: none, one, or one that cannot be used. */
export type ParsedKey =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'malformed' };

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;

/**
 * Reads an `Idempotency-Key` header: 1 to 255 visible ASCII characters, bare or as a quoted string (`"k"` and `k` are the same
 * key).
 */
export function parseIdempotencyKey(header: string | undefined): ParsedKey {
  if (header === undefined) return { kind: 'none' };
  const text = header.trim();
  const quoted = QUOTED.exec(text)?.[1];
  if (quoted === undefined && text.startsWith('"')) return { kind: 'malformed' };
  const key = quoted === undefined ? text : quoted.replace(/\\(.)/g, '$1');
  return VISIBLE_ASCII.test(key) ? { kind: 'key', key } : { kind: 'malformed' };
}

/** Who uses a key and for what: the same key elsewhere is another key. */
export interface KeyScope {
  readonly principal: string;
  readonly method: string;
  readonly path: string;
}

/** Names a key within its scope. A hash, so that neither the key nor a path with an e-mail in it is stored. */
export const hashKey = (scope: KeyScope, key: string): string =>
  sha256(JSON.stringify([scope.principal, scope.method, scope.path, key]));

/** Tells two requests under one key apart: by their query and body, byte for byte. */
export const fingerprintRequest = (query: string, body: string): string => sha256(`${query}\n${body}`);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
