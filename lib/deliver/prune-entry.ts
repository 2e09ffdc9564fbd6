import { ARCHIVED, ERASED, type LedgerEntry, STAGE, STAGE_CLEARED } from '../directory/contact-ledger.ts';
import { newestArchive } from '../directory/join-homes.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { Outcome } from '../operations/outcome.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { deletionOf, passFence } from './pass-fence.ts';
import { addressOf, orderOf, type PendingWrite, type WriteKey } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';
import { pruneLinks } from './prune-links.ts';
import { alreadyThere, settleRejected } from './settle-rejected.ts';
import { noteInFence } from './stage-note-fence.ts';

/** Leaves of an entry what is neither settled nor overtaken. */
export function pruneEntry(leased: LeasedEntry, settled: ReadonlySet<WriteKey>, state: DeliveryState): LeasedEntry[] {
  const { entry, ledger, newHome } = leased;
  const open = entry.writes.filter((pending) => !settled.has(pending.key));
  for (const pending of entry.writes) if (settled.has(pending.key)) state.settledBefore(pending);
  if (open.length < entry.writes.length) return []; // what is left is planned anew, without them
  if (ledger === undefined) return [leased];
  if (hasOtherHome(entry, ledger, state)) return [];
  if (entry.links !== undefined) return pruneLinks(leased, entry.links, ledger, state);
  if (wasMadeAndRenamed(entry, ledger, state)) return [];
  if (hasOtherId(entry, ledger, state) || isDoubtedArchive(entry, ledger, state)) return [];
  if (isUnidentifiedArchive(entry, state) || isUnaskedDelete(entry, state)) return [];
  // Under this name there is another contact by now: what was written to that one says nothing of the one to be archived.
  if (isArchiveOfAnother(leased, state)) return [leased];
  const { send, stageAgain, delivered, superseded, refused } = passFence(
    entry,
    withNewHome(leased, withArchiveOf(entry, ledger, state), state),
  );
  if (superseded.length === open.length) {
    if (isOfWhoIsGone(entry, ledger, state)) return [leased];
    if (isOfWhoMayBeGone(entry, ledger, state)) return [];
  }
  const id = ledger.id ?? entry.id ?? idOf(entry, state);
  const reached = isRenamedBy(entry, newHome) ? newHome?.id : id;
  for (const pending of delivered) {
    const { index } = pending.write;
    const stage = noteInFence(pending, ledger.fence);
    const note = stage !== undefined && { stage };
    if (pending.verb === 'archive') state.settle(pending, archivedBefore(pending));
    else if (pending.verb === 'gdpr-delete') state.settle(pending, deletionOf(pending, false));
    else if (ledger.creation?.by === pending.key)
      state.settle(pending, { kind: 'created', index, id: ledger.creation.id, ...note });
    // Delivered, and the contact renamed by another since: nobody can say any more which id it was.
    else if (reached === undefined) state.settle(pending, { kind: 'superseded', index });
    else state.settle(pending, { kind: 'updated', index, id: reached, ...note });
  }
  for (const pending of superseded) {
    state.settle(pending, { kind: 'superseded', index: pending.write.index, ...(id !== undefined && { id }) });
  }
  if (refused !== undefined) settleRejected(entry, alreadyThere(ledger.id), state);
  if (send === undefined || foundMade(entry, ledger, state)) return [];
  // Who has the e-mail by now is another contact: where the one of this id is kept, HubSpot tells.
  if (isOfWhoMayBeGone(send, ledger, state)) return [];
  return [{ ...withoutStaleHome(leased, send), entry: send, ...(stageAgain !== undefined && { stageAgain }) }];
}

/** Where a newer change of e-mail stands against the one of the entry, what is left of it renames nobody. */
function withoutStaleHome(leased: LeasedEntry, { properties }: CallEntry): LeasedEntry {
  const { newHome, ...others } = leased;
  return newHome === undefined || properties['email'] !== undefined ? leased : others;
}

/**
 * Whether all that stands against updates by an id that is gone is another contact's: of who has its e-mail, and with that its home, since. An
 * archive or an erasure counts for them all the same.
 */
