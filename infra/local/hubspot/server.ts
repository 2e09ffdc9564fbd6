import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { answerControl, CONTROL_PREFIX } from './control.ts';
import { createHubSpotCore, type HubSpotCore } from './core/core.ts';
import type { Settings } from './core/settings.ts';
import type { WireAnswer, WireRequest } from './core/wire.ts';
import { openJournal } from './journal.ts';

/** Runs something later; gives back how to call it off. */
export type Schedule = (delayMs: number, run: () => void) => () => void;

export interface SimulatorOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Where contacts are kept over restarts; without it they live in memory. */
  readonly dataFile?: string;
  readonly settings?: Partial<Settings>;
  readonly now?: () => number;
  readonly random?: () => number;
  /** How delays pass; real time unless a test owns it. */
  readonly schedule?: Schedule;
}

/** A running simulator. */
export interface HubSpotSimulator {
  readonly url: string;
  readonly port: number;
  /** State and rules: settings, faults, statistics, contacts. */
  readonly core: HubSpotCore;
  /** Stops it; connections that are still open are cut. */
  readonly close: () => Promise<void>;
}

const HOST = '127.0.0.1';

const realTime: Schedule = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
};

/**
 * Starts HubSpot's contacts API on this machine. It rejects when the port is taken or the data file is unusable.
 *
 * @example
 * const hubspot = await startHubSpotSimulator({ settings: { token: 'local', limit: 100 } });
 * hubspot.core.addFaults([{ times: 1, do: { loseAnswer: true, commit: true } }]);
 * await hubspot.close();
 */
export async function startHubSpotSimulator(options: SimulatorOptions = {}): Promise<HubSpotSimulator> {
  const journal = options.dataFile === undefined ? undefined : openJournal(options.dataFile);
  const core = createHubSpotCore({
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    settings: options.settings ?? {},
    ...(journal && { restored: journal.restored, onCommit: journal.append }),
  });
  const pending = new Set<() => void>();
  const later = (delayMs: number, run: () => void) => {
    if (delayMs <= 0) return run();
    const cancel = (options.schedule ?? realTime)(delayMs, () => {
      pending.delete(cancel);
      run();
    });
    pending.add(cancel);
  };
  const server = createServer((incoming, response) => {
    readBody(incoming).then(
      (body) => serve(core, toWireRequest(incoming, body), response, later),
      () => response.destroy(),
    );
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, HOST, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  return {
    url: `http://${HOST}:${port}`,
    port,
    core,
    close: () =>
      new Promise((resolve, reject) => {
        for (const cancel of pending) cancel();
        server.close((error) => {
          journal?.close();
          if (error) reject(error);
          else resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function serve(
  core: HubSpotCore,
  request: WireRequest,
  response: ServerResponse,
  later: (delayMs: number, run: () => void) => void,
): void {
  if (request.path === CONTROL_PREFIX || request.path.startsWith(`${CONTROL_PREFIX}/`)) {
    write(response, answerControl(core, request));
    return;
  }
  const { client, commitAfterMs, answerAfterMs, run } = core.receive(request);
  if (client === 'close' && commitAfterMs > 0) response.destroy();
  later(commitAfterMs, () => {
    const answer = runSafely(run);
    if (client === 'close') response.destroy();
    if (client === 'answer') later(answerAfterMs - commitAfterMs, () => write(response, answer));
  });
}

/** A fault of the simulator's own (a full disk, a bug) is told to both sides and stops nobody else. */
function runSafely(run: () => WireAnswer): WireAnswer {
  try {
    return run();
  } catch (error) {
    console.error('the HubSpot simulator failed:', error);
    return {
      status: 500,
      headers: { 'content-type': 'text/plain' },
      body: 'the simulator failed, see its error output',
    };
  }
}

function write(response: ServerResponse, answer: WireAnswer): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.status !== 204 && { 'content-length': Buffer.byteLength(answer.body) }),
  });
  response.end(answer.body);
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function toWireRequest(incoming: IncomingMessage, body: string): WireRequest {
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  return { method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers, body };
}
