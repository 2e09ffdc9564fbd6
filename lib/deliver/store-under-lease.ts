import type { LedgerName } from '../directory/contact-ledger.ts';
import { describeError } from '../runtime/logger.ts';
import type { Concluding } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';
import { settleOperations } from './settle-operations.ts';

/**
 * Stores what became of a contact with `store`, which gives its lease `name` back: not before the outcomes are stored of the contact's
 * refused writes, of which no fence tells. False when anything is not stored; should nobody know whether it is, the lease ends by itself.
 */
export async function storeUnderLease(
  name: LedgerName,
  store: () => Promise<boolean>,
  state: DeliveryState,
  world: Concluding,
): Promise<boolean> {
  const untold = state.takeUntold(name);
  if (untold.length > 0) {
    const unsettled = await settleOperations(untold, state, world.startedAt, world);
    state.keepUntold(untold, unsettled);
    if (unsettled.size > 0) return false;
  }
  try {
    const isStored = await store();
    if (isStored) state.leaseEnded(name);
    return isStored;
  } catch (error) {
    world.log.warn('ledger-not-written', { error: describeError(error) });
    state.endLease(name, 'keep');
    return false;
  }
}