function isOfWhoIsGone({ address, writes }: CallEntry, { fence, id }: LedgerEntry, state: DeliveryState): boolean {
  if (address.kind !== 'record' || writes[0].verb !== 'update' || !state.isGone(address.id)) return false;
  if (id === undefined || (state.known.moved.get(id) ?? id) === address.id) return false;
  const floors = [ARCHIVED, ERASED].map((name) => fence.get(name) ?? '');
  return writes.every((pending) => floors.every((floor) => floor < orderOf(pending)));
}

/** The same of an id of which nobody knows whether it is gone: HubSpot is asked once, and then it is planned anew. */
function isOfWhoMayBeGone({ address, writes }: CallEntry, ledger: LedgerEntry, state: DeliveryState): boolean {
  if (address.kind !== 'record' || writes[0].verb !== 'update' || !isIdOfAnother(address.id, ledger, state))
    return false;
  if (state.wasIdentified(address.name)) return false;
  state.askAgain(address.name);
  return true;
}

/** Whether a home is known to lead to another contact than the one of an id, merges aside. */
const isIdOfAnother = (own: ContactId, { id }: LedgerEntry, { known: { moved } }: DeliveryState): boolean =>
  id !== undefined && (moved.get(id) ?? id) !== (moved.get(own) ?? own);

/** The ledger, as it is for writes by a name that an archived contact had before. */
function withArchiveOf({ address }: CallEntry, ledger: LedgerEntry, state: DeliveryState): LedgerEntry {
  const archive = address.kind === 'nobody' ? undefined : newestArchive(state.formerHomesOf(address.name));
  if (archive === undefined || archive <= (ledger.fence.get(ARCHIVED) ?? '')) return ledger;
  return { ...ledger, fence: new Map([...ledger.fence, [ARCHIVED, archive]]) };
}

/** The contact that a name was last known to lead to, also where its home has none: the writes by another of its names never got that far. */
const idOf = ({ address }: CallEntry, { known }: DeliveryState): ContactId | undefined => {
  const id = address.kind === 'nobody' ? undefined : known.ids.get(address.name);
  return id === undefined ? undefined : (known.moved.get(id) ?? id);
};

/** Whether the change of e-mail of an entry was made before: the new home has its place in the order. Who has the former e-mail is another. */
const isRenamedBy = ({ writes }: CallEntry, newHome: LedgerEntry | undefined): boolean =>
  writes.some((pending) => newHome?.fence.get('email') === orderOf(pending));

/**
 * The ledger of a contact that may have been renamed already, by a try of which nobody heard or by people: what was written to it under its new
 * name counts, too.
 */
function withNewHome({ entry, newHome }: LeasedEntry, ledger: LedgerEntry, { known }: DeliveryState): LedgerEntry {
  if (newHome?.id === undefined) return ledger;
  if ((known.moved.get(newHome.id) ?? newHome.id) !== entry.id && !isRenamedBy(entry, newHome)) return ledger;
  // The change of e-mail itself is made again, unless it surely was: it leads the contact's names to the new home.
  const counts = (name: string): boolean => {
    if (name === 'email') return isRenamedBy(entry, newHome);
    return (name === STAGE_CLEARED ? STAGE : name) in entry.properties;
  };
  const newer = [...newHome.fence].filter(([name, order]) => counts(name) && order > (ledger.fence.get(name) ?? ''));
  if (newer.length === 0) return ledger;
  const fence = new Map([...ledger.fence, ...newer]);
  if (!newer.some(([name]) => name === STAGE)) return { ...ledger, fence };
  const { stage: _, ...others } = ledger;
  return { ...others, fence, ...(newHome.stage !== undefined && { stage: newHome.stage }) };
}

/** Archived by an earlier delivery; a key may lead to another contact since. */
function archivedBefore(pending: PendingWrite): Outcome {
  const address = addressOf(pending);
  return { kind: 'archived', index: pending.write.index, ...(address.kind === 'record' && { id: address.id }) };
}

/** An archive or a GDPR delete by record id, under a name that leads to another contact than that, as far as was heard last. */
export function isArchiveOfAnother(
  { entry: { address, id, writes }, ledger }: LeasedEntry,
  state: DeliveryState,
): boolean {
  if (writes[0].verb !== 'archive' && writes[0].verb !== 'gdpr-delete') return false;
  if (address.kind !== 'record' || id === undefined || ledger?.id === undefined) return false;
  const { moved, ids } = state.known;
  const isOther = (each: ContactId | undefined) => each !== undefined && (moved.get(each) ?? each) !== id;
  const wasJustTold = ids.has(ledger.name) && state.confirmedAt(ledger.name) > (ledger.confirmedAt ?? 0);
  return isOther(wasJustTold ? ids.get(ledger.name) : ledger.id);
}

