import {
  BatchGetItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { decodeTime } from 'ulid';
import type { Clock } from '../runtime/clock.ts';
import { after, type DurationMs, type EpochMs, epochMs, minutes, toEpochSeconds } from '../runtime/units.ts';
import { answerIfHeld } from './answer-if-held.ts';
import { packAnswers, parseAnswers } from './answer-items.ts';
import { type Item, number, readNumber, readOptionalNumber, text } from './attribute-values.ts';
import { compactOutcome, parseOutcome } from './compact-outcome.ts';
import type { OperationId } from './contact-write.ts';
import { markAttempts } from './mark-attempts.ts';
import { operationAttributes, parseOperation } from './operation-item.ts';
import type {
  Attempt,
  Marking,
  NewOperation,
  OperationRecord,
  OperationStore,
  Settlement,
  WriteReference,
} from './operation-store.ts';
import type { Outcome } from './outcome.ts';
import { groupByPart, OUTCOMES_PER_PART, outcomeAttribute, partKey, partOf } from './outcome-parts.ts';
import { readItemsByKey } from './read-items-by-key.ts';

/** Answers are kept for a caller that waits 25 s at most, and a repeat or two. */
const ANSWER_TTL = minutes(60);

/** What the store needs. */
export interface OperationTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
  /** How long an operation is kept. */
  readonly ttl: DurationMs;
}

/**
 * Operations in DynamoDB: `op#<id>` / `head` with the operation and the outcomes of the writes 0 to 99, `op#<id>` / `part#<n>` with
 * those of each further hundred, `op#<id>` / `answers#<index>` with HubSpot's answers. So an operation of up to a hundred
 * writes costs one write to store, one to settle and one read. Each item carries `expiresAt` for DynamoDB's TTL, which
 * deletes days late: whether an operation has expired is decided by our clock on reading.
 */
export function createDynamoDbOperationStore(operations: OperationTable): OperationStore {
  return {
    put: (operation) => put(operations, operation),
    read: (id) => read(operations, id),
    readAnswers: async (id) => {
      const items = await query(operations, id, 'answers#', 'answers#~');
      const now = toEpochSeconds(operations.clock.now());
      return parseAnswers(items.filter((item) => readNumber(item, 'expiresAt') > now));
    },
    findSettled: (references) => findSettled(operations, references),
    markAttempts: (attempts, owner, until) => markAll(operations, attempts, owner, until),
    settle: (settlement) => settle(operations, settlement),
  };
}

const partition = (id: OperationId) => `op#${id}`;

/** The id holds the time of acceptance, so that a part expires with its head, whoever writes it. */
const expiryOf = (id: OperationId, ttl: DurationMs) => toEpochSeconds(after(epochMs(decodeTime(id)), ttl));

/** Storing again must not wipe out outcomes: an SDK's retry may arrive after the first try was stored and settled. */
async function put({ client, table, ttl }: OperationTable, operation: NewOperation): Promise<void> {
  await answerIfHeld(
    client.send(
      new PutItemCommand({
        TableName: table,
        Item: {
          pk: text(partition(operation.id)),
          sk: text(partKey(0)),
          ...operationAttributes(operation),
          expiresAt: number(expiryOf(operation.id, ttl)),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    ),
  );
}

async function read(operations: OperationTable, id: OperationId): Promise<OperationRecord | undefined> {
  // Sort keys: answers#… < head < part#1 … part#9, so that one query brings all but the answers.
  const [head, ...parts] = await query(operations, id, partKey(0), 'part#~');
  if (head === undefined || head['sk']?.S !== partKey(0)) return undefined;
  if (readNumber(head, 'expiresAt') <= toEpochSeconds(operations.clock.now())) return undefined;
  const items = [head, ...parts];
  const startedAt = earliest(items, 'startedAt');
  const lastSettledAt = latest(items, 'lastSettledAt');
  return {
    ...parseOperation(head),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(lastSettledAt === undefined ? {} : { lastSettledAt }),
    outcomes: items.flatMap(parseOutcomes),
  };
}

function parseOutcomes(item: Item): Outcome[] {
  const first = Number(item['sk']?.S?.slice('part#'.length) || 0) * OUTCOMES_PER_PART;
  const outcomes: Outcome[] = [];
  for (let index = first; index < first + OUTCOMES_PER_PART; index++) {
    const compact = item[outcomeAttribute(index)]?.S;
    if (compact !== undefined) outcomes.push(parseOutcome(index, compact));
  }
  return outcomes;
}

async function query({ client, table }: OperationTable, id: OperationId, from: string, to: string): Promise<Item[]> {
  const items: Item[] = [];
  let next: Item | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':pk': text(partition(id)), ':from': text(from), ':to': text(to) },
        ConsistentRead: true,
        ...(next === undefined ? {} : { ExclusiveStartKey: next }),
      }),
    );
    items.push(...(page.Items ?? []));
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
  return items;
}

