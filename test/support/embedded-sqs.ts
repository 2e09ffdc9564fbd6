import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';

/** An SQS in this process, with a queue of writes and one of dead letters. */
export interface EmbeddedSqs {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Takes all messages that can be seen out of a queue. */
  drain(queueUrl: string): Promise<readonly Message[]>;
  /** Receives all messages that can be seen; they are invisible then, and stay. */
  receive(queueUrl: string): Promise<readonly Message[]>;
  /** Messages in a queue that can be seen or were received; those with a delay are none. */
  count(queueUrl: string): Promise<number>;
  close(): Promise<void>;
}

export async function startEmbeddedSqs(): Promise<EmbeddedSqs> {
  const app = buildApp({ logger: false });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const client = new SQSClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const create = async (name: string) => {
    await client.send(new CreateQueueCommand({ QueueName: name }));
    return `${url}/000000000000/${name}`;
  };
  return {
    client,
    queueUrl: await create('writes'),
    deadLetterQueueUrl: await create('dead-letters'),
    drain: async (queueUrl) => {
      const messages = await receive(client, queueUrl);
      for (const { ReceiptHandle } of messages) {
        await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
      }
      return messages;
    },
    receive: (queueUrl) => receive(client, queueUrl),
    count: (queueUrl) => count(client, queueUrl),
    close: async () => {
      client.destroy();
      await app.close();
    },
  };
}

async function receive(client: SQSClient, queueUrl: string): Promise<readonly Message[]> {
  const received: Message[] = [];
  for (;;) {
    const { Messages: messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
    );
    if (messages.length === 0) return received;
    received.push(...messages);
  }
}

async function count(client: SQSClient, queueUrl: string): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] });
  const { Attributes = {} } = await client.send(command);
  const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: received } = Attributes;
  return Number(visible) + Number(received);
}
