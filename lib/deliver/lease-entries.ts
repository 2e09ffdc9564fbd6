import { archivingOf } from '../directory/archiving-mark.ts';
import { CLOCK_DIFFERENCE } from '../directory/clock-difference.ts';
import { FENCE_HORIZON } from '../directory/compact-fence.ts';
import {
  type ContactLedger,
  type Fence,
  type FoundId,
  type LedgerEntry,
  type LedgerName,
  nameOfKey,
} from '../directory/contact-ledger.ts';
import { joinHomes } from '../directory/join-homes.ts';
import type { Link } from '../operations/link.ts';
import type { OperationStore } from '../operations/operation-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { describeError, type Log } from '../runtime/logger.ts';
import { after, between, type EpochMs, milliseconds, seconds } from '../runtime/units.ts';
import type { DeliveryState } from './delivery-state.ts';
import { heedErasures } from './heed-erasures.ts';
import { takesKeyAway } from './mapping-after.ts';
import { markNameless } from './mark-nameless.ts';
import { astrayIn } from './mend-astray.ts';
import { contactOf, orderOf, type WriteKey, writeKey } from './pending-write.ts';
import { type CallEntry, changesEmail } from './plan-calls.ts';
import { isArchiveOfAnother, pruneEntry } from './prune-entry.ts';
import { PUT_OFF } from './put-off.ts';

/** An entry that may be sent, and the leases under which. */
export interface LeasedEntry {
  readonly entry: CallEntry;
  /** Its contact's ledger as it was; absent for a create that nothing names. */
  readonly ledger?: LedgerEntry;
  /** The ledger of the e-mail that the entry gives its contact. */
  readonly newHome?: LedgerEntry;
  /** The ledger of the unique property by which a person is deleted, beside that of their home. */
  readonly ownKey?: LedgerEntry;
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
    if (astray === undefined) return pruneEntry(each, settled, state);
    state.noteAstray(astray);
    return [];
  });
  const announced = await Promise.all(open.map((each) => announce(each, state, leasing)));
  return markNameless(
    open.filter((_, n) => announced[n]),
    state,
    leasing,
  );
}

/** Stores what nobody could find out any more should the entry be carried out and its answer be lost; false when it is put off for that. */
async function announce(
  leased: LeasedEntry,
  state: DeliveryState,
  { ledger, owner, clock, log }: Leasing,
): Promise<boolean> {
  const { entry, ledger: found } = leased;
  const archives = archivesToCome(leased, state);
  const named = leased.ownKey ?? found;
  const id = idToCome(entry, named, state);
  if (found === undefined || named === undefined || (archives.size === 0 && id === undefined)) return true;
  try {
    if (await ledger.raise(named.name, owner, archives, id && { found: id })) return true;
  } catch (error) {
    log.warn('call-not-announced', { error: describeError(error) });
  }
  putOff(entry, state, clock.now());
  return false;
}

/** Of a contact with several e-mails: each of them may lead to another contact before anybody hears what came of its archive. */
function archivesToCome(leased: LeasedEntry, state: DeliveryState): Fence {
  const { id, writes } = leased.entry;
  const names = id === undefined ? [] : state.emailNamesOf(id);
  if (writes[0].verb !== 'archive' || names.length < 2 || isArchiveOfAnother(leased, state)) return new Map();
  return new Map(names.map((name) => [archivingOf(name), orderOf(writes[0])]));
}

/** Of an update or a GDPR delete that takes its key away: by that key nobody is found any more, though it was carried out. */
function idToCome(entry: CallEntry, ledger: LedgerEntry | undefined, state: DeliveryState): FoundId | undefined {
  const { address, id, writes } = entry;
  if (address.kind !== 'key' || id === undefined) return undefined;
  if (writes[0].verb !== 'gdpr-delete' && (writes[0].verb !== 'update' || !takesKeyAway(entry))) return undefined;
  if (ledger === undefined || ledger.id === id || state.erasureOf(ledger.name) !== undefined) return undefined;
  return { id, confirmedAt: state.confirmedAt(address.name) };
}

async function leaseEntry(entry: CallEntry, state: DeliveryState, leasing: Leasing): Promise<LeasedEntry[]> {
  if (entry.home === undefined) return [{ entry }];
  try {
    const ledger = await acquireJoined(entry.home, entry, state, leasing);
    if (ledger === undefined) return [];
    if (isDeletedByOwnKey(entry)) {
      const ownKey = await acquire(entry.address.name, entry, state, leasing);
      return ownKey === undefined ? [] : [{ entry, ledger, ownKey }];
    }
    return await withNewHome({ entry, ledger }, state, leasing);
  } catch (error) {
    leasing.log.warn('lease-not-taken', { error: describeError(error) });
    putOff(entry, state, leasing.clock.now());
    return [];
  }
}

/** With the lease of the home that a contact is to have, which the name of its new e-mail may lead to by way of others. */
async function withNewHome(leased: LeasedEntry, state: DeliveryState, leasing: Leasing): Promise<LeasedEntry[]> {
  const { entry } = leased;
  const met = new Set<LedgerName>();
  for (;;) {
    const target = newHomeOf(entry, state);
    if (target === undefined || target === entry.home) return [leased];
    const newHome = await acquire(target, entry, state, leasing);
    if (newHome !== undefined) return [{ ...leased, newHome }];
    met.add(target);
    if (met.has(newHomeOf(entry, state) ?? target)) return [];
  }
}

/** E-mails and ids point to the home, and go with it; another unique property has a ledger of its own. */
function isDeletedByOwnKey(entry: CallEntry): entry is CallEntry & { readonly address: { readonly kind: 'key' } } {
  const { address, home, writes } = entry;
  if (writes[0].verb !== 'gdpr-delete' || address.kind !== 'key') return false;
  return address.idProperty !== 'email' && address.name !== home;
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
      if (acquisition.inDoubtUntil !== undefined) {
        const until = after(acquisition.inDoubtUntil, CLOCK_DIFFERENCE);
        state.doubtHome(name, now);
        for (const pending of entry.writes) if (pending.acceptedAt <= until) state.doubt(pending);
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