async function findSettled(
  operations: OperationTable,
  references: readonly WriteReference[],
): Promise<readonly WriteReference[]> {
  const keys = new Map<string, Item>();
  for (const { operationId, index } of references) {
    const pk = partition(operationId);
    const sk = partKey(partOf(index));
    keys.set(`${pk} ${sk}`, { pk: text(pk), sk: text(sk) });
  }
  const attributes = ['pk', 'sk', ...new Set(references.map(({ index }) => outcomeAttribute(index)))];
  const items = await readItemsByKey([...keys.values()], {
    clock: operations.clock,
    read: async (chunk) => {
      const request = { Keys: [...chunk], ProjectionExpression: attributes.join(','), ConsistentRead: true };
      const { Responses: found, UnprocessedKeys: left } = await operations.client.send(
        new BatchGetItemCommand({ RequestItems: { [operations.table]: request } }),
      );
      return { items: found?.[operations.table] ?? [], unprocessed: left?.[operations.table]?.Keys ?? [] };
    },
  });
  const byKey = new Map(items.map((item) => [`${item['pk']?.S} ${item['sk']?.S}`, item]));
  return references.filter(({ operationId, index }) =>
    Object.hasOwn(byKey.get(`${partition(operationId)} ${partKey(partOf(index))}`) ?? {}, outcomeAttribute(index)),
  );
}

/** An expression must stay under 4 KB (DynamoDB guide): so many marks fit. */
const MARKS_PER_CALL = 50;

/** One call for each fifty attempts of an operation: creates without a key are rare. */
async function markAll(
  { client, table, ttl }: OperationTable,
  attempts: readonly Attempt[],
  owner: string,
  until: EpochMs,
): Promise<readonly Marking[]> {
  const markings = new Map<Attempt, Marking>();
  const groups = Map.groupBy(
    attempts,
    ({ operationId, index }) => `${operationId} ${Math.floor(index / MARKS_PER_CALL)}`,
  );
  await Promise.all(
    [...groups.values()].map(async (group) => {
      const id = (group[0] as Attempt).operationId;
      const target = { client, table, partition: partition(id), expiresAt: expiryOf(id, ttl) };
      const answers = await markAttempts(target, group, owner, until);
      for (const [position, attempt] of group.entries())
        markings.set(attempt, answers[position] ?? { kind: 'handed-on' });
    }),
  );
  return attempts.map((attempt) => markings.get(attempt) ?? { kind: 'handed-on' });
}

/** Answers first: who sees the last outcome finds them. */
async function settle(operations: OperationTable, settlement: Settlement): Promise<void> {
  const { client, table, ttl } = operations;
  const { operationId, answers, settledAt } = settlement;
  const answerItems = packAnswers(answers).map(({ firstIndex, attributes }) =>
    client.send(
      new PutItemCommand({
        TableName: table,
        Item: {
          pk: text(partition(operationId)),
          sk: text(`answers#${String(firstIndex).padStart(4, '0')}`),
          ...attributes,
          expiresAt: number(toEpochSeconds(after(settledAt, ANSWER_TTL))),
        },
      }),
    ),
  );
  await Promise.all(answerItems);
  const parts = [...groupByPart(settlement.outcomes)];
  const expiresAt = expiryOf(operationId, ttl);
  await Promise.all(parts.map(([part, outcomes]) => settlePart(operations, settlement, part, outcomes, expiresAt)));
}

/**
 * Adds the outcomes of one part. `if_not_exists` keeps an outcome that is there (D4), and the condition makes a repeat, ours or the
 * SDK's after a lost answer, change nothing at all:
 *
 *     outcomes stored        none          some           all
 *     settle            adds all      adds the rest    condition fails: nothing to do
 *     head expired      condition fails: the operation is gone, and stays gone
 */
async function settlePart(
  { client, table }: OperationTable,
  { operationId, startedAt, settledAt }: Settlement,
  part: number,
  outcomes: readonly Outcome[],
  expiresAt: number,
): Promise<void> {
  const attributes = outcomes.map(({ index }) => outcomeAttribute(index));
  const isNew = attributes.map((attribute) => `attribute_not_exists(${attribute})`).join(' OR ');
  const assignments = attributes.map((attribute) => `${attribute}=if_not_exists(${attribute},:${attribute})`);
  const values = outcomes.map((outcome) => [`:${outcomeAttribute(outcome.index)}`, text(compactOutcome(outcome))]);
  await answerIfHeld(
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { pk: text(partition(operationId)), sk: text(partKey(part)) },
        UpdateExpression: `SET startedAt=if_not_exists(startedAt,:start),lastSettledAt=:end,expiresAt=:expiry,${assignments.join(',')}`,
        ConditionExpression: part === 0 ? `attribute_exists(pk) AND (${isNew})` : isNew,
        ExpressionAttributeValues: {
          ':start': number(startedAt),
          ':end': number(settledAt),
          ':expiry': number(expiresAt),
          ...Object.fromEntries(values),
        },
      }),
    ),
  );
}

const times = (items: readonly Item[], attribute: string): number[] =>
  items.flatMap((item) => readOptionalNumber(item, attribute) ?? []);

const earliest = (items: readonly Item[], attribute: string): EpochMs | undefined => {
  const found = times(items, attribute);
  return found.length === 0 ? undefined : epochMs(Math.min(...found));
};

const latest = (items: readonly Item[], attribute: string): EpochMs | undefined => {
  const found = times(items, attribute);
  return found.length === 0 ? undefined : epochMs(Math.max(...found));
};
