import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { closeServer, listenLocally } from '../../../infra/local/aws/local-server.ts';

/** One request that went through, and its answer. */
export interface Exchange {
  readonly method: string;
  /** As the client sent it, without its query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined when there was none. */
  readonly body: unknown;
}

export interface RecordingDoor {
  readonly url: string;
  /** The exchanges since the last call, in their order. */
  take(): readonly Exchange[];
  close(): Promise<void>;
}

/** What a client's request carries on. */
const HEADERS = ['authorization', 'content-type', 'accept'] as const;

/**
 * A door in front of `target` that passes requests on and remembers the answers as they stood on the wire: what a client makes of
 * them hides fields. `rewrite` lets a client that knows v3 only speak another version.
 */
export async function openRecordingDoor(target: string, rewrite: (path: string) => string): Promise<RecordingDoor> {
  let exchanges: Exchange[] = [];
  const server = createServer(async (incoming, response) => {
    try {
      const { method = 'GET', url = '/' } = incoming;
      const [path = '/', query] = url.split('?');
      const sent = await buffer(incoming);
      const headers = HEADERS.flatMap((name) => {
        const value = incoming.headers[name];
        return value === undefined ? [] : [[name, value] as const];
      });
      const answer = await fetch(`${target}${rewrite(path)}${query === undefined ? '' : `?${query}`}`, {
        method,
        headers: Object.fromEntries(headers),
        ...(sent.length > 0 && { body: new Uint8Array(sent) }),
      });
      const text = await answer.text();
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      exchanges.push({ method, path, status: answer.status, headers: answer.headers, body });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
      response.end(text);
    } catch {
      response.destroy();
    }
  });
  const url = await listenLocally(server);
  return {
    url,
    take: () => {
      const taken = exchanges;
      exchanges = [];
      return taken;
    },
    close: () => closeServer(server),
  };
}
