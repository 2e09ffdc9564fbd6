/** A request's body, still as the gateway handed it over. */
export interface RawBody {
  readonly contentType: string | undefined;
  readonly body: string | undefined;
  readonly isBase64Encoded: boolean;
}

/** What came of reading it: JSON, or why not. */
export type ReadBody =
  | { readonly kind: 'json'; readonly text: string; readonly value: unknown }
  | { readonly kind: 'unreadable'; readonly status: 400 | 413 | 415; readonly code: string; readonly message: string };

/**
 * Lambda takes events of up to 6 MB, in which a body of JSON is a string, each `"` and `\` of it two bytes. What is over that, from about
 * 4 MB on where much of a body is quotes, API Gateway refuses itself; most bodies have fewer, and then the refusal is ours.
 */
export const MAX_BODY_BYTES = 5 * 1024 * 1024;

const JSON_TYPE = /^\s*application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

const unreadable = (status: 400 | 413 | 415, code: string, message: string): ReadBody => ({
  kind: 'unreadable',
  status,
  code,
  message,
});

/** Decodes and parses a body. Gateways encode bodies as base64 when they take the content type for a binary one. */
export function readBody({ contentType, body = '', isBase64Encoded }: RawBody): ReadBody {
  if (!JSON_TYPE.test(contentType ?? '')) {
    return unreadable(415, 'UNSUPPORTED_MEDIA_TYPE', 'the content type must be application/json, in UTF-8');
  }
  const size = isBase64Encoded ? Buffer.byteLength(body, 'base64') : Buffer.byteLength(body);
  if (size > MAX_BODY_BYTES) {
    return unreadable(413, 'BODY_TOO_LARGE', 'the body is larger than 5 MiB: send the contacts in several requests');
  }
  let text = body;
  if (isBase64Encoded) {
    try {
      text = UTF8.decode(Buffer.from(body, 'base64'));
    } catch {
      return unreadable(400, 'INVALID_ENCODING', 'the body is not valid UTF-8');
    }
  }
  try {
    return { kind: 'json', text, value: JSON.parse(text) };
  } catch {
    return unreadable(400, 'INVALID_JSON', 'the body is not valid JSON');
  }
}
