import { ARCHIVED, type LedgerEntry } from '../directory/contact-ledger.ts';
import { concludeGone } from './conclude-gone.ts';
import type { Concluding } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';
import { eraseHome } from './erase-home.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { orderOf } from './pending-write.ts';

/**
 * The contact is archived, by this write or before (`wasGone`). Its name keeps the archive's place in the order of writes: what is older
 * comes to nobody any more.
 */
export async function concludeArchived(
  leased: LeasedEntry,
  wasGone: boolean,
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const [pending] = leased.entry.writes;
  const { id } = leased.entry;
  const { owner } = world;
  const store = ({ name }: LedgerEntry): Promise<boolean> => {
    // Under an erased name, no archive brings the name back.
    if (state.erasureOf(name) !== undefined) return eraseHome(name, orderOf(pending), state, world);
    const fence = new Map([[ARCHIVED, orderOf(pending)]]);
    return world.ledger.settle({ name, owner, fence, id: null, creation: null, stage: null });
  };
  const outcome = {
    kind: 'archived',
    index: pending.write.index,
    ...(id !== undefined && { id }),
    ...(wasGone && { wasGone }),
  } as const;
  return concludeGone(leased, outcome, store, state, world);
}
