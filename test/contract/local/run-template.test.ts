import { closeSync, openSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import { z } from 'zod';
import { closeServer, listenLocally } from '../../../infra/local/aws/local-server.ts';
import { type RunningTemplate, runTemplate } from '../../../infra/local/run-template.ts';
import { fixtureDirectory, fixtureTemplate } from './fixture/template.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const echoed = z.object({
  event: z.looseObject({
    requestContext: z.looseObject({ authorizer: z.unknown().optional() }),
    body: z.string().optional(),
  }),
  invocations: z.number(),
  pid: z.number(),
  variables: z.record(z.string(), z.string()),
  remaining: z.number(),
  functionName: z.string(),
});

let log: number;
let collector: Collector;
let relay: RunningTemplate;

beforeAll(async () => {
  log = openSync('/dev/null', 'a');
  collector = await startCollector();
  relay = await runTemplate({
    template: fixtureTemplate,
    stackName: 'Fixture',
    assetDirectory: fixtureDirectory,
    port: 0,
    secrets: { TOKEN_SECRET: 'a token' },
    variables: { COLLECTOR_URL: collector.url, REPLACED: 'yes' },
    environmentsPerFunction: 1,
    output: log,
    report: () => undefined,
  });
});

afterAll(async () => {
  await relay.stop();
  await collector.close();
  closeSync(log);
});

