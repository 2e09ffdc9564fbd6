import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createFetchHubSpotClient } from '../../../lib/hubspot/fetch-hubspot-client.ts';
import { milliseconds, seconds } from '../../../lib/runtime/units.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const clientOf = (baseUrl: string) => createFetchHubSpotClient({ baseUrl, readToken: async () => 'token-1' });
const request = { method: 'POST', path: '/crm/v3/objects/contacts/batch/read', body: { inputs: [] } } as const;

test('sends the token and JSON, and reads status, body, Retry-After and the rate headers', async () => {
  let seen: unknown;
  const url = await serve(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    seen = [incoming.headers.authorization, incoming.headers['content-type'], Buffer.concat(chunks).toString()];
    outgoing.writeHead(477, { 'retry-after': '30', 'x-hubspot-ratelimit-max': '190' }).end('{"status":"error"}');
  });
  expect(await clientOf(`${url}/`).call(request, seconds(5))).toEqual({
    kind: 'answered',
    status: 477,
    body: { status: 'error' },
    retryAfter: 30_000,
    rate: { max: 190 },
  });
  expect(seen).toEqual(['Bearer token-1', 'application/json', '{"inputs":[]}']);
});

test('a connection refused was never sent', async () => {
  const url = await serve(() => {});
  await open.pop()?.();
  expect(await clientOf(url).call(request, seconds(5))).toEqual({ kind: 'unsent', cause: 'ECONNREFUSED' });
});

test('a connection that breaks before the answer leaves it open what HubSpot did', async () => {
  const url = await serve((incoming) => incoming.socket.destroy());
  expect((await clientOf(url).call(request, seconds(5))).kind).toBe('unanswered');
});

test('an answer that breaks off in the middle is no answer', async () => {
  const url = await serve((incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-length': '100' });
    outgoing.write('{"results":[', () => incoming.socket.destroy());
  });
  expect((await clientOf(url).call(request, seconds(5))).kind).toBe('unanswered');
});

test('gives up after its time', async () => {
  const url = await serve(() => {});
  expect((await clientOf(url).call(request, milliseconds(50))).kind).toBe('unanswered');
});

test('never makes a second attempt by itself', async () => {
  let calls = 0;
  const url = await serve((incoming) => {
    calls += 1;
    incoming.socket.destroy();
  });
  await clientOf(url).call(request, seconds(5));
  expect(calls).toBe(1);
});

test('does not call without a token', async () => {
  const client = createFetchHubSpotClient({
    baseUrl: 'http://127.0.0.1:1',
    readToken: () => Promise.reject(new Error('no secret')),
  });
  expect(await client.call(request, seconds(5))).toMatchObject({ kind: 'unsent' });
});
