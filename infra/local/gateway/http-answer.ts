import type { InvocationResult } from '../lambda/environment.ts';

/** What goes back to the client. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** The gateway's own answers have a body of this shape and no other. */
export function gatewayAnswer(status: number, message: string): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/** For a body over the gateway's limit as well as for an event over the function's. */
export const entityTooLarge = gatewayAnswer(413, 'Request Entity Too Large');
const internalServerError = gatewayAnswer(500, 'Internal Server Error');

/**
 * Reads a function's answer as payload format 2.0 does: with a `statusCode` it is a response, without one it is the JSON
 * body of a 200. An error, or a response that cannot be read, is a 500.
 */
export function toHttpAnswer(result: InvocationResult): HttpAnswer {
  if (result.kind === 'too-large') return entityTooLarge;
  if (result.kind === 'failed') return internalServerError;
  const { payload } = result;
  if (typeof payload !== 'object' || payload === null || !('statusCode' in payload)) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return { status: 200, headers: { 'content-type': 'application/json' }, cookies: [], body: Buffer.from(body) };
  }
  const fields = new Map<string, unknown>(Object.entries(payload));
  const status = Number(fields.get('statusCode'));
  const body = fields.get('body') ?? '';
  if (!Number.isInteger(status) || status < 100 || status > 599 || typeof body !== 'string') return internalServerError;
  return {
    status,
    headers: { 'content-type': 'text/plain;charset=utf-8', ...readHeaders(fields.get('headers')) },
    cookies: readList(fields.get('cookies')),
    body: Buffer.from(body, fields.get('isBase64Encoded') === true ? 'base64' : 'utf8'),
  };
}

function readHeaders(value: unknown): Record<string, string> {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(entries.map(([name, text]) => [name.toLowerCase(), String(text)]));
}

function readList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
