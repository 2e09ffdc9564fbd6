import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { HttpRequest } from '../../../lib/accept/http-request.ts';
import type { HttpAnswer } from '../../../lib/accept/hubspot-error.ts';
import { createTokenReader, type ReadToken } from '../../../lib/hubspot/access-token.ts';
import type { Lane } from '../../../lib/pace/lane.ts';
import type { PaceObservation } from '../../../lib/pace/pace-observation.ts';
import { createStaticShare } from '../../../lib/pace/static-share.ts';
import { type DurationMs, type EpochMs, epochMs, seconds } from '../../../lib/runtime/units.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

/** A request as HubSpot got it. */
export interface SeenRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  /** Its headers as they were written, values and all. */
  readonly raw: string;
  readonly body: string;
}

/** A HubSpot of a test, on 127.0.0.1. */
export interface ScriptedServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

/** Serves with a listener that is told how many requests came before. */
export async function startServer(
  answer: (outgoing: ServerResponse, position: number, request: SeenRequest) => void,
): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const { method, url, headers, rawHeaders } = incoming;
    const request = { method, url, headers, raw: rawHeaders.join('\n'), body: await text(incoming) };
    seen.push(request);
    answer(outgoing, seen.length - 1, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

interface Options {
  /** Calls in 10 s; plenty unless said. */
  readonly callsPerWindow?: number;
  readonly closedUntil?: EpochMs;
  readonly timeout?: DurationMs;
}

/** A forwarder on a fake clock, and what its paces were asked for and told. */
export function forwarderTo(baseUrl: string, { callsPerWindow = 1_000, closedUntil, timeout }: Options = {}) {
  const clock = createFakeClock(epochMs(0));
  const learned: PaceObservation[] = [];
  const taken: Lane[] = [];
  const paceOf = (lane: Lane) => {
    const share = createStaticShare(callsPerWindow, clock);
    return {
      take: async (deadline: EpochMs) => {
        const isTaken = await share.take(deadline);
        if (isTaken) taken.push(lane);
        return isTaken;
      },
      observe: async (seen: PaceObservation) => {
        learned.push(seen);
      },
      closedUntil: () => closedUntil,
    };
  };
  const paces = { main: paceOf('main'), search: paceOf('search'), associations: paceOf('associations') };
  const readToken = tokenOf('hubspot-token');
  return { baseUrl, readToken, paces, learned, taken, clock, timeout: timeout ?? seconds(5), fetch };
}

/** Reads the token from a secret with such a text. */
export const tokenOf = (text: string): ReadToken => createTokenReader({ read: async () => text }, createRecordingLog());

/** A request of a relay key's holder: a read of a contact unless said otherwise. */
export const aRequest = (more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  path: '/crm/v3/objects/contacts/5',
  query: 'properties=email',
  headers: {
    authorization: 'Bearer relay-key',
    'content-type': 'application/json',
    host: 'relay.example.com',
    'x-forwarded-proto': 'https',
    cookie: 'a=b',
  },
  body: undefined,
  isBase64Encoded: false,
  principal: 'shop',
  correlationId: 'c-1',
  remainingTime: () => seconds(20),
  ...more,
});

/** An answer's body as text, be it HubSpot's bytes or the relay's own. */
export const textOf = ({ body }: HttpAnswer): string =>
  body instanceof Uint8Array ? Buffer.from(body).toString() : JSON.stringify(body);
