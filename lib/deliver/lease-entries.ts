import { FENCE_HORIZON } from '../directory/compact-fence.ts';
import {
  ARCHIVED,
  archivingOf,
  type ContactLedger,
  ERASED,
  type LedgerEntry,
  type LedgerName,
  nameOfKey,
} from '../directory/contact-ledger.ts';
import { joinHomes, newestArchive } from '../directory/join-homes.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { Link } from '../operations/link.ts';
import type { OperationStore } from '../operations/operation-store.ts';
import type { Outcome } from '../operations/outcome.ts';
import type { Clock } from '../runtime/clock.ts';
import { describeError, type Log } from '../runtime/logger.ts';
import { after, between, type EpochMs, milliseconds, seconds } from '../runtime/units.ts';
import type { DeliveryState } from './delivery-state.ts';
import { heedErasures } from './heed-erasures.ts';
import { astrayIn } from './mend-astray.ts';
import { deletionOf, passFence } from './pass-fence.ts';
import { addressOf, contactOf, orderOf, type PendingWrite, type WriteKey, writeKey } from './pending-write.ts';
import { type CallEntry, changesEmail } from './plan-calls.ts';
import { pruneLinks } from './prune-links.ts';
import { alreadyThere, settleRejected } from './settle-rejected.ts';
import { noteInFence } from './stage-note-fence.ts';

/** An entry that may be sent, and the leases under which. */
export interface LeasedEntry {
  readonly entry: CallEntry;
  /** Its contact's ledger as it was; absent for a create that nothing names. */
  readonly ledger?: LedgerEntry;
  /** The ledger of the e-mail that the entry gives its contact. */
  readonly newHome?: LedgerEntry;
  /** The lifecycle stage to set again once the entry has cleared it. */
  readonly stageAgain?: string;
  /** Associations to make again once the entry has taken away all that two objects have in common. */
  readonly linksAgain?: readonly Link[];
}

/** What taking leases needs. */
export interface Leasing {
  readonly ledger: ContactLedger;
  readonly operations: OperationStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this invocation as owner of its leases. */
  readonly owner: string;
  /** When its leases end by themselves: the invocation's deadline and the longest that HubSpot may still be at work. */
  readonly leaseEnd: EpochMs;
  /** A create that nothing names may be sent again when a try at it ended without a word. */
  readonly repeatsKeyless: boolean;
}

/** A contact that somebody else holds is asked for again this often … */
const REST = milliseconds(250);
/** … for this long; then its writes go back to the queue: waiting beats deferring. */
const LONGEST_REST = seconds(3);
/** How long such a write is put off. */
const PUT_OFF = seconds(2);

/**
 * Takes the leases of a call's entries and holds the entries against the ledger and the operations, both read under the
 * lease. Returns what is left to send; everything else is settled, put to rest, or planned anew.
 */
export async function leaseEntries(
  entries: readonly CallEntry[],
  state: DeliveryState,
  leasing: Leasing,
): Promise<readonly LeasedEntry[]> {
  const held = (await Promise.all(entries.map((entry) => leaseEntry(entry, state, leasing)))).flat();
  if (held.length === 0) return [];
  const [settled, leased] = await Promise.all([findSettled(held, state, leasing), heedErasures(held, state, leasing)]);
  if (leased === undefined) for (const { entry } of held) putOff(entry, state, leasing.clock.now());
  if (settled === undefined || leased === undefined) return [];
  const open = leased.flatMap((each) => {
    const astray = astrayIn(each, settled, state);
    if (astray === undefined) return prune(each, settled, state);
    state.noteAstray(astray);
    return [];
  });
  const announced = await Promise.all(open.map((each) => announceArchive(each, state, leasing)));
  return markNameless(
    open.filter((_, n) => announced[n]),
    state,
    leasing,
  );
}

