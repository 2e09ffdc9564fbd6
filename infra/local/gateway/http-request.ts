import type { IncomingMessage } from 'node:http';

/** A request as it came in, read whole. */
export interface HttpRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** Still percent-encoded, without the question mark. */
  readonly query: string;
  /** Names in lower case, repeated ones joined with commas, as API Gateway does; without cookies. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly protocol: string;
}

/** Reads a request up to `limitBytes` of body; `too-large` beyond it. Rejects when the client hangs up. */
export async function readRequest(incoming: IncomingMessage, limitBytes: number): Promise<HttpRequest | 'too-large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= limitBytes) chunks.push(bytes);
    else chunks.length = 0;
  }
  if (size > limitBytes) return 'too-large';
  const { path, query } = splitTarget(incoming.url ?? '/');
  const { cookie = [], ...headers } = incoming.headersDistinct;
  return {
    method: incoming.method ?? 'GET',
    path,
    query,
    headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, (values ?? []).join(',')])),
    cookies: cookie.flatMap((line) => line.split('; ')),
    body: Buffer.concat(chunks),
    sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
    protocol: `HTTP/${incoming.httpVersion}`,
  };
}

/** Clients may also send an absolute URL as the request target. */
function splitTarget(target: string): { path: string; query: string } {
  const relative = target.replace(/^https?:\/\/[^/?]*/, '');
  const at = relative.indexOf('?');
  const path = at < 0 ? relative : relative.slice(0, at);
  return { path: path === '' ? '/' : path, query: at < 0 ? '' : relative.slice(at + 1) };
}
