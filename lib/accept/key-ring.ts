import { describeError, type Log } from '../runtime/logger.ts';
import type { SecretReader } from '../runtime/secrets.ts';
import { authenticate, parseRelayKeys, type RelayKey } from './authenticate.ts';
import type { Caller } from './read-caller.ts';

/** The relay's keys. */
export interface KeyRing {
  /** Whose key an `Authorization` header holds. Never throws. */
  identify(authorization: string | undefined): Promise<Caller>;
}

/** Keys from a secret, parsed again only when its text has changed. */
export function createKeyRing(secret: SecretReader, log: Log): KeyRing {
  let parsedText: string | undefined;
  let keys: readonly RelayKey[] = [];

  const parse = (text: string): void => {
    if (text === parsedText) return;
    const parsed = parseRelayKeys(text);
    if (parsed === undefined)
      log.error('relay-keys-malformed', { expected: '{"keys":[{"name":"…","sha256":"<hex>","scopes":["…"]}]}' });
    parsedText = text;
    keys = parsed ?? [];
  };

  return {
    identify: async (authorization) => {
      try {
        parse(await secret.read());
      } catch (error) {
        log.error('relay-keys-unreadable', { error: describeError(error) });
        return { kind: 'undecided' };
      }
      const key = authenticate(authorization, keys);
      return key === undefined ? { kind: 'unknown' } : { kind: 'known', principal: key.name, scopes: key.scopes };
    },
  };
}
