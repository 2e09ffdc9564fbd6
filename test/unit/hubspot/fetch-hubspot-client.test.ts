import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createTokenReader } from '../../../lib/hubspot/access-token.ts';
import { classifyAnswer } from '../../../lib/hubspot/classify-answer.ts';
import { createFetchHubSpotClient } from '../../../lib/hubspot/fetch-hubspot-client.ts';
import { milliseconds, seconds } from '../../../lib/runtime/units.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

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

const clientWith = (baseUrl: string, read: () => Promise<string>, log = createRecordingLog()) =>
  createFetchHubSpotClient({ baseUrl, readToken: createTokenReader({ read }, log) });
const clientOf = (baseUrl: string) => clientWith(baseUrl, async () => 'token-1');
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
  const log = createRecordingLog();
  const client = clientWith('http://127.0.0.1:1', () => Promise.reject(new Error('no secret')), log);
  expect(await client.call(request, seconds(5))).toMatchObject({ kind: 'unsent' });
  expect(classifyAnswer(await client.call(request, seconds(5)))).toEqual({ kind: 'deferred', reason: 'unreachable' });
  expect(log.events).toMatchObject([{ event: 'hubspot-token-unreadable' }, { event: 'hubspot-token-unreadable' }]);
});

test.each(['token-1\n', '\uFEFFtoken-1\r\n', '  token-1'])(
  'sends %j without what an editor left around it',
  async (text) => {
    let seen: unknown;
    const url = await serve((incoming, outgoing) => {
      seen = incoming.headers.authorization;
      outgoing.end('{}');
    });
    await clientWith(url, async () => text).call(request, seconds(5));
    expect(seen).toBe('Bearer token-1');
  },
);

test.each(['pat–eu1-secret', 'pat-eu1\nsecret', 'Bearer pat-secret', '“pat-secret”', '\u0000secret', '', ' \n'])(
  'a token that no header can hold, %j, was not sent: nothing is wrong with the records, and the log says what is',
  async (text) => {
    const log = createRecordingLog();
    const client = clientWith('http://127.0.0.1:1', async () => text, log);
    const answers = [await client.call(request, seconds(5)), await client.call(request, seconds(5))];
    for (const answer of answers) {
      expect(answer.kind).toBe('unsent');
      expect(classifyAnswer(answer)).toMatchObject({ kind: 'stopped', status: 401 });
    }
    expect(log.events).toMatchObject([{ event: 'hubspot-token-malformed' }]);
    expect(JSON.stringify([log.events, answers])).not.toContain('secret"');
    expect(JSON.stringify([log.events, answers])).not.toMatch(/pat|eu1/);
  },
);
