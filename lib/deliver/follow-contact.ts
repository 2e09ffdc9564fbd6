import { type LedgerName, nameOfId } from '../directory/contact-ledger.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { Concluding } from './concluding.ts';
import { EMAIL_PROPERTIES, emailNamesOf, mainNameOf } from './contact-names.ts';
import type { DeliveryState } from './delivery-state.ts';
import { type FoundContact, findContact } from './find-contact.ts';
import {
  type AcquireHome,
  deferEntry,
  findHome,
  lead,
  ledgerToLead,
  nameToLead,
  orDeferred,
  setApart,
} from './lead-name.ts';
import type { LeasedEntry } from './lease-entries.ts';
import type { CallEntry, PlannedCall } from './plan-calls.ts';
import type { EntryVerdict } from './run-call.ts';

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
    // Written to by an id that somebody else, or nobody, may have the key of by now: it is asked for.
    if (entry.id !== undefined && target !== home) state.forget(address.name);
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
 * Lets the unique property by which a person is to be deleted lead to the person's home, in this invocation alone: all that is known by their
 * e-mail and id goes with them. It is not stored, since the property may be somebody else's before the person is deleted; where the id is kept is:
 * once they are deleted, only the id tells. False when that is not possible now. `properties` show all e-mails of the contact.
 */
export async function followToPerson(
  entry: CallEntry,
  id: ContactId,
  properties: FoundContact['properties'],
  state: DeliveryState,
  world: Concluding,
): Promise<boolean> {
  const { address, writes } = entry;
  if (writes[0].verb !== 'gdpr-delete' || address.kind !== 'key' || address.idProperty === 'email') return true;
  const isHeldUp = await orDeferred(entry, state, world, async () => {
    const home = await findHome(mainNameOf(id, properties), state, world);
    const name = nameOfId(id);
    if (home !== name && state.homeOf(name) !== home) {
      await world.ledger.point(name, home);
      state.setHome(name, home);
    }
    state.setHome(address.name, home);
    state.setAsked(writes[0]);
    return false;
  });
  return !isHeldUp;
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
