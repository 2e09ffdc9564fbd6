import { describeError, type Log } from '../runtime/logger.ts';
import type { SecretReader } from '../runtime/secrets.ts';

/** HubSpot's access token, or why there is none. */
export type AccessToken =
  | { readonly kind: 'token'; readonly token: string }
  /** The secret holds something that no header can: a person has to put it right. */
  | { readonly kind: 'malformed' }
  /** The secret could not be read, for now. */
  | { readonly kind: 'unreadable' };

/** Reads the token anew for every call, since it may be rotated. Never throws. */
export type ReadToken = () => Promise<AccessToken>;

/** All that an `Authorization` header may hold of a token (RFC 6750, b64token, is narrower still). */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * The token in a secret's text. Around it may stand what editors and shells leave there: line breaks, spaces, a byte order mark (which
 * `trim` takes for a space). Within it nothing may: a typographic dash comes from a text processor, a space from a wrong line.
 */
export function parseAccessToken(text: string): string | undefined {
  const token = text.trim();
  return VISIBLE_ASCII.test(token) ? token : undefined;
}

/** The token from its secret. A text that is none is logged once, with what to do, and without a letter of it. */
export function createTokenReader(secret: SecretReader, log: Log): ReadToken {
  let toldOf: string | undefined;
  return async () => {
    try {
      const text = await secret.read();
      const token = parseAccessToken(text);
      if (token !== undefined) return { kind: 'token', token };
      if (text !== toldOf) log.error('hubspot-token-malformed', { remedy: REMEDY });
      toldOf = text;
      return { kind: 'malformed' };
    } catch (error) {
      log.error('hubspot-token-unreadable', { error: describeError(error) });
      return { kind: 'unreadable' };
    }
  };
}

const REMEDY =
  'put the access token alone into the secret HubSpotTokenSecret, as plain ASCII without quotes or spaces: what is there cannot be sent in a header';
