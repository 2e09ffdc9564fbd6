import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import { type Item, readText } from '../operations/attribute-values.ts';
import { readItemsByKey } from '../operations/read-items-by-key.ts';
import { ERASED, isNameOfId, type LedgerName, type OrderKey } from './contact-ledger.ts';
import { floorKey, readSecret } from './erasure-items.ts';
import type { LedgerTable } from './ledger-table.ts';
import type { OpenLeases } from './open-leases.ts';
import { changeFence } from './raise-under-lease.ts';

/**
 * Looks up the floors of names that may have been erased (`ContactLedger.recallErasures`): one read unit for all of them while there is no
 * secret, since then nobody was erased; else one more for each. A floor that is found goes into the name's own item.
 */
export async function recallErasures(
  ledger: LedgerTable,
  leases: OpenLeases,
  names: readonly LedgerName[],
  owner: string,
): Promise<ReadonlyMap<LedgerName, OrderKey> | undefined> {
  const readable = [...new Set(names)].filter((name) => !isNameOfId(name));
  const secret = readable.length === 0 ? undefined : await readSecret(ledger);
  if (secret === undefined) return new Map();
  const keys = new Map(readable.map((name) => [name, floorKey(secret, name)]));
  const items = new Map((await readFloors(ledger, [...keys.values()])).map((item) => [item['pk']?.S, item]));
  const floors = new Map<LedgerName, OrderKey>();
  for (const [name, key] of keys) {
    const item = items.get(key['pk']?.S);
    if (item !== undefined) floors.set(name, readText(item, 'floor') as OrderKey);
  }
  const adoptions = [...floors].map(([name, order]) => adopt(ledger, leases, name, owner, order));
  return (await Promise.all(adoptions)).every((isAdopted) => isAdopted) ? floors : undefined;
}

const readFloors = ({ client, table, clock }: LedgerTable, keys: readonly Item[]): Promise<readonly Item[]> =>
  readItemsByKey(keys, {
    clock,
    read: async (chunk) => {
      const request = { Keys: [...chunk], ConsistentRead: true };
      const answer = await client.send(new BatchGetItemCommand({ RequestItems: { [table]: request } }));
      return { items: answer.Responses?.[table] ?? [], unprocessed: answer.UnprocessedKeys?.[table]?.Keys ?? [] };
    },
  });

/** False when the lease is not ours any more. */
const adopt = (
  ledger: LedgerTable,
  leases: OpenLeases,
  name: LedgerName,
  owner: string,
  order: OrderKey,
): Promise<boolean> =>
  changeFence(ledger, leases, name, owner, ({ prints }) => ({ fence: new Map([[ERASED, order]]), prints }));