/** Of a contact with several e-mails: each of them may lead to another contact before anybody hears what came of its archive. */
async function announceArchive(
  leased: LeasedEntry,
  state: DeliveryState,
  { ledger, owner, clock, log }: Leasing,
): Promise<boolean> {
  const { entry, ledger: found } = leased;
  const [first] = entry.writes;
  const names = entry.id === undefined ? [] : state.emailNamesOf(entry.id);
  if (first.verb !== 'archive' || names.length < 2) return true;
  if (found === undefined || isArchiveOfAnother(leased, state)) return true;
  try {
    if (await ledger.raise(found.name, owner, new Map(names.map((name) => [archivingOf(name), orderOf(first)]))))
      return true;
  } catch (error) {
    log.warn('archive-not-announced', { error: describeError(error) });
  }
  putOff(entry, state, clock.now());
  return false;
}

async function leaseEntry(entry: CallEntry, state: DeliveryState, leasing: Leasing): Promise<LeasedEntry[]> {
  if (entry.home === undefined) return [{ entry }];
  try {
    const ledger = await acquireJoined(entry.home, entry, state, leasing);
    if (ledger === undefined) return [];
    const target = newHomeOf(entry, state);
    if (target === undefined || target === entry.home) return [{ entry, ledger }];
    const newHome = await acquire(target, entry, state, leasing);
    return newHome === undefined ? [] : [{ entry, ledger, newHome }];
  } catch (error) {
    leasing.log.warn('lease-not-taken', { error: describeError(error) });
    putOff(entry, state, leasing.clock.now());
    return [];
  }
}

/** The lease on a home, once it has taken over what other names of the contact still keep. */
async function acquireJoined(
  home: LedgerName,
  entry: CallEntry,
  state: DeliveryState,
  leasing: Leasing,
): Promise<LedgerEntry | undefined> {
  const { ledger, clock, owner } = leasing;
  const found = await acquire(home, entry, state, leasing);
  if (found === undefined || entry.address.kind === 'nobody') return found;
  const formers = namesOf(entry, state).flatMap((name) => state.formerHomesOf(name));
  const legacy = joinHomes(found, formers, after(clock.now(), FENCE_HORIZON));
  if (legacy === undefined) return found;
  if (await ledger.settle({ name: home, owner, ...legacy })) return acquire(home, entry, state, leasing);
  putOff(entry, state, clock.now());
  return undefined;
}

/** What was written by any e-mail of its contact counts for an archive; else what was written by the name itself, and on its way home. */
const namesOf = ({ address, id, writes }: CallEntry, state: DeliveryState): readonly LedgerName[] => [
  ...(address.kind === 'nobody' ? [] : [address.name]),
  ...(writes[0].verb === 'archive' && id !== undefined ? state.emailNamesOf(id) : []),
];

/** The lease on one name; undefined when it cannot be had now, and then the entry rests or is planned anew. */
export async function acquire(
  name: LedgerName,
  entry: CallEntry,
  state: DeliveryState,
  { ledger, clock, owner, leaseEnd }: Leasing,
): Promise<LedgerEntry | undefined> {
  // Taken or not, should the answer be lost: nothing is sent under it, so that it is given back.
  state.endLease(name, 'release');
  const acquisition = await ledger.acquire(name, owner, clock.now(), leaseEnd);
  const now = clock.now();
  if (acquisition.kind !== 'acquired') state.leaseEnded(name);
  switch (acquisition.kind) {
    case 'acquired':
      state.compare(acquisition.entry);
      if (acquisition.inDoubt) {
        state.doubtHome(name, now);
        for (const pending of entry.writes) state.doubt(pending);
      }
      return acquisition.entry;
    case 'elsewhere':
      state.setHome(name, acquisition.home, acquisition.former);
      if (state.homeOf(name) === name) {
        // Names that two consumers let point to each other at one time: this one is the home again.
        await ledger.point(name, name);
        state.setHome(name, name);
      }
      return undefined;
    case 'held': {
      const contact = contactOf(entry.writes[0], state.known);
      const since = state.rest(contact, now, after(now, REST));
      if (between(since, now) >= LONGEST_REST) putOff(entry, state, now);
      return undefined;
    }
  }
}

function putOff(entry: CallEntry, state: DeliveryState, now: EpochMs): void {
  for (const pending of entry.writes) state.defer(pending, after(now, PUT_OFF), state.isInDoubt(pending));
}

