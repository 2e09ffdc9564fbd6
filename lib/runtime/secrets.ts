import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock } from './clock.ts';
import { REFRESH_PATIENCE } from './service-limits.ts';
import { after, epochMs, seconds } from './units.ts';

/** A rotated token or a revoked key is known everywhere after this long. */
const MAX_AGE = seconds(60);
/** After a failed refresh the old value serves this long before the next try. */
const RETRY_AFTER_FAILURE = seconds(5);

/** The current text of a secret. */
export interface SecretReader {
  /** Throws only when the secret could never be read. */
  read(): Promise<string>;
}

/**
 * Reads a secret and keeps it for a minute. When a refresh fails, or takes longer than a second, the old value is served on, and what
 * the refresh brings later is taken over: Secrets Manager being away is no reason to stop, and one that hangs none to let callers
 * wait until their function is out of time. Readers that come at once share one call.
 */
export function createSecretReader(client: SecretsManagerClient, secretId: string, clock: Clock): SecretReader {
  let value: string | undefined;
  let freshUntil = epochMs(0);
  let refreshing: Promise<string> | undefined;

  const refresh = async (): Promise<string> => {
    try {
      const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
      if (text === undefined) throw new Error('the secret has no text');
      value = text;
      freshUntil = after(clock.now(), MAX_AGE);
      return text;
    } catch (error) {
      if (value === undefined) throw error;
      freshUntil = after(clock.now(), RETRY_AFTER_FAILURE);
      return value;
    } finally {
      refreshing = undefined;
    }
  };

  const refreshBriefly = async (old: string, refreshed: Promise<string>): Promise<string> => {
    const timer = new AbortController();
    const timeout = clock.sleep(REFRESH_PATIENCE, timer.signal).then(() => undefined);
    // Whichever loses the race must not be an unhandled rejection.
    timeout.catch(() => {});
    const first = await Promise.race([refreshed, timeout]);
    timer.abort();
    if (first !== undefined) return first;
    const now = clock.now();
    if (freshUntil <= now) freshUntil = after(now, RETRY_AFTER_FAILURE);
    return old;
  };

  return {
    read: () => {
      if (value !== undefined && clock.now() < freshUntil) return Promise.resolve(value);
      refreshing ??= refresh();
      return value === undefined ? refreshing : refreshBriefly(value, refreshing);
    },
  };
}
