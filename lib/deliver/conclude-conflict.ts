import { type FoundId, type LedgerName, type OrderKey, WANTED } from '../directory/contact-ledger.ts';
import { type ContactId, normaliseEmail } from '../operations/contact-write.ts';
import { describeError } from '../runtime/logger.ts';
import { after, seconds } from '../runtime/units.ts';
import { concludeDelivered, storeDelivery } from './conclude-delivered.ts';
import type { Concluding } from './concluding.ts';
import { mainNameOf } from './contact-names.ts';
import type { DeliveryState } from './delivery-state.ts';
import { type FoundContact, wasMadeBy } from './find-contact.ts';
import { followReading } from './follow-contact.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { orderOf } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';
import type { Conflict, ContactsInTheWay } from './read-conflicts.ts';
import type { EntryVerdict } from './run-call.ts';
import { settleRejected } from './settle-rejected.ts';

/** A conflict is no verdict while the contact in the way may be the create's own work. */
export async function concludeConflict(
  leased: LeasedEntry,
  conflict: Conflict,
  verdict: Extract<EntryVerdict, { kind: 'rejected' }>,
  inTheWay: ContactsInTheWay | undefined,
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const [pending] = leased.entry.writes;
  if (inTheWay === undefined) {
    state.defer(pending, after(world.clock.now(), seconds(2)), true);
    return;
  }
  const contact = inTheWay.get(conflict.existingId ?? conflict.writeId);
  if (contact !== undefined && wasMadeBy(pending, contact, world.writeIdProperty))
    return concludeOwn(leased, contact, state, world);
  if (contact !== undefined && isNamed(leased.entry, contact)) {
    const id = contact.id as ContactId;
    // By a secondary e-mail: the create goes again under the lease of the contact's home, where an archive may be at work.
    if (await wasLed(leased, id, contact, state, world)) return;
    return concludeAlreadyThere(leased, id, verdict, state, world, isKeptAt(leased.entry, contact));
  }
  settleRejected(leased.entry, verdict, state);
  return;
}

/**
 * The contact of the create's e-mail is there. The ledger keeps the create's place in the order of writes before anybody is told: an
 * archive older than that must not take the contact afterwards. Under a home that is not the contact's own (`isHome`) its id is not kept.
 */
export async function concludeAlreadyThere(
  { entry, ledger }: LeasedEntry,
  id: ContactId,
  verdict: Extract<EntryVerdict, { kind: 'rejected' }>,
  state: DeliveryState,
  world: Concluding,
  isHome = true,
): Promise<undefined> {
  const [pending] = entry.writes;
  const now = world.clock.now();
  if (entry.address.kind === 'key' && isHome) state.learn(entry.address.name, id, now, true);
  const found = isHome && ledger?.id !== id ? { id, confirmedAt: now } : undefined;
  // Where a newer one is noted, no archive that is older than this comes any more. The lease goes on until the outcome is stored: another
  // create that was refused meanwhile would take this one's place, and a copy of this one would be sent.
  const isWanted =
    ledger === undefined || (found === undefined && (ledger.fence.get(WANTED) ?? '') >= orderOf(pending));
  if (isWanted || (await noteWanted(ledger.name, orderOf(pending), found, state, world)))
    settleRejected(entry, verdict, state);
  else state.defer(pending, now, true);
}

/** False when it is not noted, or nobody knows whether it is: then the lease ends by itself. With it somebody erased is somebody again. */
async function noteWanted(
  name: LedgerName,
  order: OrderKey,
  found: FoundId | undefined,
  state: DeliveryState,
  { ledger, owner, log }: Concluding,
): Promise<boolean> {
  try {
    const isNoted = await ledger.raise(name, owner, new Map([[WANTED, order]]), found && { found });
    if (isNoted) state.noteErasure(name, undefined);
    return isNoted;
  } catch (error) {
    log.warn('ledger-not-written', { error: describeError(error) });
    state.endLease(name, 'keep');
    return false;
  }
}

/**
 * The create made this contact, and nobody saw the answer. Older writes may have come in between: then the ledger learns whose
 * work the contact is, and the create goes once more as an update before it is settled, now or by whoever gets it next.
 */
async function concludeOwn(
  leased: LeasedEntry,
  contact: FoundContact,
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const { entry, ledger } = leased;
  const [pending] = entry.writes;
  const id = contact.id as ContactId;
  const own = orderOf(pending);
  const isOverwritten = Object.entries(entry.properties).some(
    ([name, value]) =>
      name !== 'email' && (contact.properties?.[name] ?? '') !== value && (ledger?.fence.get(name) ?? '') < own,
  );
  const { propertiesWithHistory: _, ...shown } = contact;
  if (!isNamed(entry, contact)) {
    state.settle(pending, { kind: 'created', index: pending.write.index, id }, { ...shown, id });
    return;
  }
  if (!isOverwritten) return concludeDelivered(leased, { id, isNew: true, body: { ...shown, id } }, state, world);
  const now = world.clock.now();
  const mapping = { id, confirmedAt: now };
  if (await storeDelivery(leased, id, mapping, new Map(), state, world, now)) state.foundMade(pending, id);
  else state.defer(pending, world.clock.now(), true);
}

/** Whether the entry's e-mail leads to the contact's home only now, or cannot be led there yet: then the create is planned anew. */
async function wasLed(
  { entry, ledger }: LeasedEntry,
  id: ContactId,
  { properties }: FoundContact,
  state: DeliveryState,
  world: Concluding,
): Promise<boolean> {
  const { address, home } = entry;
  const canGoOn = await followReading(entry, id, properties, state, world, async () => ledger);
  return !canGoOn || (address.kind === 'key' && state.homeOf(address.name) !== home);
}

const isKeptAt = ({ home }: CallEntry, { id, properties }: FoundContact): boolean =>
  mainNameOf(id as ContactId, properties) === home;

/** Whether the entry's e-mail still leads to the contact. If it never had one or was renamed, its ledger says nothing of it. */
function isNamed({ address }: CallEntry, { properties }: FoundContact): boolean {
  const emails = [properties?.['email'], ...(properties?.['hs_additional_emails']?.split(';') ?? [])];
  return address.kind === 'key' && emails.some((email) => email && normaliseEmail(email) === address.value);
}
