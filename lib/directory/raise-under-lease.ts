import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { hasHeld } from '../operations/answer-if-held.ts';
import { number, text } from '../operations/attribute-values.ts';
import { after } from '../runtime/units.ts';
import { compactFence, FENCE_HORIZON, raiseFence } from './compact-fence.ts';
import type { Fence, FoundId, LedgerName } from './contact-ledger.ts';
import { type OpenLease, openLeaseOf } from './ledger-item.ts';
import { itemKey, type LedgerTable, readItem } from './ledger-table.ts';
import type { OpenLeases } from './open-leases.ts';

/** Adds to a fence under a lease that goes on (`ContactLedger.raise`): a write, or a read before it where another process acquired. */
export async function raiseUnderLease(
  ledger: LedgerTable,
  leases: OpenLeases,
  name: LedgerName,
  owner: string,
  fence: Fence,
  found?: FoundId,
): Promise<boolean> {
  const lease = leases.recall(name, owner) ?? openLeaseOf((await readItem(ledger, name)) ?? {}, owner);
  if (lease === undefined) return false;
  const raised = raiseFence(lease.fence, fence, after(ledger.clock.now(), FENCE_HORIZON));
  if (!(await writeFence(ledger, name, owner, lease, raised, found))) return false;
  leases.amend(name, owner, { fence: raised, isBlank: false });
  return true;
}

/** Replaces a fence, and the contact that the name leads to if `found`, only under this very lease: false when it is not the owner's any more. */
export const writeFence = (
  { client, table }: LedgerTable,
  name: LedgerName,
  owner: string,
  lease: OpenLease,
  fence: Fence,
  found?: FoundId,
): Promise<boolean> =>
  hasHeld(
    client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: itemKey(name),
        UpdateExpression: `SET fence=:fence${found === undefined ? '' : ',id=:id,confirmedAt=:confirmedAt'}`,
        ConditionExpression: 'leaseOwner=:owner AND leaseCount=:lease',
        ExpressionAttributeValues: {
          ':owner': text(owner),
          ':lease': number(lease.number),
          ':fence': text(compactFence(fence)),
          ...(found && { ':id': text(found.id), ':confirmedAt': number(found.confirmedAt) }),
        },
      }),
    ),
  );
