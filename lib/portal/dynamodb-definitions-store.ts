import { type DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { hasHeld } from '../operations/answer-if-held.ts';
import { type Item, number, readNumber, text, UnreadableItemError } from '../operations/attribute-values.ts';
import { after, type EpochMs, epochMs, milliseconds } from '../runtime/units.ts';
import { DEFINITIONS_KEY, REFRESH_KEY } from './definitions-key.ts';
import type { DefinitionsStore, RefreshTerms } from './definitions-store.ts';
import { packDefinitions, unpackDefinitions } from './pack-definitions.ts';
import type { PortalDefinitions } from './property-definitions.ts';

/** Where the definitions live: a table whose key is `pk`. */
export interface DefinitionsTable {
  readonly client: DynamoDBClient;
  readonly table: string;
}

/** A caller waits for this read: what it brings is not worth more. */
const READ_PATIENCE = milliseconds(500);

const definitionsKey: Item = { pk: text(DEFINITIONS_KEY) };
const refreshKey: Item = { pk: text(REFRESH_KEY) };

/** The definitions in DynamoDB: `definitions` (packed) and `readAt` in one item, what concerns refreshing in another. */
export function createDynamoDbDefinitionsStore(store: DefinitionsTable): DefinitionsStore {
  return {
    read: () => read(store),
    claimRefresh: (terms) => claimRefresh(store, terms),
    put: (definitions) => put(store, definitions),
    wish: (now) => wish(store, now),
  };
}

async function read({ client, table }: DefinitionsTable): Promise<PortalDefinitions | undefined> {
  const { Item: item } = await client.send(new GetItemCommand({ TableName: table, Key: definitionsKey }), {
    abortSignal: AbortSignal.timeout(READ_PATIENCE),
  });
  if (item === undefined) return undefined;
  const packed = item['definitions']?.B;
  if (packed === undefined) throw new UnreadableItemError('definitions');
  return unpackDefinitions(packed, epochMs(readNumber(item, 'readAt')));
}

/**
 * Takes the right to refresh, and gives it back by itself at `leaseEnd`:
 *
 *     condition:   (attribute_not_exists(leaseEnd) OR leaseEnd <= :now)     nobody is at it,
 *                  AND (attribute_not_exists(readAt)                        and there are none yet,
 *                       OR readAt <= :due                                   or they are old,
 *                       OR (wishedAt > readAt AND readAt <= :wishDue))      or somebody wants newer ones
 */
async function claimRefresh({ client, table }: DefinitionsTable, terms: RefreshTerms): Promise<boolean> {
  const { now, dueAfter, wishDueAfter, lease } = terms;
  const ago = (duration: number) => number(after(now, milliseconds(-duration)));
  return hasHeld(
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: refreshKey,
        UpdateExpression: 'SET leaseEnd = :end',
        ConditionExpression:
          '(attribute_not_exists(leaseEnd) OR leaseEnd <= :now) AND ' +
          '(attribute_not_exists(readAt) OR readAt <= :due OR (wishedAt > readAt AND readAt <= :wishDue))',
        ExpressionAttributeValues: {
          ':end': number(after(now, lease)),
          ':now': number(now),
          ':due': ago(dueAfter),
          ':wishDue': ago(wishDueAfter),
        },
      }),
    ),
  );
}

/**
 * The definitions first: if the note that they were refreshed is lost, they are merely refreshed again. Neither goes back in time
 * when somebody was stopped midway and finishes after another.
 */
async function put({ client, table }: DefinitionsTable, definitions: PortalDefinitions): Promise<void> {
  const readAt = number(definitions.readAt);
  const isNewer = {
    ConditionExpression: 'attribute_not_exists(readAt) OR readAt < :readAt',
    ExpressionAttributeValues: { ':readAt': readAt },
  };
  await hasHeld(
    client.send(
      new PutItemCommand({
        TableName: table,
        Item: { ...definitionsKey, readAt, definitions: { B: packDefinitions(definitions) } },
        ...isNewer,
      }),
    ),
  );
  await hasHeld(
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: refreshKey,
        UpdateExpression: 'SET readAt = :readAt REMOVE leaseEnd',
        ...isNewer,
      }),
    ),
  );
}

async function wish({ client, table }: DefinitionsTable, now: EpochMs): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: refreshKey,
      UpdateExpression: 'SET wishedAt = :now',
      ExpressionAttributeValues: { ':now': number(now) },
    }),
  );
}
