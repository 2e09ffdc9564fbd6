import type { IncomingMessage, Server } from 'node:http';
import { createRequire } from 'node:module';
import { closeServer, listenLocally } from './local-server.ts';

/** The embedded DynamoDB. */
export interface TableServer {
  readonly url: string;
  close(): Promise<void>;
}

/** dynalite has no types of its own. */
type Dynalite = (options: {
  path?: string;
  createTableMs: number;
  deleteTableMs: number;
  updateTableMs: number;
}) => Server;
const dynalite: Dynalite = createRequire(import.meta.url)('dynalite');

/** Starts dynalite on 127.0.0.1; with a `directory` its items are on disk. */
export async function startTableServer(options: { readonly directory?: string | undefined }): Promise<TableServer> {
  const server = dynalite({
    ...(options.directory !== undefined && { path: options.directory }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  server.prependListener('request', surviveHangUps);
  const url = await listenLocally(server);
  return {
    url,
    close: () => closeServer(server),
  };
}

/** dynalite throws when a client hangs up within a request, and an environment that is killed at its timeout does just that. */
function surviveHangUps(request: IncomingMessage): void {
  const on = request.on.bind(request);
  on('error', () => request.destroy());
  Reflect.set(request, 'on', (event: string, listener: (...values: unknown[]) => void) =>
    event === 'error' ? request : on(event, listener),
  );
}
