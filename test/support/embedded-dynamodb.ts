import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';

const dynalite: (options: { createTableMs: number }) => Server = createRequire(import.meta.url)('dynalite');

/** A DynamoDB in this process, with one table in it. */
export interface EmbeddedDynamoDb {
  readonly client: DynamoDBClient;
  readonly table: string;
  close(): Promise<void>;
}

/** Starts it with a table whose key is made of the attributes named, the first the partition's; by default that of operations. */
export async function startEmbeddedDynamoDb(
  table = 'operations',
  keys: readonly string[] = ['pk', 'sk'],
): Promise<EmbeddedDynamoDb> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((name) => ({ AttributeName: name, AttributeType: 'S' as const })),
      KeySchema: keys.map((name, n) => ({
        AttributeName: name,
        KeyType: n === 0 ? ('HASH' as const) : ('RANGE' as const),
      })),
    }),
  );
  return {
    client,
    table,
    close: async () => {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
