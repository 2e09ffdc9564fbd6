import { archivingOf } from '../directory/archiving-mark.ts';
import { CLOCK_DIFFERENCE } from '../directory/clock-difference.ts';
import { ARCHIVED, type LedgerEntry, type LedgerName, type OrderKey } from '../directory/contact-ledger.ts';
import { newestArchive } from '../directory/join-homes.ts';
import type { ContactId } from '../operations/contact-write.ts';
import { describeError } from '../runtime/logger.ts';
import { after } from '../runtime/units.ts';
import type { Concluding } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { LeasedEntry } from './lease-entries.ts';
import type { CallEntry } from './plan-calls.ts';
import { storeUnderLease } from './store-under-lease.ts';

/** Takes the lease of a home that is to be led elsewhere; undefined when it cannot be had now. */
export type AcquireHome = (name: LedgerName) => Promise<LedgerEntry | undefined>;

/**
 * Which name is to lead to a contact's home. Where the home that a name had is the contact's own too, it is that one: it has the fence of all
 * that was written by the name, which would be passed by.
 */
export const nameToLead = (name: LedgerName, home: LedgerName, names: readonly LedgerName[]): LedgerName =>
  name === home || names.includes(home) ? home : name;

/** A home is led elsewhere under its lease; a name that only points to one takes nothing of it along. */
export const ledgerToLead = async (
  name: LedgerName,
  home: LedgerName,
  acquire: AcquireHome,
): Promise<LedgerEntry | undefined> => (name === home ? acquire(home) : { name: home, fence: new Map() });

/** The home of a name, in as many steps as it takes. */
export async function findHome(name: LedgerName, state: DeliveryState, { ledger }: Concluding): Promise<LedgerName> {
  for (;;) {
    const home = state.homeOf(name);
    if (state.knowsHome(home)) return home;
    const [hint] = await ledger.findHints([home], 'strong');
    state.setHome(home, hint?.home ?? home, hint?.former);
  }
}

/** Lets a name point to another home: its own lease is given back with that, when it was a home itself. */
export async function lead(
  leased: LeasedEntry & { readonly ledger: LedgerEntry },
  name: LedgerName,
  target: LedgerName,
  id: ContactId,
  state: DeliveryState,
  world: Concluding,
): Promise<true> {
  const { entry, ledger } = leased;
  const now = world.clock.now();
  const astrayUntil = after(now, CLOCK_DIFFERENCE);
  if (name === ledger.name) {
    const settlement = { name, owner: world.owner, home: target, id, confirmedAt: now, fence: new Map(), astrayUntil };
    const store = () => world.ledger.settle(settlement);
    if (!(await storeUnderLease(name, store, state, world))) {
      deferEntry(entry, state, world);
      return true;
    }
    state.setHome(name, target, { ...ledger, astrayUntil });
  } else {
    await world.ledger.point(name, target, { astrayUntil, ...(entry.address.kind === 'record' && { id }) });
    state.setHome(name, target, { ...(state.formerOf(name) ?? { fence: new Map() }), astrayUntil });
  }
  world.log.info('name-led-to-another-home', { isHome: name === ledger.name });
  return true;
}

/** An e-mail that was another contact's leads to one of its own by now, which inherits the archive of that one (delivery rule 17). */
export async function setApart(
  leased: LeasedEntry & { readonly ledger: LedgerEntry },
  told: LedgerName,
  id: ContactId,
  state: DeliveryState,
  world: Concluding,
): Promise<true> {
  const { address } = leased.entry;
  await makeHome(told, leased, state, world);
  if (address.kind === 'nobody') return true;
  return lead(leased, address.name, told, id, state, world);
}

/**
 * Whether the name of an entry, which leads to nobody any more, is a home of its own from now on, or could not be made one. Its former home is
 * another contact's.
 */
export async function wasFreed(leased: LeasedEntry, state: DeliveryState, world: Concluding): Promise<boolean> {
  const { entry } = leased;
  const { address, home } = entry;
  if (address.kind !== 'key' || address.name === home) return false;
  return orDeferred(entry, state, world, async () => {
    await makeHome(address.name, leased, state, world);
    return true;
  });
}

async function makeHome(
  name: LedgerName,
  leased: LeasedEntry,
  state: DeliveryState,
  { ledger }: Concluding,
): Promise<void> {
  const floor = floorOf(leased, state);
  await ledger.point(name, name, floor === undefined ? {} : { floor });
  state.setHome(name, name);
}

/**
 * The newest archive that counts for the writes of an entry once its e-mail leads to another contact, whatever came of it: of a contact that
 * had the e-mail. Who has its former home by now may be somebody else.
 */
function floorOf({ entry: { address }, ledger }: LeasedEntry, state: DeliveryState): OrderKey | undefined {
  if (address.kind === 'nobody') return undefined;
  const homes = [ledger, ...state.formerHomesOf(address.name)].flatMap((home) => home ?? []);
  const own = state.formerOf(address.name);
  const archives = [newestArchive(homes, archivingOf(address.name)), own?.fence.get(ARCHIVED)];
  return archives.toSorted().findLast((order) => order !== undefined);
}

/** A ledger that is away: nothing is settled, and the writes come again. */
export async function orDeferred(
  entry: CallEntry,
  state: DeliveryState,
  world: Concluding,
  follow: () => Promise<boolean>,
): Promise<boolean> {
  try {
    return await follow();
  } catch (error) {
    world.log.warn('home-not-learned', { error: describeError(error) });
    deferEntry(entry, state, world);
    return true;
  }
}

/** All writes of an entry come again. */
export function deferEntry({ writes }: CallEntry, state: DeliveryState, { clock }: Concluding): void {
  for (const pending of writes) state.defer(pending, clock.now(), true);
}
