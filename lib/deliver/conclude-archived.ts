import { ARCHIVED } from '../directory/contact-ledger.ts';
import type { Concluding } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';
import { isArchiveOfAnother, type LeasedEntry } from './lease-entries.ts';
import { orderOf } from './pending-write.ts';
import { storeUnderLease } from './store-under-lease.ts';

/**
 * The contact is archived, by this write or before (`wasGone`). Its name leads to nobody, and keeps the archive's place in the order of
 * writes: what is older comes to nobody any more.
 */
export async function concludeArchived(
  leased: LeasedEntry,
  wasGone: boolean,
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const { entry } = leased;
  const [pending] = entry.writes;
  const { index } = pending.write;
  if (!(await storeArchive(leased, state, world))) {
    state.defer(pending, world.clock.now(), true);
    return;
  }
  if (!isArchiveOfAnother(leased, state)) {
    if (entry.address.kind !== 'nobody') state.forget(entry.address.name);
    if (entry.home !== undefined) state.forget(entry.home);
  }
  const id = entry.id !== undefined && { id: entry.id };
  state.settle(pending, { kind: 'archived', index, ...id, ...(wasGone && { wasGone }) });
}

/** False when it is not stored: then the archive comes again and finds the contact gone. */
async function storeArchive(leased: LeasedEntry, state: DeliveryState, world: Concluding): Promise<boolean> {
  const { entry, ledger } = leased;
  if (ledger === undefined || isArchiveOfAnother(leased, state)) return true;
  const { name } = ledger;
  const [pending] = entry.writes;
  const fence = new Map([[ARCHIVED, orderOf(pending)]]);
  // Under an erased name, no archive brings the name back.
  const { owner } = world;
  if (state.erasureOf(name) !== undefined) {
    const erase = () => world.ledger.erase({ name, owner, order: orderOf(pending) });
    return storeUnderLease(name, pending, erase, state, world);
  }
  const nobody = { id: null, creation: null, stage: null };
  const store = () => world.ledger.settle({ name, owner, fence, ...nobody });
  return storeUnderLease(name, pending, store, state, world);
}
