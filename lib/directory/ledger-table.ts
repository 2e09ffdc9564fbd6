import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type Item, text } from '../operations/attribute-values.ts';
import type { Clock } from '../runtime/clock.ts';
import type { LedgerName } from './contact-ledger.ts';

/** Where the ledger lives. */
export interface LedgerTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Tells which fences are old, and paces the reading of names again; leases end by the `now` that `acquire` is given. */
  readonly clock: Clock;
}

/** The key of a name's item. */
export const itemKey = (name: LedgerName): Item => ({ pk: text(name) });

/** What is stored under a name at this moment. */
export async function readItem({ client, table }: LedgerTable, name: LedgerName): Promise<Item | undefined> {
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: table, Key: itemKey(name), ConsistentRead: true }),
  );
  return item;
}
