import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { answerIfHeld } from '../operations/answer-if-held.ts';
import { type Item, number, text } from '../operations/attribute-values.ts';
import { after } from '../runtime/units.ts';
import { isStored } from './close-lease.ts';
import { compactFence, FENCE_HORIZON, raiseFence } from './compact-fence.ts';
import type { Fence, FoundId, LedgerName, Prints, RaiseNote } from './contact-ledger.ts';
import { type OpenLease, openLeaseOf } from './ledger-item.ts';
import { itemKey, type LedgerTable, readItem } from './ledger-table.ts';
import type { OpenLeases } from './open-leases.ts';
import { compactPrints, raisePrints } from './value-prints.ts';

/** A lease may have been given another number by a try of our own, whose answer was lost or which came late; not again and again. */
const MAX_ROUNDS = 3;

/** Adds to a fence under a lease that goes on (`ContactLedger.raise`): a write, or a read before it where another process acquired. */
export async function raiseUnderLease(
  ledger: LedgerTable,
  leases: OpenLeases,
  name: LedgerName,
  owner: string,
  fence: Fence,
  { found, prints }: RaiseNote = {},
): Promise<boolean> {
  const raise = (before: Known): Known => {
    const raised = raiseFence(before.fence, fence, after(ledger.clock.now(), FENCE_HORIZON));
    return {
      fence: raised,
      prints: prints === undefined ? before.prints : raisePrints(before, { fence, prints }, raised),
    };
  };
  if (!(await changeFence(ledger, leases, name, owner, raise, found))) return false;
  leases.amend(name, owner, { isBlank: false });
  return true;
}

/** What stands under a name and only the owner of its lease may write. */
type Known = { readonly fence: Fence; readonly prints: Prints };

/**
 * Puts what `change` makes of a fence and its prints in their place, and the contact that the name leads to if `found`, under the owner's
 * lease, which goes on:
 *
 *     condition:   leaseOwner = :owner AND leaseCount = :lease      the lease is ours, and unchanged since we saw its fence
 *
 * The lease has the next number from then on, so that a late copy of the request takes nothing back that was stored after it. Refused, it
 * looks: what we wanted to store may be there, by a try of ours whose answer was lost; else it changes what it finds.
 * False when the lease is not the owner's any more.
 */
export async function changeFence(
  ledger: LedgerTable,
  leases: OpenLeases,
  name: LedgerName,
  owner: string,
  change: (before: Known) => Known,
  found?: FoundId,
): Promise<boolean> {
  let lease = leases.recall(name, owner) ?? openLeaseOf((await readItem(ledger, name)) ?? {}, owner);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (lease === undefined) return false;
    const before = lease;
    const changed = { ...change(before), number: lease.number + 1 };
    const stored: Item = {
      leaseCount: number(changed.number),
      fence: text(compactFence(changed.fence)),
      ...(changed.prints !== before.prints && { prints: text(compactPrints(changed.prints)) }),
      ...(found && { id: text(found.id), confirmedAt: number(found.confirmedAt) }),
    };
    const item = await write(ledger, name, owner, lease, stored);
    lease = openLeaseOf(item, owner);
    if (lease !== undefined && isStored(stored, item)) {
      leases.amend(name, owner, changed);
      return true;
    }
  }
  throw new Error('a lease changed at every look at it');
}

/** The item as it is then, whether the condition held or not. */
async function write(
  ledger: LedgerTable,
  name: LedgerName,
  owner: string,
  lease: OpenLease,
  change: Item,
): Promise<Item> {
  const attributes = Object.keys(change);
  const answer = await answerIfHeld(
    ledger.client.send(
      new UpdateItemCommand({
        TableName: ledger.table,
        Key: itemKey(name),
        UpdateExpression: `SET ${attributes.map((attribute) => `${attribute}=:${attribute}`).join(',')}`,
        ConditionExpression: 'leaseOwner=:owner AND leaseCount=:lease',
        ExpressionAttributeValues: {
          ':owner': text(owner),
          ':lease': number(lease.number),
          ...Object.fromEntries(attributes.map((attribute) => [`:${attribute}`, change[attribute]])),
        } as Item,
        ReturnValues: 'ALL_NEW',
      }),
    ),
  );
  return answer?.Attributes ?? (await readItem(ledger, name)) ?? {};
}
