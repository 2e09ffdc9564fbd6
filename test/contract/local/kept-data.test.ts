import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { localClient } from '../../../infra/local/aws/local-client.ts';
import { createQueues } from '../../../infra/local/aws/queue-definition.ts';
import { startQueueServer } from '../../../infra/local/aws/queue-server.ts';
import { createTables } from '../../../infra/local/aws/table-definition.ts';
import { startTableServer } from '../../../infra/local/aws/table-server.ts';
import { openDataDirectory } from '../../../infra/local/data-directory.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'relay-test-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const queue = { name: 'Writes', attributes: { VisibilityTimeout: '300' } };

/** Starts the embedded SQS on the test's directory, as a runner does, and gives a few calls to it. */
async function openQueue() {
  const server = await startQueueServer({ directory });
  await createQueues(server.url, [queue]);
  const client = new SQSClient(localClient(server.url));
  const QueueUrl = `${server.url}/000000000000/${queue.name}`;
  return {
    send: (MessageBody: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody })),
    release: (ReceiptHandle: string) =>
      client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })),
    receive: async () => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] }),
      );
      return Messages.map(({ Body, ReceiptHandle = '', Attributes }) => ({
        body: Body,
        handle: ReceiptHandle,
        received: Attributes?.ApproximateReceiveCount,
      }));
    },
    close: async () => {
      client.destroy();
      await server.close();
    },
  };
}

describe('a kept queue', () => {
  test('has its messages after a restart, and those in flight visible at once with their receive count', async () => {
    const before = await openQueue();
    await before.send('in flight');
    await before.receive();
    await before.send('waiting');
    await before.close();
    const after = await openQueue();
    const received = await after.receive();
    await after.close();
    expect(received.map(({ body, received }) => [body, received]).sort()).toEqual([
      ['in flight', '2'],
      ['waiting', '1'],
    ]);
  });

  test('takes a message back whose visibility is set to 0', async () => {
    const kept = await openQueue();
    await kept.send('again');
    for (const { handle } of await kept.receive()) await kept.release(handle);
    const received = await kept.receive();
    await kept.close();
    expect(received).toMatchObject([{ body: 'again', received: '2' }]);
  });
});

test('a redriven message is received anew: its count begins again in the queue that it comes to', async () => {
  const server = await startQueueServer({});
  const chained = (name: string, next: string) => ({
    name,
    attributes: {
      VisibilityTimeout: '0',
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${next}`,
        maxReceiveCount: 1,
      }),
    },
  });
  await createQueues(server.url, [
    { name: 'Last', attributes: {} },
    chained('Second', 'Last'),
    chained('First', 'Second'),
  ]);
  const client = new SQSClient(localClient(server.url));
  const urlOf = (name: string) => `${server.url}/000000000000/${name}`;
  await client.send(new SendMessageCommand({ QueueUrl: urlOf('First'), MessageBody: 'poison' }));
  const received: (number | undefined)[] = [];
  for (const name of ['First', 'First', 'Second', 'Second', 'Last']) {
    const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl: urlOf(name) }));
    received.push(Messages?.length);
  }
  client.destroy();
  await server.close();
  expect(received).toEqual([1, undefined, 1, undefined, 1]);
});

test('a kept table has its items after a restart, and is not created again', async () => {
  const table = {
    TableName: 'Operations',
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
  };
  const before = await startTableServer({ directory });
  await createTables(before.url, [table]);
  const writer = new DynamoDBClient(localClient(before.url));
  await writer.send(new PutItemCommand({ TableName: 'Operations', Item: { pk: { S: 'kept' } } }));
  writer.destroy();
  await before.close();
  const after = await startTableServer({ directory });
  await createTables(after.url, [table]);
  const reader = new DynamoDBClient(localClient(after.url));
  const { Item } = await reader.send(new GetItemCommand({ TableName: 'Operations', Key: { pk: { S: 'kept' } } }));
  reader.destroy();
  await after.close();
  expect(Item).toEqual({ pk: { S: 'kept' } });
});

test('a data directory belongs to one runner at a time', () => {
  const first = openDataDirectory(directory);
  expect(() => openDataDirectory(directory)).toThrow('in use by another relay');
  first.close();
  openDataDirectory(directory).close();
});