/** The name under which a contact will be known once this entry has changed its e-mail. */
function newHomeOf(entry: CallEntry, state: DeliveryState): LedgerName | undefined {
  const email = entry.properties['email']?.trim().toLowerCase() ?? '';
  const last = entry.writes.at(-1) ?? entry.writes[0];
  return email !== '' && changesEmail(last) ? state.homeOf(nameOfKey('email', email)) : undefined;
}

/** A duplicate copy may have been settled since: operations are read only now that nobody else can. */
async function findSettled(
  leased: readonly LeasedEntry[],
  state: DeliveryState,
  { operations, clock, log }: Leasing,
): Promise<ReadonlySet<WriteKey> | undefined> {
  const references = leased.flatMap(({ entry }) =>
    entry.writes.map(({ operationId, write }) => ({ operationId, index: write.index })),
  );
  try {
    const settled = await operations.findSettled(references);
    return new Set(settled.map(({ operationId, index }) => writeKey(operationId, index)));
  } catch (error) {
    log.warn('operations-not-read', { writes: references.length, error: describeError(error) });
    for (const { entry } of leased) putOff(entry, state, clock.now());
    return undefined;
  }
}

/** Leaves of an entry what is neither settled nor overtaken. */
function prune(leased: LeasedEntry, settled: ReadonlySet<WriteKey>, state: DeliveryState): LeasedEntry[] {
  const { entry, ledger } = leased;
  const open = entry.writes.filter((pending) => !settled.has(pending.key));
  for (const pending of entry.writes) if (settled.has(pending.key)) state.settledBefore(pending);
  if (open.length < entry.writes.length) return []; // what is left is planned anew, without them
  if (ledger === undefined) return [leased];
  if (entry.links !== undefined) return pruneLinks(leased, entry.links, ledger, state);
  if (hasOtherId(entry, ledger, state) || isDoubtedArchive(entry, ledger, state)) return [];
  if (isUnidentifiedArchive(entry, state)) return [];
  // Under this name there is another contact by now: what was written to that one says nothing of the one to be archived.
  if (isArchiveOfAnother(leased, state)) return [leased];
  const { send, stageAgain, delivered, superseded, refused } = passFence(entry, withArchiveOf(entry, ledger, state));
  if (superseded.length === open.length) {
    if (isOfWhoIsGone(entry, ledger, state)) return [leased];
    if (isOfWhoMayBeGone(entry, ledger, state)) return [];
  }
  const id = ledger.id ?? entry.id ?? idOf(entry, state);
  for (const pending of delivered) {
    const { index } = pending.write;
    const stage = noteInFence(pending, ledger.fence);
    const note = stage !== undefined && { stage };
    // Delivered, and the contact renamed since: nobody can say any more which id it was.
    if (pending.verb === 'archive') state.settle(pending, archivedBefore(pending));
    else if (pending.verb === 'gdpr-delete') state.settle(pending, deletionOf(pending, false));
    else if (ledger.creation?.by === pending.key)
      state.settle(pending, { kind: 'created', index, id: ledger.creation.id, ...note });
    else if (id === undefined) state.settle(pending, { kind: 'superseded', index });
    else state.settle(pending, { kind: 'updated', index, id, ...note });
  }
  for (const pending of superseded) {
    state.settle(pending, { kind: 'superseded', index: pending.write.index, ...(id !== undefined && { id }) });
  }
  if (refused !== undefined) settleRejected(entry, alreadyThere(ledger.id), state);
  if (send === undefined || foundMade(entry, ledger, state)) return [];
  return [{ ...leased, entry: send, ...(stageAgain !== undefined && { stageAgain }) }];
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
function isOfWhoMayBeGone({ address, writes }: CallEntry, { id }: LedgerEntry, state: DeliveryState): boolean {
  if (address.kind !== 'record' || writes[0].verb !== 'update' || id === undefined) return false;
  const { moved } = state.known;
  if ((moved.get(id) ?? id) === (moved.get(address.id) ?? address.id) || state.wasIdentified(address.name))
    return false;
  state.askAgain(address.name);
  return true;
}

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

/** Archived by an earlier delivery; a key may lead to another contact since. */
function archivedBefore(pending: PendingWrite): Outcome {
  const address = addressOf(pending);
  return { kind: 'archived', index: pending.write.index, ...(address.kind === 'record' && { id: address.id }) };
}

/** An archive or a GDPR delete by record id, under a name that leads to another contact than that. */
export const isArchiveOfAnother = ({ entry, ledger }: LeasedEntry, { known }: DeliveryState): boolean =>
  (entry.writes[0].verb === 'archive' || entry.writes[0].verb === 'gdpr-delete') &&
  entry.address.kind === 'record' &&
  entry.id !== undefined &&
  ledger?.id !== undefined &&
  (known.moved.get(ledger.id) ?? ledger.id) !== entry.id;

/**
 * An archive of a contact that was not read lately: HubSpot takes one that was merged since all the same, with what was written to the
 * survivor by its other names. Reading tells these, and under which home the fence speaks for the contact (delivery rule 16).
 */
function isUnidentifiedArchive({ address, id, writes }: CallEntry, state: DeliveryState): boolean {
  if (writes[0].verb !== 'archive' || address.kind === 'nobody' || id === undefined) return false;
  if (state.wasIdentified(address.name)) return false;
  state.askAgain(address.name);
  return true;
}

/** A create whose contact turns out to be made already: what is left of it is planned anew, as an update. */
function foundMade({ writes: [first], id }: CallEntry, ledger: LedgerEntry, state: DeliveryState): boolean {
  if (id !== undefined || ledger.creation?.by !== first.key) return false;
  state.foundMade(first, ledger.creation.id);
  return true;
}

/** The mapping is checked again under the lease: what another invocation learned later than we did counts. */
function hasOtherId({ address, home, id }: CallEntry, ledger: LedgerEntry, state: DeliveryState): boolean {
  if (address.kind !== 'key' || id === undefined || home !== address.name || ledger.id === undefined) return false;
  const { confirmedAt } = ledger;
  if (confirmedAt === undefined || confirmedAt <= state.confirmedAt(address.name)) return false;
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

/**
 * A create that nothing names is noted before it is sent: who finds the note of an attempt that is over, and no outcome,
 * cannot know whether HubSpot has the contact.
 */
async function markNameless(
  open: readonly LeasedEntry[],
  state: DeliveryState,
  { operations, clock, owner, leaseEnd, repeatsKeyless, log }: Leasing,
): Promise<readonly LeasedEntry[]> {
  const nameless = open.filter(({ entry }) => entry.home === undefined);
  if (nameless.length === 0) return open;
  const writes = nameless.map(({ entry }) => entry.writes[0]);
  const markings = await operations
    .markAttempts(
      writes.map(({ operationId, write }) => ({ operationId, index: write.index, attempt: write.tries ?? 0 })),
      owner,
      leaseEnd,
    )
    .catch((error: unknown) => {
      log.warn('attempts-not-noted', { writes: writes.length, error: describeError(error) });
      return undefined;
    });
  const now = clock.now();
  const sendable = new Set<WriteKey>();
  for (const [position, pending] of writes.entries()) {
    const marking = markings?.[position];
    if (marking === undefined) state.defer(pending, after(now, PUT_OFF), false);
    else if (marking.kind === 'handed-on') state.settledBefore(pending);
    else if (marking.kind === 'begun' && marking.until > now) state.await(pending, marking.until);
    else if (marking.kind === 'begun') giveUpOrRepeat(pending, repeatsKeyless, state, now);
    else {
      state.mark(pending);
      sendable.add(pending.key);
    }
  }
  return open.filter(({ entry }) => entry.home !== undefined || sendable.has(entry.writes[0].key));
}

/** Somebody began this attempt and it is over: nobody can tell what came of it. A repeat gets a number, and a note, of its own. */
function giveUpOrRepeat(pending: PendingWrite, repeats: boolean, state: DeliveryState, now: EpochMs): void {
  if (repeats) {
    state.mark(pending);
    state.defer(pending, now, true);
  } else {
    const detail = `HubSpot may have created the contact of write ${pending.write.index}: an attempt ended without a word`;
    state.setAside(pending, 'outcome-unknown', detail);
  }
}
