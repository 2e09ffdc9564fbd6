import { isDeepStrictEqual } from 'node:util';
import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { hasHeld } from '../operations/answer-if-held.ts';
import { type Item, number, readOptionalNumber, text } from '../operations/attribute-values.ts';
import { after, days, type EpochMs, toEpochSeconds } from '../runtime/units.ts';
import { compactFence, FENCE_HORIZON, raiseFence } from './compact-fence.ts';
import type { LedgerName, LedgerSettlement } from './contact-ledger.ts';
import { type OpenLease, openLeaseOf } from './ledger-item.ts';
import { itemKey, type LedgerTable, readItem } from './ledger-table.ts';
import type { OpenLeases } from './open-leases.ts';
import { compactPrints, raisePrints } from './value-prints.ts';

/** The owner may meet a later lease of his own, when the first try of an `acquire` of his arrives late; not again and again. */
const MAX_ROUNDS = 3;

/** What closing a lease stores: an attribute's new value, or undefined to remove it. */
export type Change = Readonly<Record<string, AttributeValue | undefined>>;

/** Derives what to store from fence and prints as the lease's owner found them. */
export type PlanChange = (before: Omit<OpenLease, 'number'>) => Change;

/** How long a name stays of which nothing is known: longer than a request to close its lease may be on its way. */
const BLANKS_LAST = days(1);

/** Stores nothing; a name of which nothing is known goes: it may be an erased person's, taken by a write that came too late. */
export const planRelease =
  (now: EpochMs): PlanChange =>
  ({ isBlank }) =>
    isBlank ? { expiresAt: number(toEpochSeconds(after(now, BLANKS_LAST))) } : {};

/** Stores a settlement, with the fences that are newer, and without those that nothing is compared with any more at `now`. */
export const planSettlement =
  (settlement: LedgerSettlement, now: EpochMs): PlanChange =>
  (before) => {
    const { id, confirmedAt, fence, creation, stage, home, astrayUntil } = settlement;
    const raised = raiseFence(before.fence, fence, after(now, FENCE_HORIZON));
    return {
      fence: textOrNothing(compactFence(raised)),
      prints: textOrNothing(compactPrints(raisePrints(before, settlement, raised))),
      ...(id === null && { id: undefined, confirmedAt: undefined }),
      ...(typeof id === 'string' && { id: text(id) }),
      ...(confirmedAt !== undefined && { confirmedAt: number(confirmedAt) }),
      ...(creation === null && { createdBy: undefined, createdId: undefined }),
      ...(creation && { createdBy: text(creation.by), createdId: text(creation.id) }),
      ...(stage !== undefined && { stage: stage === null ? undefined : text(stage) }),
      ...(home !== undefined && { home: text(home) }),
      ...(astrayUntil !== undefined && { astrayUntil: number(astrayUntil) }),
    };
  };

const textOrNothing = (value: string): AttributeValue | undefined => (value === '' ? undefined : text(value));

/**
 * Stores a change and gives the lease back, in one write:
 *
 *     acquire #7      settle #7: stored          acquire #8 (anybody)
 *         |--- lease #7 ---|  answer lost           |--- lease #8 ---
 *                          |..... again: refused, closedLease = 7: it was stored .....
 *
 *     condition:   leaseOwner = :owner       we still have the lease; one that has ended and that nobody took is still ours
 *                  leaseCount = :lease       and it is the one meant: a late copy of a former settlement must not close it,
 *                                            nor put a former fence back
 *
 * Refused, it looks: if this very lease was closed already, and what we wanted to store is there, then it was by ourselves. After a
 * later lease has been closed as well that cannot be told any more and it answers false, which is the safe side: the writes
 * are delivered again and meet their own fence.
 * Throws when the table cannot be reached; then it may be asked again.
 */
export async function closeLease(
  ledger: LedgerTable,
  leases: OpenLeases,
  name: LedgerName,
  owner: string,
  plan: PlanChange,
): Promise<boolean> {
  const isClosed = await close(ledger, leases.recall(name, owner), name, owner, plan);
  leases.forget(name, owner);
  return isClosed;
}

async function close(
  ledger: LedgerTable,
  remembered: OpenLease | undefined,
  name: LedgerName,
  owner: string,
  plan: PlanChange,
): Promise<boolean> {
  let lease = remembered ?? openLeaseOf((await readItem(ledger, name)) ?? {}, owner);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (lease === undefined) return false;
    const change = plan(lease);
    if (await write(ledger, name, owner, lease, change)) return true;
    const found: Item = (await readItem(ledger, name)) ?? {};
    if (readOptionalNumber(found, 'closedLease') === lease.number) return isStored(change, found);
    lease = openLeaseOf(found, owner);
  }
  throw new Error('a lease changed at every look at it');
}

/** Whether an item is as a change would have made it. */
export const isStored = (change: Change, item: Item): boolean =>
  Object.entries(change).every(([attribute, value]) => isDeepStrictEqual(item[attribute], value));

async function write(
  { client, table }: LedgerTable,
  name: LedgerName,
  owner: string,
  lease: OpenLease,
  change: Change,
): Promise<boolean> {
  const assignments = ['closedLease=:lease'];
  const removals = ['leaseOwner', 'leaseEnd', 'holders', ...(change['expiresAt'] === undefined ? ['expiresAt'] : [])];
  const values: Item = { ':owner': text(owner), ':lease': number(lease.number) };
  for (const [attribute, value] of Object.entries(change)) {
    if (value === undefined) removals.push(attribute);
    else {
      assignments.push(`${attribute}=:${attribute}`);
      values[`:${attribute}`] = value;
    }
  }
  const answer = client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: itemKey(name),
      UpdateExpression: `SET ${assignments.join(',')} REMOVE ${removals.join(',')}`,
      ConditionExpression: 'leaseOwner=:owner AND leaseCount=:lease',
      ExpressionAttributeValues: values,
    }),
  );
  return hasHeld(answer);
}
