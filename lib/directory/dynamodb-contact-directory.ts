import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { type Item, number, readNumber, readText, text } from '../operations/attribute-values.ts';
import type { ContactId } from '../operations/contact-write.ts';
import { readItemsByKey } from '../operations/read-items-by-key.ts';
import type { Clock } from '../runtime/clock.ts';
import { mapConcurrently } from '../runtime/map-concurrently.ts';
import { epochMs, milliseconds } from '../runtime/units.ts';
import type { ContactDirectory, ContactKey, KnownContact } from './contact-directory.ts';

/** BatchWriteItem takes so many items (API reference). */
const ITEMS_PER_WRITE = 25;
const CONCURRENT_WRITES = 10;
/** DynamoDB hands back what it had no capacity for; after so many rounds with doubled pauses it counts as down. */
const ROUNDS = 5;
const FIRST_PAUSE = 50;

/** Where the directory lives. */
export interface ContactsTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
}

/**
 * The directory in DynamoDB: one item a key, `pk` = `key#<idProperty>#<normalised value>`, with the contact's `id` and the
 * time `at` of the answer that told it. Throws when the table cannot be read or written.
 */
export function createDynamoDbContactDirectory(contacts: ContactsTable): ContactDirectory {
  return {
    find: (keys) => find(contacts, keys),
    learn: (known) =>
      write(
        contacts,
        known.map(({ key, id, confirmedAt }) => ({
          PutRequest: { Item: { pk: text(pkOf(key)), id: text(id), at: number(confirmedAt) } },
        })),
      ),
    forget: (keys) =>
      write(
        contacts,
        keys.map((key) => ({ DeleteRequest: { Key: { pk: text(pkOf(key)) } } })),
      ),
  };
}

const pkOf = ({ idProperty, value }: ContactKey): string => `key#${idProperty}#${value}`;

/** Eventually consistent, at half the price: an old mapping is found out when it is written to. */
async function find({ client, table, clock }: ContactsTable, keys: readonly ContactKey[]): Promise<KnownContact[]> {
  const byPk = new Map(keys.map((key) => [pkOf(key), key]));
  const items = await readItemsByKey(
    [...byPk.keys()].map((pk) => ({ pk: text(pk) })),
    {
      clock,
      read: async (chunk) => {
        const answer = await client.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys: [...chunk] } } }));
        return { items: answer.Responses?.[table] ?? [], unprocessed: answer.UnprocessedKeys?.[table]?.Keys ?? [] };
      },
    },
  );
  return items.flatMap((item) => toKnown(item, byPk));
}

function toKnown(item: Item, byPk: ReadonlyMap<string, ContactKey>): KnownContact[] {
  const key = byPk.get(readText(item, 'pk'));
  if (key === undefined) return [];
  return [{ key, id: readText(item, 'id') as ContactId, confirmedAt: epochMs(readNumber(item, 'at')) }];
}

async function write({ client, table, clock }: ContactsTable, requests: readonly WriteRequest[]): Promise<void> {
  const chunks: WriteRequest[][] = [];
  for (let start = 0; start < requests.length; start += ITEMS_PER_WRITE) {
    chunks.push(requests.slice(start, start + ITEMS_PER_WRITE));
  }
  await mapConcurrently(chunks, CONCURRENT_WRITES, async (chunk) => {
    let left = chunk;
    for (let round = 0; left.length > 0; round += 1) {
      if (round === ROUNDS) throw new Error(`DynamoDB left ${left.length} contacts unwritten after ${ROUNDS} rounds`);
      if (round > 0) await clock.sleep(milliseconds(FIRST_PAUSE * 2 ** (round - 1)));
      const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } }));
      left = answer.UnprocessedItems?.[table] ?? [];
    }
  });
}
