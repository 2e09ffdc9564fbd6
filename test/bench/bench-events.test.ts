import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { relayHandler } from '../../functions/http/relay-handler.ts';
import { answerContactRequest } from '../../lib/accept/answer-contact-request.ts';
import { createInMemoryPorts } from '../support/accept-ports.ts';
import { synthesizeBare, synthesizeForBench } from './bench-functions.ts';
import { createRequestEvent } from './create-request.ts';

test('the request of the benchmark is one that is accepted', async () => {
  const ports = createInMemoryPorts();
  const handler = relayHandler(
    (request) => answerContactRequest('create', request, ports),
    ports.log,
    () => 'write',
  );
  const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 29_000 } as Context;
  const answer = await handler(createRequestEvent('test', 1) as APIGatewayProxyEventV2, context);
  expect(answer.statusCode).toBe(202);
  expect(ports.queue.sent).toHaveLength(1);
});

test('every function has a bare one with the same clients to be held against', () => {
  const directory = mkdtempSync(join(tmpdir(), 'relay-bench-'));
  try {
    const relay = synthesizeForBench(join(directory, 'relay'), 'http://127.0.0.1:1');
    const bare = synthesizeBare(join(directory, 'bare'), 'http://127.0.0.1:1');
    const wanted = [...relay.functions.values()].map(({ clients }) => clients);
    expect([...bare.functions.keys()]).toEqual(expect.arrayContaining(wanted));
    for (const [name, { clients }] of bare.functions) expect(clients).toBe(name);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