describe('a function behind the gateway', () => {
  test('gets its request and keeps its module state between events', async () => {
    const first = await getEcho('/open/anything?x=1');
    const second = await getEcho('/open/anything');
    expect(first.event).toMatchObject({
      rawPath: '/open/anything',
      rawQueryString: 'x=1',
      pathParameters: { how: 'anything' },
    });
    expect(second).toMatchObject({ pid: first.pid, invocations: first.invocations + 1, functionName: 'Fixture-Echo' });
    expect(second.remaining).toBeGreaterThan(1_000);
  });

  test('sees the variables of its template and nothing of the machine', async () => {
    const { variables } = await getEcho('/open/anything');
    expect(variables).toMatchObject({ TABLE: 'Fixture-Table', REPLACED: 'yes', AWS_REGION: 'us-east-1' });
    expect(variables['QUEUE_URL']).toBe(relay.queueUrl('Writes'));
    expect(variables).not.toHaveProperty('HOME');
    expect(variables).not.toHaveProperty('NODE_OPTIONS');
  });

  test('reaches its table and its secret with the real SDK', async () => {
    const { variables } = await getEcho('/open/anything');
    const tables = new DynamoDBClient({
      region: 'us-east-1',
      credentials,
      endpoint: variables['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
    });
    const TableName = relay.tableName('Table');
    await tables.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' }, value: { N: '1' } } }));
    const { Item } = await tables.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' } } }));
    expect(Item).toEqual({ pk: { S: 'a' }, value: { N: '1' } });

    const endpoint = variables['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? '';
    const secrets = new SecretsManagerClient({ region: 'us-east-1', credentials, endpoint });
    const found = await secrets.send(new GetSecretValueCommand({ SecretId: variables['TOKEN_SECRET'] ?? '' }));
    expect(found.SecretString).toBe('a token');
    await expect(secrets.send(new GetSecretValueCommand({ SecretId: 'another' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test.each([
    ['exits', 'exit'],
    ['throws', 'throw'],
    ['is killed at its timeout', 'spin'],
    ['answers with more than 6 MB', 'large'],
  ])('is a 500 when it %s, and the next event is served', async (_, how) => {
    const response = await fetch(`${relay.url}/open/${how}`);
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal Server Error' }]);
    expect((await fetch(`${relay.url}/open/anything`)).status).toBe(200);
  });

  test('is a 503 when it outlasts the integration timeout', async () => {
    const response = await fetch(`${relay.url}/hasty/hang`);
    expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }]);
  });

  test('shapes its response by payload format 2.0', async () => {
    const shaped = await fetch(`${relay.url}/open/shaped`, { method: 'PUT' });
    expect([
      shaped.status,
      await shaped.text(),
      shaped.headers.get('content-type'),
      shaped.headers.get('x-number'),
    ]).toEqual([201, 'a;b', 'text/csv', '5']);
    expect(shaped.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    const plain = await fetch(`${relay.url}/open/plain`);
    expect([plain.status, await plain.json()]).toEqual([200, { said: 'plain' }]);
  });

  test('never sees a body over 10 MB, nor an event over 6 MB', async () => {
    const statuses = await Promise.all(
      [11, 7].map(async (megabytes) => {
        const body = 'x'.repeat(megabytes * 1024 * 1024);
        const headers = { 'content-type': 'text/plain' };
        return (await fetch(`${relay.url}/open/anything`, { method: 'POST', body, headers })).status;
      }),
    );
    expect(statuses).toEqual([413, 413]);
  });

  test('is reached with the context that its authorizer gave, or not at all', async () => {
    const post = (authorization: string) =>
      fetch(`${relay.url}/guarded`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: '{}',
      });
    const allowed = echoed.parse(await (await post('Bearer good')).json());
    expect(allowed.event.requestContext.authorizer).toEqual({ lambda: { keyName: 'fixture' } });
    const denied = await post('Bearer bad');
    expect([denied.status, await denied.json()]).toEqual([403, { message: 'Forbidden' }]);
    const unidentified = await fetch(`${relay.url}/identified`);
    expect([unidentified.status, await unidentified.json()]).toEqual([401, { message: 'Unauthorized' }]);
  });
});

describe('a schedule', () => {
  test('has ticked once when requests are served, with the event that EventBridge sends', () => {
    expect(collector.ticks).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        account: '000000000000',
        time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
        region: 'us-east-1',
        resources: ['arn:aws:events:us-east-1:000000000000:rule/Fixture-EveryMinute'],
        detail: {},
      },
    ]);
  });
});

describe('a queue that feeds a function', () => {
  test('hands messages over as one batch and keeps only those that were reported as failed, until they are dead letters', async () => {
    await send(['good', 'bad', 'also good']);
    const first = await collector.next();
    expect(first.map((record) => record.body).sort()).toEqual(['also good', 'bad', 'good']);
    expect(first[0]).toMatchObject({
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:Fixture-Writes',
      awsRegion: 'us-east-1',
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/) },
      messageAttributes: { kind: { dataType: 'String', stringValue: 'test' } },
      md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    const second = await collector.next();
    expect(second.map(({ body, attributes }) => [body, attributes.ApproximateReceiveCount])).toEqual([['bad', '2']]);
    expect(await receiveDeadLetters(1)).toEqual(['bad']);
  });

  test('keeps the whole batch when the function throws', async () => {
    await send(['innocent', 'poison']);
    for (const attempt of ['1', '2']) {
      const batch = await collector.next();
      expect(batch.map(({ body }) => body).sort()).toEqual(['innocent', 'poison']);
      expect(batch[0]?.attributes.ApproximateReceiveCount).toBe(attempt);
    }
    expect((await receiveDeadLetters(2)).sort()).toEqual(['innocent', 'poison']);
  });
});

async function getEcho(path: string) {
  return echoed.parse(await (await fetch(`${relay.url}${path}`)).json());
}

function sqsClient(): SQSClient {
  return new SQSClient({ region: 'us-east-1', credentials, endpoint: relay.endpoints.sqs });
}

async function send(bodies: readonly string[]): Promise<void> {
  const MessageAttributes = { kind: { DataType: 'String', StringValue: 'test' } };
  const Entries = bodies.map((MessageBody, at) => ({ Id: String(at), MessageBody, MessageAttributes }));
  await sqsClient().send(new SendMessageBatchCommand({ QueueUrl: relay.queueUrl('Writes'), Entries }));
}

/** Dead letters move when the queue is next looked at, so this asks until all have come. */
async function receiveDeadLetters(count: number): Promise<string[]> {
  const bodies: string[] = [];
  while (bodies.length < count) {
    const { Messages = [] } = await sqsClient().send(
      new ReceiveMessageCommand({
        QueueUrl: relay.queueUrl('DeadLetters'),
        WaitTimeSeconds: 20,
        MaxNumberOfMessages: 10,
      }),
    );
    bodies.push(...Messages.map(({ Body }) => Body ?? ''));
  }
  return bodies;
}

interface Collector {
  readonly url: string;
  /** The events of the schedule so far. */
  readonly ticks: readonly unknown[];
  next(): Promise<SQSRecord[]>;
  close(): Promise<void>;
}

/** Takes what the fixture's consumer received, batch by batch. */
async function startCollector(): Promise<Collector> {
  const arrived: SQSRecord[][] = [];
  const ticks: unknown[] = [];
  const waiting: ((batch: SQSRecord[]) => void)[] = [];
  const server: Server = createServer(async (request, response) => {
    if (request.url === '/tick') {
      ticks.push(JSON.parse(await text(request)));
      response.end();
      return;
    }
    const batch: SQSRecord[] = JSON.parse(await text(request));
    const next = waiting.shift();
    if (next === undefined) arrived.push(batch);
    else next(batch);
    response.end();
  });
  return {
    url: await listenLocally(server),
    ticks,
    next: async () => arrived.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    close: () => closeServer(server),
  };
}
