import type { ReadToken } from './access-token.ts';
import { connectionFaultOf } from './connection-fault.ts';
import type { HubSpotAnswer, HubSpotClient } from './hubspot-answer.ts';
import { parseRetryAfter, readRateHeaders } from './rate-headers.ts';

export interface FetchHubSpotClientOptions {
  /** Scheme and host, with or without a trailing slash. */
  readonly baseUrl: string;
  readonly readToken: ReadToken;
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * HubSpot over Node's own `fetch`, which keeps connections alive. No retries: whether a call may be made again depends on
 * what it was, and that is decided where it is known.
 */
export function createFetchHubSpotClient(options: FetchHubSpotClientOptions): HubSpotClient {
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const send = options.fetch ?? globalThis.fetch;
  return {
    async call(request, timeout) {
      const access = await options.readToken();
      if (access.kind !== 'token') return withoutToken(access.kind);
      try {
        const response = await send(`${baseUrl}${request.path}`, {
          method: request.method,
          headers: {
            authorization: `Bearer ${access.token}`,
            'content-type': 'application/json',
            accept: 'application/json',
          },
          signal: AbortSignal.timeout(timeout),
          redirect: 'manual',
          ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
        });
        return answerOf(response.status, response.headers, await response.text());
      } catch (error) {
        return faultOf(error);
      }
    },
  };
}

const withoutToken = (kind: 'malformed' | 'unreadable'): HubSpotAnswer =>
  kind === 'malformed'
    ? { kind: 'unsent', cause: 'the HubSpot token is none', isUnauthorized: true }
    : { kind: 'unsent', cause: 'the HubSpot token could not be read' };

function answerOf(status: number, headers: Headers, text: string): HubSpotAnswer {
  const retryAfter = parseRetryAfter(headers.get('retry-after'));
  return {
    kind: 'answered',
    status,
    body: parseJson(text),
    rate: readRateHeaders((name) => headers.get(name)),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function faultOf(error: unknown): HubSpotAnswer {
  const { code, isUnsent } = connectionFaultOf(error);
  return { kind: isUnsent ? 'unsent' : 'unanswered', cause: code };
}
