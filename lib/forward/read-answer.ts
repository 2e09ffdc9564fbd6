import { policyNameOf } from '../hubspot/classify-answer.ts';
import { parseRetryAfter, readRateHeaders } from '../hubspot/rate-headers.ts';
import type { PaceObservation } from '../pace/pace-observation.ts';

/** HubSpot's answer as the caller may have it. */
export interface ForwardedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined when it is larger than `MAX_ANSWER_BYTES`. */
  readonly body: Uint8Array | undefined;
}

/** What came of one call. */
export type Try =
  | { readonly kind: 'answered'; readonly answer: ForwardedAnswer }
  /** No connection came about: HubSpot never saw the request. */
  | { readonly kind: 'unsent' }
  /** The connection broke. */
  | { readonly kind: 'cut-off' }
  | { readonly kind: 'timed-out' };

/**
 * A function's answer may be 6 MB in all (Lambda quotas). The body travels in it as base64, which makes 4 bytes of 3, and 192 KiB
 * are left for headers and JSON around it: (6 MiB - 192 KiB) x 3 / 4.
 */
export const MAX_ANSWER_BYTES = (6 * 1024 * 1024 - 192 * 1024) * 0.75;

/** What a HubSpot client reads of an answer: its kind, the rate limit, and when to come again. No cookies, no addresses. */
const ANSWER_HEADERS = /^(content-type|retry-after|x-hubspot-.*)$/;

/** Reads an answer no further than it can be passed on. `token` is what must not be in it, should somebody echo it. */
export async function readAnswer(response: Response, token: string): Promise<ForwardedAnswer> {
  const headers = [...response.headers].filter(([name, value]) => ANSWER_HEADERS.test(name) && !holds(value, token));
  const body = await readBytes(response, MAX_ANSWER_BYTES);
  return {
    status: response.status,
    headers: Object.fromEntries(headers),
    body: body && withoutToken(body, token),
  };
}

/** What an answer tells of HubSpot's limits. */
export function lessonsOf({ status, headers, body }: ForwardedAnswer): Omit<PaceObservation, 'startedAt'> {
  const retryAfter = parseRetryAfter(headers['retry-after']);
  const policyName = status === 429 && body !== undefined ? policyNameOf(parseJson(body)) : undefined;
  return {
    status,
    headers: readRateHeaders((name) => headers[name]),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(policyName !== undefined && { policyName }),
  };
}

async function readBytes(response: Response, most: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop hangs up: what is still to come is not read.
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Byte for byte, unless the token is in it. */
const withoutToken = (body: Buffer, token: string): Buffer =>
  holds(body, token) ? Buffer.from(body.toString('latin1').replaceAll(token, '<token>'), 'latin1') : body;

const holds = (text: string | Buffer, token: string): boolean => token !== '' && text.includes(token);

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}
