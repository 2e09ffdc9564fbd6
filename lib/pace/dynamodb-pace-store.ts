import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { type Item, number, readNumber, readText, text } from '../operations/attribute-values.ts';
import { after, type EpochMs, epochMs, milliseconds } from '../runtime/units.ts';
import { lengthOf } from './grant-slots.ts';
import type { Lane } from './lane.ts';
import { PACE_KEY } from './pace-key.ts';
import type { PaceState } from './pace-state.ts';
import type { PaceStore, SharedGrant, SharedSlotRequest } from './pace-store.ts';
import { parsePaceControl } from './parse-pace-control.ts';

/** Where the pace lives: a table whose key is `pk`. */
export interface PaceTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Whose slots are taken; the main one unless said. */
  readonly lane?: Lane;
}

const KEY: Item = { pk: text(PACE_KEY) };
/** Where each lane keeps its next slot, in the one item; absent until the lane is used. */
const NEXT: Readonly<Record<Lane, string>> = { main: 'next', search: 'nextSearch', associations: 'nextAssociations' };

const nextOf = ({ lane = 'main' }: PaceTable): string => NEXT[lane];

/**
 * The pace in DynamoDB: each lane's next slot and `version` as numbers, for the conditions, and the rest as JSON in `control`.
 * Taking slots is one UpdateItem (1 WRU) when the caller's picture of the item is about right, two when it is not. All lanes
 * share the item, so that none takes a slot without knowing what another one learned.
 */
export function createDynamoDbPaceStore(pace: PaceTable): PaceStore {
  return {
    read: () => read(pace),
    take: (request) => take(pace, request),
    change: (known, control, by) =>
      changed(pace, by, {
        UpdateExpression: 'SET control = :control, changedBy = :by, #version = :version',
        ConditionExpression: '#version = :known',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: {
          ':control': text(JSON.stringify(control)),
          ':by': text(by),
          ':version': number(known.version + 1),
          ':known': number(known.version),
        },
      }),
    create: (next, control, by) =>
      changed(pace, by, {
        UpdateExpression: 'SET control = :control, changedBy = :by, #version = :version, #next = :next',
        ConditionExpression: 'attribute_not_exists(#version)',
        ExpressionAttributeNames: { '#version': 'version', '#next': nextOf(pace) },
        ExpressionAttributeValues: {
          ':control': text(JSON.stringify(control)),
          ':by': text(by),
          ':version': number(1),
          ':next': number(next),
        },
      }),
  };
}

async function read(pace: PaceTable): Promise<PaceState | undefined> {
  const item = await readItem(pace);
  return item && toState(pace, item);
}

async function readItem({ client, table }: PaceTable): Promise<Item | undefined> {
  const { Item: item } = await client.send(new GetItemCommand({ TableName: table, Key: KEY, ConsistentRead: true }));
  return item;
}

const toState = (pace: PaceTable, item: Item): PaceState => ({
  version: readNumber(item, 'version'),
  next: epochMs(item[nextOf(pace)] === undefined ? 0 : readNumber(item, nextOf(pace))),
  control: parsePaceControl(readText(item, 'control')),
});

/**
 * DynamoDB has no `max(next, from)`, so there are two updates, and `next` as last seen tells which one to try:
 *
 *     next before `from`  (idle)     SET next = from + k x T   if next < from
 *     next from there on  (queued)   SET next = next + k x T   if next BETWEEN from AND latest
 *
 * both only if the version is the known one. A refused update brings the item back, and with it which other one is right.
 */
async function take(pace: PaceTable, request: SharedSlotRequest): Promise<SharedGrant> {
  const guess = await tryTake(pace, request, request.known.next);
  if (guess.kind === 'granted' || guess.state === undefined) return guess;
  const { version, next } = guess.state;
  const isHopeless = version !== request.known.version || next > request.latest;
  return isHopeless ? guess : tryTake(pace, request, next);
}

const IDLE = '(attribute_not_exists(#next) OR #next < :from)';
const QUEUED = '#next BETWEEN :from AND :latest';

async function tryTake(pace: PaceTable, request: SharedSlotRequest, expected: EpochMs): Promise<SharedGrant> {
  const { count, interval, from, latest, known } = request;
  const length = lengthOf(count, interval);
  const isIdle = expected < from;
  const found = await update(pace, {
    UpdateExpression: isIdle ? 'SET #next = :end' : 'SET #next = #next + :length',
    ConditionExpression: `#version = :known AND ${isIdle ? IDLE : QUEUED}`,
    ExpressionAttributeNames: { '#version': 'version', '#next': nextOf(pace) },
    ExpressionAttributeValues: {
      ':known': number(known.version),
      ':from': number(from),
      ...(isIdle ? { ':end': number(after(from, length)) } : { ':length': number(length), ':latest': number(latest) }),
    },
    ReturnValues: 'UPDATED_NEW',
  });
  if (found.kind === 'refused') return { kind: 'refused', state: found.item && toState(pace, found.item) };
  const next = epochMs(readNumber(found.item, nextOf(pace)));
  return { kind: 'granted', next, first: isIdle ? from : after(next, milliseconds(-length)) };
}

/** A change that was refused may be our own: stored at the first try, its answer lost, and refused at the second. */
async function changed(pace: PaceTable, by: string, expression: Expression): Promise<boolean> {
  const found = await update(pace, expression);
  return found.kind === 'updated' || found.item?.['changedBy']?.S === by;
}

type Expression = Omit<UpdateItemCommandInput, 'TableName' | 'Key'>;
type Update =
  | { readonly kind: 'updated'; readonly item: Item }
  | { readonly kind: 'refused'; readonly item: Item | undefined };

async function update({ client, table }: PaceTable, expression: Expression): Promise<Update> {
  try {
    const { Attributes: item } = await client.send(
      new UpdateItemCommand({
        ...expression,
        TableName: table,
        Key: KEY,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { kind: 'updated', item: item ?? {} };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    // Embedded stores do not hand back the item of a refused update.
    return { kind: 'refused', item: error.Item ?? (await readItem({ client, table })) };
  }
}
