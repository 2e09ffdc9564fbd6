import { archivingOf } from '../directory/archiving-mark.ts';
import { CLOCK_DIFFERENCE } from '../directory/clock-difference.ts';
import { ARCHIVED, type LedgerEntry, type LedgerName, type OrderKey } from '../directory/contact-ledger.ts';
import { newestArchive } from '../directory/join-homes.ts';
import type { ContactId } from '../operations/contact-write.ts';
import { describeError } from '../runtime/logger.ts';
import { after } from '../runtime/units.ts';
import type { Concluding } from './concluding.ts';
import { EMAIL_PROPERTIES, emailNamesOf, mainNameOf } from './contact-names.ts';
import type { DeliveryState } from './delivery-state.ts';
import { type FoundContact, findContact } from './find-contact.ts';
import type { LeasedEntry } from './lease-entries.ts';
import type { CallEntry, PlannedCall } from './plan-calls.ts';
import type { EntryVerdict } from './run-call.ts';
import { storeUnderLease } from './store-under-lease.ts';

/** Takes the lease of a home that is to be led elsewhere; undefined when it cannot be had now. */
type AcquireHome = (name: LedgerName) => Promise<LedgerEntry | undefined>;

type Delivered = Pick<Extract<EntryVerdict, { kind: 'delivered' }>, 'id' | 'isNew' | 'body'>;

/**
 * Whether an answer tells that a call went to a contact under the lease of another name than its home: by a secondary e-mail that nobody
 * knew as one, or to a contact that was merged since. Then the name points to the home from now on, and the writes are planned anew,
 * under the lease that they should have had (delivery rule 7).
 */
export async function wentAstray(
  leased: LeasedEntry,
  { id, isNew, body }: Delivered,
  state: DeliveryState,
  world: Concluding,
): Promise<boolean> {
  const { entry, ledger } = leased;
  const { address, home } = entry;
  if (ledger === undefined || home === undefined || address.kind === 'nobody') return false;
  return orDeferred(entry, state, world, async () => {
    if (entry.id !== undefined && id !== entry.id) return followRead(leased, entry.id, id, state, world);
    const email = body.properties?.['email'];
    if (address.kind !== 'key' || address.idProperty !== 'email' || entry.properties['email'] !== undefined)
      return false;
    if (email === undefined || email === null || email === '') return false;
    const told = mainNameOf(id, body.properties);
    if (told === home) return false;
    const target = await findHome(told, state, world);
    if (target !== home && home === address.name) return lead({ entry, ledger }, home, target, id, state, world);
    if (target === home && !isNew && ledger.id === id) return false;
    const names = isNew ? [told] : await readNames(id, world);
    if (names === undefined) {
      deferEntry(entry, state, world);
      return true;
    }
    if (target !== home)
      return lead({ entry, ledger }, nameToLead(address.name, home, names), target, id, state, world);
    return names.includes(home) ? false : setApart({ entry, ledger }, told, id, state, world);
  });
}

/**
 * The contact `from`, which an update was for, has another id by now: the directory learns where it went, and the update goes there once.
 * False when it is where it was.
 */
export async function followMoved(
  leased: LeasedEntry,
  from: ContactId,
  contact: FoundContact,
  state: DeliveryState,
  world: Concluding,
): Promise<boolean> {
  const { entry, ledger } = leased;
  const { address, home } = entry;
  const id = contact.id as ContactId;
  if (address.kind === 'nobody' || ledger === undefined || home === undefined) {
    state.move(from, id);
    return true;
  }
  return orDeferred(entry, state, world, async () => {
    const names = emailNamesOf(contact.properties);
    if (address.kind === 'key' && (address.idProperty !== 'email' || !names.includes(address.name))) {
      if (entry.writes[0].verb !== 'create' && names.length > 0) {
        // The key leads to somebody else than the contact that the ledger remembers for it, or may: it is resolved once more.
        if (state.wasForgotten(address.name)) return false;
        state.forget(address.name);
      } else state.move(from, id);
      return true;
    }
    const target = await findHome(mainNameOf(id, contact.properties), state, world);
    const isOther = target !== home && (home === address.name || names.includes(home));
    if (isOther) await lead({ entry, ledger }, home, target, id, state, world);
    // By way of the home it had, which is led there: past it, the fence of all that was written by the id would be passed by.
    const next = isOther ? home : target;
    if (address.kind === 'record' && address.name !== home && state.fateOf(entry.writes[0].key) === undefined)
      await lead({ entry, ledger }, address.name, next, id, state, world);
    state.move(from, id);
    return true;
  });
}

/**
 * Lets the e-mail of an entry that was only read for point to its contact's home; false when that is not possible now, and then the entry
 * is deferred. `properties` show all e-mails of the contact.
 */
export async function followReading(
  entry: CallEntry,
  id: ContactId,
  properties: FoundContact['properties'],
  state: DeliveryState,
  world: Concluding,
  acquire: AcquireHome,
): Promise<boolean> {
  const { address, home } = entry;
  const names = emailNamesOf(properties);
  if (address.kind !== 'key' || address.idProperty !== 'email' || home === undefined || !names.includes(address.name))
    return true;
  const isAstray = await orDeferred(entry, state, world, async () => {
    const told = mainNameOf(id, properties);
    const target = await findHome(told, state, world);
    const name = nameToLead(address.name, home, names);
    if (target === home && name === home) return false;
    const ledger = await ledgerToLead(name, home, acquire);
    if (ledger === undefined) return true;
    if (target !== home) return lead({ entry, ledger }, name, target, id, state, world);
    return setApart({ entry, ledger }, told, id, state, world);
  });
  return !isAstray || state.homeOf(address.name) !== home;
}