/**
 * An archive of a contact that was not read for it: HubSpot takes one that was merged since all the same, with what was written to the
 * survivor by its other names. Reading tells these, and under which home the fence speaks for the contact (delivery rule 16); what was read
 * for an earlier write of the same contact gathered no names.
 */
function isUnidentifiedArchive({ address, id, writes }: CallEntry, state: DeliveryState): boolean {
  if (writes[0].verb !== 'archive' || address.kind === 'nobody' || id === undefined) return false;
  if (state.wasGathered(address.name)) return false;
  state.askAgain(address.name);
  return true;
}

/** A GDPR delete by a unique property: who has that value now is asked each time, since nobody can undo it. */
function isUnaskedDelete({ address, id, writes }: CallEntry, state: DeliveryState): boolean {
  if (writes[0].verb !== 'gdpr-delete' || address.kind !== 'key' || id === undefined) return false;
  if (state.wasAsked(writes[0])) return false;
  state.askAgain(address.name);
  return true;
}

/**
 * Whether the contact of an id was renamed between the look at where the id points and the lease: its home is another by now, and the one that it
 * had leads to nobody, or for GDPR deletes, to somebody else. HubSpot is asked, and then it is planned anew.
 */
function hasOtherHome(entry: CallEntry, ledger: LedgerEntry, state: DeliveryState): boolean {
  const { address, home, writes } = entry;
  if (address.kind !== 'record' || home === undefined || home === address.name) return false;
  const isDeletion = writes[0].verb === 'gdpr-delete';
  const isOfAnother = isDeletion && !state.wasIdentified(address.name) && isIdOfAnother(address.id, ledger, state);
  const isOfNobody = ledger.id === undefined && (ledger.confirmedAt ?? 0) > state.confirmedAt(home);
  if (!isOfAnother && !(isOfNobody && state.hearsOfRenaming(address.name))) return false;
  state.askAgain(address.name);
  return true;
}

/** A create that made its contact, which was renamed since: it is told as created, and nothing of it is written any more. */
function wasMadeAndRenamed({ writes: [first] }: CallEntry, ledger: LedgerEntry, state: DeliveryState): boolean {
  const { creation, id, confirmedAt } = ledger;
  if (first.verb !== 'create' || creation?.by !== first.key || id !== undefined || confirmedAt === undefined)
    return false;
  state.settle(first, { kind: 'created', index: first.write.index, id: creation.id });
  return true;
}

/** A create whose contact turns out to be made already: what is left of it is planned anew, as an update. */
function foundMade({ writes: [first], id }: CallEntry, ledger: LedgerEntry, state: DeliveryState): boolean {
  if (id !== undefined || ledger.creation?.by !== first.key) return false;
  state.foundMade(first, ledger.creation.id);
  return true;
}

/** The mapping is checked again under the lease: what another invocation learned later than we did counts, also that it leads to nobody any more. */
function hasOtherId({ address, home, id }: CallEntry, ledger: LedgerEntry, state: DeliveryState): boolean {
  if (address.kind !== 'key' || id === undefined || home !== address.name) return false;
  const { confirmedAt } = ledger;
  if (confirmedAt === undefined || confirmedAt <= state.confirmedAt(address.name)) return false;
  if (ledger.id === undefined) {
    state.unconfirm(address.name);
    return true;
  }
  const isOther = (state.known.moved.get(ledger.id) ?? ledger.id) !== id;
  state.learn(address.name, ledger.id, confirmedAt, true);
  return isOther;
}

/**
 * An archive by a key whose last owner nobody heard of: he may have made another contact, and HubSpot does not say that the one archived
 * was gone already. The key is asked for again, under the lease.
 */
function isDoubtedArchive({ address, id, writes }: CallEntry, { name }: LedgerEntry, state: DeliveryState): boolean {
  if (writes[0].verb !== 'archive' || address.kind !== 'key' || id === undefined) return false;
  if (!state.isOverdue(address.name, name)) return false;
  state.unconfirm(address.name);
  return true;
}
