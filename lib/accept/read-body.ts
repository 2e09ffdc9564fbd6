/** A request's body, still as the gateway handed it over. */
export interface RawBody {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | undefined;
  readonly isBase64Encoded: boolean;
}

/** What came of reading it: JSON, or why not. */
export type ReadBody = { readonly kind: 'json'; readonly text: string; readonly value: unknown } | Unreadable;

interface Unreadable {
  readonly kind: 'unreadable';
  readonly status: 400 | 413 | 415;
  readonly code: string;
  readonly message: string;
  /** The header at fault, or the body. */
  readonly in: 'Content-Type' | 'Content-Encoding' | 'body';
}

/**
 * Lambda takes events of up to 6 MB, in which a body of JSON is a string, each `"` and `\` of it two bytes. What is over that, from about
 * 4 MB on where much of a body is quotes, API Gateway refuses itself; most bodies have fewer, and then the refusal is ours.
 */
export const MAX_BODY_BYTES = 5 * 1024 * 1024;

const JSON_TYPE = /^\s*application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?;?\s*$/i;
const IDENTITY = /^\s*(?:identity\s*)?$/i;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Nobody should send one with JSON, and who reads it may ignore it (RFC 8259, section 8.1). */
const BYTE_ORDER_MARK = '\ufeff';

const unreadable = (
  status: Unreadable['status'],
  code: string,
  message: string,
  place: Unreadable['in'] = 'body',
): Unreadable => ({ kind: 'unreadable', status, code, message, in: place });

/** Decodes and parses a body. Gateways encode bodies as base64 when they take the content type for a binary one. */
export function readBody({ headers, body = '', isBase64Encoded }: RawBody): ReadBody {
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) {
    const message = 'the content type must be application/json, in UTF-8';
    return unreadable(415, 'UNSUPPORTED_MEDIA_TYPE', message, 'Content-Type');
  }
  if (!IDENTITY.test(headers['content-encoding'] ?? '')) {
    const message = 'the body must be sent as it is, without a Content-Encoding such as gzip';
    return unreadable(415, 'UNSUPPORTED_MEDIA_TYPE', message, 'Content-Encoding');
  }
  const size = isBase64Encoded ? Buffer.byteLength(body, 'base64') : Buffer.byteLength(body);
  if (size > MAX_BODY_BYTES) {
    return unreadable(413, 'BODY_TOO_LARGE', 'the body is larger than 5 MiB: send the contacts in several requests');
  }
  const text = isBase64Encoded ? decode(body) : unlessDamaged(body, size, headers['content-length']);
  if (text === undefined) return unreadable(400, 'INVALID_ENCODING', 'the body is not valid UTF-8');
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
  try {
    return { kind: 'json', text: json, value: JSON.parse(json) };
  } catch {
    return unreadable(400, 'INVALID_JSON', 'the body is not valid JSON');
  }
}

function decode(body: string): string | undefined {
  try {
    return UTF8.decode(Buffer.from(body, 'base64'));
  } catch {
    return undefined;
  }
}

/**
 * Undefined where the gateway put U+FFFD for bytes that are no UTF-8: then the text is longer or shorter than what was `sent`. Where it
 * happens to be as long nobody can tell, since U+FFFD may be sent as such.
 */
function unlessDamaged(text: string, size: number, sent: string | undefined): string | undefined {
  const isOfOtherSize = sent !== undefined && /^\d+$/.test(sent) && Number(sent) !== size;
  return isOfOtherSize && text.includes('\ufffd') ? undefined : text;
}
