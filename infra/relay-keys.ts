import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isScope, SCOPES, type Scope } from '../lib/accept/scope.ts';

/** What the relay keeps of a key: whose it is, the SHA-256 of it in hex, and what it is good for (without that: all but `gdpr-delete`). */
export interface RelayKeyEntry {
  readonly name: string;
  readonly sha256: string;
  readonly scopes?: readonly string[] | undefined;
}

/** The secret's content, as `authorize-request` reads it. */
export interface RelayKeys {
  readonly keys: readonly RelayKeyEntry[];
}

/** A request about keys that cannot be met. The message is one sentence for a person. */
export class RelayKeyError extends Error {
  override readonly name = 'RelayKeyError';
}

const secretShape = z.object({
  keys: z.array(
    z.object({
      name: z.string(),
      sha256: z.string().regex(/^[0-9a-fA-F]{64}$/),
      scopes: z.array(z.string()).optional(),
    }),
  ),
});

/**
 * Reads the secret; what else is in it (the placeholder of the first deployment) is dropped.
 *
 * @throws RelayKeyError when it is anything else, so that nothing is overwritten that is not ours.
 */
export function parseRelayKeys(secret: string): RelayKeys {
  const parsed = secretShape.safeParse(readJson(secret));
  if (!parsed.success) throw new RelayKeyError('the secret does not hold {"keys":[{"name":…,"sha256":…}]}');
  return parsed.data;
}

/**
 * A new key from 32 random bytes. The prefix lets secret scanners and people tell what it is.
 *
 * @throws RelayKeyError for a name that does not fit a log line.
 */
export function makeRelayKey(
  name: string,
  random: Uint8Array,
  scopes?: readonly Scope[],
): { readonly key: string; readonly entry: RelayKeyEntry } {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new RelayKeyError('a key is named with 1 to 64 letters, digits, dots, hyphens and underscores');
  }
  const key = `relay_${Buffer.from(random).toString('base64url')}`;
  const sha256 = createHash('sha256').update(key).digest('hex');
  return { key, entry: { name, sha256, ...(scopes !== undefined && { scopes }) } };
}

/**
 * Reads a comma-separated list of scopes, in the order in which the relay lists them.
 *
 * @throws RelayKeyError when it names none, or one that is none.
 */
export function parseScopes(text: string): readonly Scope[] {
  const words = text.split(',').map((word) => word.trim());
  if (!words.every(isScope)) throw new RelayKeyError(`scopes are one or more of ${SCOPES.join(',')}, not "${text}"`);
  return SCOPES.filter((scope) => words.includes(scope));
}

/** @throws RelayKeyError when the name is taken: idempotency keys are kept apart by name, so two callers must not share one. */
export function addRelayKey({ keys }: RelayKeys, entry: RelayKeyEntry): RelayKeys {
  if (keys.some(({ name }) => name === entry.name)) {
    throw new RelayKeyError(`there is a key named ${entry.name} already: revoke it first, or choose another name`);
  }
  return { keys: [...keys, entry] };
}

/** @throws RelayKeyError when there is no such key. */
export function revokeRelayKey({ keys }: RelayKeys, name: string): RelayKeys {
  const left = keys.filter((entry) => entry.name !== name);
  if (left.length === keys.length) throw new RelayKeyError(`there is no key named ${name}`);
  return { keys: left };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
