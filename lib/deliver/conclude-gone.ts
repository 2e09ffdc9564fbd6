import type { LedgerEntry } from '../directory/contact-ledger.ts';
import type { Outcome } from '../operations/outcome.ts';
import type { Concluding } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { isArchiveOfAnother } from './prune-entry.ts';
import { storeUnderLease } from './store-under-lease.ts';

/**
 * The contact of an archive or a deletion is gone: its name leads to nobody. `store` keeps that in the ledger and gives the lease back; where
 * it fails the write comes again and finds the contact gone. A name that leads to another contact by now is left alone.
 */
export async function concludeGone(
  leased: LeasedEntry,
  outcome: Outcome,
  store: (ledger: LedgerEntry) => Promise<boolean>,
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const { entry, ledger } = leased;
  const [pending] = entry.writes;
  if (!isArchiveOfAnother(leased, state)) {
    if (ledger !== undefined && !(await storeUnderLease(ledger.name, () => store(ledger), state, world))) {
      state.defer(pending, world.clock.now(), true);
      return;
    }
    if (entry.address.kind !== 'nobody') state.forget(entry.address.name);
    if (entry.home !== undefined) state.forget(entry.home);
  }
  state.settle(pending, outcome);
}
