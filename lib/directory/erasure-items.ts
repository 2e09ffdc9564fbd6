import { createHmac, randomBytes } from 'node:crypto';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Item, number, text, UnreadableItemError } from '../operations/attribute-values.ts';
import { after, days, toEpochSeconds } from '../runtime/units.ts';
import type { LedgerName } from './contact-ledger.ts';
import type { LedgerTable } from './ledger-table.ts';

/*
 * What is left of persons who were deleted for good:
 *
 *   erased#<hash>    floor, expiresAt     a deletion's place in the order of writes, under a keyed hash of the person's name
 *   erasure#key      secret, expiresAt    the key of these hashes, drawn at random; it expires with the last of them
 */

/** Longer than any write is delivered, as long as fences are kept (delivery rule 23). */
export const ERASURES_LAST = days(45);

const SECRET_BYTES = 32;
const SECRET_KEY: Item = { pk: text('erasure#key') };

/** Where the floor of a name is. Without the secret nobody can tell, not even by trying addresses. */
export const floorKey = (secret: Uint8Array, name: LedgerName): Item => ({
  pk: text(`erased#${createHmac('sha256', secret).update(name).digest('base64url')}`),
});

/** The key of the hashes; undefined when nobody was erased lately. */
export async function readSecret({ client, table }: LedgerTable): Promise<Uint8Array | undefined> {
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: table, Key: SECRET_KEY, ConsistentRead: true }),
  );
  return item === undefined ? undefined : secretOf(item);
}

/** The same, made if there is none, and kept for as long as a floor that is stored now. */
export async function makeSecret({ client, table, clock }: LedgerTable): Promise<Uint8Array> {
  const { Attributes: item = {} } = await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: SECRET_KEY,
      UpdateExpression: 'SET secret=if_not_exists(secret,:drawn),expiresAt=:end',
      ExpressionAttributeValues: {
        ':drawn': { B: randomBytes(SECRET_BYTES) },
        ':end': number(toEpochSeconds(after(clock.now(), ERASURES_LAST))),
      },
      ReturnValues: 'ALL_NEW',
    }),
  );
  return secretOf(item);
}

function secretOf(item: Item): Uint8Array {
  const secret = item['secret']?.B;
  if (secret === undefined) throw new UnreadableItemError('secret');
  return secret;
}