/**
 * Lets all e-mails of a contact that is to be archived point to its home: what was written by any of them counts, and whoever writes by one from
 * now on waits for the lease of the home. False when that is not possible now. `properties` show all e-mails of the contact.
 */
export async function gatherNames(
  entry: CallEntry,
  id: ContactId,
  properties: FoundContact['properties'],
  state: DeliveryState,
  world: Concluding,
  acquire: AcquireHome,
): Promise<boolean> {
  const names = emailNamesOf(properties);
  const { address, writes } = entry;
  const [first] = writes;
  if (first.verb !== 'archive' || address.kind === 'nobody') return true;
  if (names.length < 2) {
    state.setGathered(address.name);
    return true;
  }
  state.setEmailNames(id, names);
  const isHeldUp = await orDeferred(entry, state, world, async () => {
    const target = await findHome(mainNameOf(id, properties), state, world);
    for (const each of names) {
      const home = await findHome(each, state, world);
      if (home === target) {
        await pointStraight(each, target, state, world);
        continue;
      }
      const name = nameToLead(each, home, names);
      const ledger = await ledgerToLead(name, home, acquire);
      if (ledger === undefined) return true;
      await lead({ entry, ledger }, name, target, id, state, world);
      if (state.fateOf(first.key) !== undefined) return true;
    }
    return false;
  });
  if (!isHeldUp) state.setGathered(address.name);
  return !isHeldUp;
}

/** A name that leads home by way of another goes with that one, should it lead elsewhere one day; and what is noted at the home is not its any more. */
async function pointStraight(
  name: LedgerName,
  home: LedgerName,
  state: DeliveryState,
  { ledger }: Concluding,
): Promise<void> {
  if (name === home || state.known.homes.get(name) === home) return;
  await ledger.point(name, home);
  state.setHome(name, home, state.formerOf(name));
}

/** What following needs to read several contacts at once. */
export interface Following extends Concluding {
  readonly read: (call: PlannedCall) => Promise<readonly EntryVerdict[]>;
}

/**
 * Looks for upserts of which an answer said nothing: HubSpot may have found two of the call to be one contact, and told, or done, only
 * one of them. Returns those whose e-mail leads to another home, as was learned; they are planned anew.
 */
export async function followMissing(
  leased: readonly LeasedEntry[],
  verdicts: readonly EntryVerdict[],
  state: DeliveryState,
  world: Following,
): Promise<ReadonlySet<LeasedEntry>> {
  const followed = new Set<LeasedEntry>();
  const missing = leased.filter(({ entry: { address, writes } }, n) => {
    const isByEmail = address.kind === 'key' && address.idProperty === 'email';
    return verdicts[n]?.kind === 'missing' && writes[0].verb === 'upsert' && isByEmail;
  });
  if (leased.length === 1 || missing.length === 0 || !(await world.takeSlot())) return followed;
  const entries = missing.map(({ entry }) => entry);
  const readings = await world.read({ kind: 'resolve', idProperty: 'email', entries });
  await Promise.all(
    missing.map(async (each, n) => {
      const reading = readings[n];
      const { entry, ledger } = each;
      if (reading?.kind !== 'delivered' || entry.home === undefined) return;
      const hasLed = await followReading(entry, reading.id, reading.body.properties, state, world, async () => ledger);
      if (!hasLed || state.homeOf(entry.home) !== entry.home) followed.add(each);
    }),
  );
  return followed;
}

/**
 * Which name is to lead to a contact's home. Where the home that a name had is the contact's own too, it is that one: it has the fence of all
 * that was written by the name, which would be passed by.
 */
const nameToLead = (name: LedgerName, home: LedgerName, names: readonly LedgerName[]): LedgerName =>
  name === home || names.includes(home) ? home : name;

/** A home is led elsewhere under its lease; a name that only points to one takes nothing of it along. */
const ledgerToLead = async (
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
async function lead(
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
async function setApart(
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

/** Follows an update that HubSpot carried out on another id than it was sent to. */
async function followRead(
  leased: LeasedEntry,
  from: ContactId,
  to: ContactId,
  state: DeliveryState,
  world: Concluding,
): Promise<boolean> {
  if (state.isCircle(from, to)) return false;
  const finding = (await world.takeSlot()) ? await findContact(to, undefined, EMAIL_PROPERTIES, world) : undefined;
  if (finding?.kind === 'found') return followMoved(leased, from, finding.contact, state, world);
  deferEntry(leased.entry, state, world);
  return true;
}

/** All e-mails that lead to a contact; undefined when HubSpot does not tell. */
async function readNames(id: ContactId, world: Concluding): Promise<readonly LedgerName[] | undefined> {
  if (!(await world.takeSlot())) return undefined;
  const finding = await findContact(id, undefined, EMAIL_PROPERTIES, world);
  if (finding.kind === 'unknown') return undefined;
  return finding.kind === 'absent' ? [] : emailNamesOf(finding.contact.properties);
}

/** A ledger that is away: nothing is settled, and the writes come again. */
async function orDeferred(
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

function deferEntry({ writes }: CallEntry, state: DeliveryState, { clock }: Concluding): void {
  for (const pending of writes) state.defer(pending, clock.now(), true);
}
