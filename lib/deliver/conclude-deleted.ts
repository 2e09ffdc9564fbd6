import { ERASED, type LedgerEntry } from '../directory/contact-ledger.ts';
import { minutes } from '../runtime/units.ts';
import { concludeGone } from './conclude-gone.ts';
import type { Concluding, Stop } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';
import { eraseHome } from './erase-home.ts';
import { findContact } from './find-contact.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { deletionOf } from './pass-fence.ts';
import { orderOf } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';
import { putOff } from './put-off.ts';
import { storeUnderLease } from './store-under-lease.ts';

/** When a GDPR delete is sent again of which HubSpot's answer made no sense. */
const SEND_AGAIN = minutes(1);

/**
 * The contact is deleted for good, by this write or before (`wasGone`). Only now is what the relay knows of it erased: until HubSpot has
 * confirmed, names and ids are needed to have it done.
 */
export async function concludeDeleted(
  leased: LeasedEntry,
  wasGone: boolean,
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const [pending] = leased.entry.writes;
  const own = orderOf(pending);
  const erase = ({ name, fence }: LedgerEntry): Promise<boolean> => {
    const last = fence.get(ERASED);
    return eraseHome(name, last !== undefined && last > own ? last : own, state, world);
  };
  const { ownKey } = leased;
  // The key last: after a crash in between it leads to nobody, and is erased by itself.
  const store = async (home: LedgerEntry): Promise<boolean> =>
    (await erase(home)) && (ownKey === undefined || storeUnderLease(ownKey.name, () => erase(ownKey), state, world));
  return concludeGone(leased, deletionOf(pending, wasGone), store, state, world);
}

/** HubSpot found nobody to delete: true only if it does not show the contact either. */
export async function confirmGone(
  leased: LeasedEntry,
  state: DeliveryState,
  world: Concluding,
): Promise<Stop | undefined> {
  const { entry } = leased;
  const now = world.clock.now();
  if (!(await world.takeSlot())) {
    state.defer(entry.writes[0], now, true);
    return world.outOfSlots();
  }
  const [asked, idProperty] = askedOf(entry);
  const finding = await findContact(asked, idProperty, [], world);
  if (finding.kind === 'absent') return concludeDeleted(leased, true, state, world);
  if (
    finding.kind === 'found' &&
    entry.id !== undefined &&
    finding.id !== entry.id &&
    !state.isCircle(entry.id, finding.id)
  ) {
    state.move(entry.id, finding.id);
    return;
  }
  world.log.warn('gdpr-delete-not-found', { finding: finding.kind });
  return putOff(entry, { kind: 'deferred', reason: 'locked', retryAfter: SEND_AGAIN }, state, now);
}

function askedOf({ id, address }: CallEntry): readonly [string, string | undefined] {
  if (id !== undefined) return [id, undefined];
  return address.kind === 'key' ? [address.value, address.idProperty] : ['', undefined];
}
