import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ListTablesCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { ResolvedResource } from '../template/resolve-template.ts';
import { TemplateError } from '../template/template-error.ts';
import { localClient } from './local-client.ts';

const keySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const index = z.looseObject({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: z.object({
    ProjectionType: z.enum(['ALL', 'INCLUDE', 'KEYS_ONLY']).optional(),
    NonKeyAttributes: z.array(z.string()).optional(),
  }),
});
const tableProperties = z.looseObject({
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(index).optional(),
  LocalSecondaryIndexes: z.array(index).optional(),
  StreamSpecification: z.unknown().optional(),
});

/** Reads an `AWS::DynamoDB::GlobalTable` or `::Table`; throws `TemplateError` for streams, which dynalite has not. */
export function readTable(resource: ResolvedResource, name: string): CreateTableCommandInput {
  const properties = tableProperties.parse(resource.properties);
  if (properties.StreamSpecification !== undefined) {
    throw new TemplateError(`table ${resource.logicalId} has a stream, which the local runner cannot run`);
  }
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    GlobalSecondaryIndexes: properties.GlobalSecondaryIndexes?.map(toIndex),
    LocalSecondaryIndexes: properties.LocalSecondaryIndexes?.map(toIndex),
  };
}

/** Seconds: between looks at a new table, and until it is given up. */
const PATIENCE = { minDelay: 0.02, maxDelay: 0.1, maxWaitTime: 60 };

/** Creates the tables that a data directory does not hold yet. */
export async function createTables(url: string, tables: readonly CreateTableCommandInput[]): Promise<void> {
  const client = new DynamoDBClient(localClient(url));
  try {
    const { TableNames: existing = [] } = await client.send(new ListTablesCommand({}));
    for (const table of tables) {
      if (!existing.includes(table.TableName ?? '')) await client.send(new CreateTableCommand(table));
    }
    // A table that was asked for is not there at once, neither here nor at AWS.
    for (const { TableName } of tables) await waitUntilTableExists({ client, ...PATIENCE }, { TableName });
  } finally {
    client.destroy();
  }
}

function toIndex({ IndexName, KeySchema, Projection }: z.infer<typeof index>) {
  return {
    IndexName,
    KeySchema,
    Projection: {
      ProjectionType: Projection.ProjectionType,
      NonKeyAttributes: Projection.NonKeyAttributes,
    },
  };
}
