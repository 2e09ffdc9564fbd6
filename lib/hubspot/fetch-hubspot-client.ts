import { connectionFaultOf } from './connection-fault.ts';
import type { HubSpotAnswer, HubSpotClient } from './hubspot-answer.ts';
import { parseRetryAfter, readRateHeaders } from './rate-headers.ts';

export interface FetchHubSpotClientOptions {
  /** Scheme and host, with or without a trailing slash. */
  readonly baseUrl: string;
  /** The access token, read anew for every call: it may be rotated. */
  readonly readToken: () => Promise<string>;
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
      const token = await readTokenSafely(options.readToken);
      if (token === undefined) return { kind: 'unsent', cause: 'the HubSpot token could not be read' };
      try {
        const response = await send(`${baseUrl}${request.path}`, {
          method: request.method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
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

async function readTokenSafely(readToken: () => Promise<string>): Promise<string | undefined> {
  try {
    return await readToken();
  } catch {
    return undefined;
  }
}

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
