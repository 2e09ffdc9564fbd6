import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import { readItemsByKey } from '../operations/read-items-by-key.ts';
import type { LedgerName, NameHint } from './contact-ledger.ts';
import { parseHint } from './ledger-item.ts';
import { itemKey, type LedgerTable } from './ledger-table.ts';

/** What the table holds under names (`ContactLedger.findHints`): half a read unit for a name, twice that consistently. */
export async function findHints(
  { client, table, clock }: LedgerTable,
  names: readonly LedgerName[],
  isConsistent: boolean,
): Promise<readonly NameHint[]> {
  const items = await readItemsByKey([...new Set(names)].map(itemKey), {
    clock,
    read: async (chunk) => {
      const request = {
        Keys: [...chunk],
        ProjectionExpression: 'pk,home,id,confirmedAt,fence,archives,prints,stage,astrayUntil',
        ConsistentRead: isConsistent,
      };
      const answer = await client.send(new BatchGetItemCommand({ RequestItems: { [table]: request } }));
      return { items: answer.Responses?.[table] ?? [], unprocessed: answer.UnprocessedKeys?.[table]?.Keys ?? [] };
    },
  });
  const hints = new Map(items.map(parseHint).map((hint) => [hint.name, hint]));
  return names.flatMap((name) => hints.get(name) ?? []);
}
