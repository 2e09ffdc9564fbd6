import { CLOCK_DIFFERENCE } from '../directory/clock-difference.ts';
import { type LedgerName, nameOfId } from '../directory/contact-ledger.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { WriteError } from '../operations/outcome.ts';
import { assertNever } from '../runtime/assert-never.ts';
import { describeError } from '../runtime/logger.ts';
import { after, type DurationMs, type EpochMs, epochMs, seconds } from '../runtime/units.ts';
import { concludeArchived } from './conclude-archived.ts';
import { concludeDeleted } from './conclude-deleted.ts';
import type { Concluding, Stop } from './concluding.ts';
import { EMAIL_PROPERTIES, mainNameOf } from './contact-names.ts';
import type { DeliveryState } from './delivery-state.ts';
import { type FoundContact, findContact } from './find-contact.ts';
import { followReading, followToPerson } from './follow-contact.ts';
import { gatherNames } from './gather-names.ts';
import { findHome, orDeferred, wasFreed } from './lead-name.ts';
import { acquire, type LeasedEntry, leaseEntries } from './lease-entries.ts';
import { takesKeyAway } from './mapping-after.ts';
import type { CallEntry, PlannedCall } from './plan-calls.ts';
import { putOff } from './put-off.ts';
import type { EntryVerdict } from './run-call.ts';
import { notFound, settleRejected } from './settle-rejected.ts';

/** When a contact is read again that could not be read, or of which reading told nothing sure. */
const READ_AGAIN: DurationMs = seconds(2);

/** Takes in what a `batch/read`, sent at `sentAt`, told of one entry. */
export async function takeInReading(
  call: PlannedCall,
  entry: CallEntry,
  verdict: EntryVerdict,
  sentAt: EpochMs,
  state: DeliveryState,
  world: Concluding,
): Promise<Stop | undefined> {
  switch (verdict.kind) {
    case 'delivered':
      if (call.kind === 'identify') return identify(entry, verdict.id, verdict.body.properties, state, world);
      return resolve(entry, verdict.id, verdict.body.properties, state, world);
    case 'rejected':
      return verdict.httpStatus === 404
        ? settleAbsent(entry, verdict, sentAt, state, world)
        : settleUnread(entry, verdict, state, world);
    case 'missing':
      return readAlone(entry, state, world);
    case 'unknown':
      putOffOpen(entry, state, world.clock.now(), verdict.retryAfter);
      return;
    case 'deferred':
      return putOff(entry, verdict, state, world.clock.now());
    case 'suspect':
    case 'deleted':
      return;
    default:
      return assertNever(verdict);
  }
}

/**
 * There is no such contact. Under its lease all the same: another copy of the write, which looked a moment later, may have found the
 * contact and be at work on it.
 */
async function settleAbsent(
  entry: CallEntry,
  reason: { readonly httpStatus: number; readonly error: WriteError },
  sentAt: EpochMs,
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const [{ verb }] = entry.writes;
  if (isDeletedUnseen(entry, state)) return;
  setRead(entry, state);
  if (await wasOfAnother(entry, state, world)) return;
  if (isLedElsewhere(entry, state)) return;
  if (entry.address.kind === 'record') state.setGone(entry.address.id);
  // On nobody nothing is to be set right.
  for (const pending of entry.writes) state.setMended(pending);
  for (const link of entry.links?.links ?? []) state.setLinkMended(link);
  for (const leased of await leaseEntries([entry], state, world)) {
    const since = knownSince(leased, sentAt, state);
    if (since === 'known') return;
    if (since === 'unclear') {
      putOffOpen(entry, state, world.clock.now(), CLOCK_DIFFERENCE);
      return;
    }
    if (verb === 'gdpr-delete') {
      if (await mayHaveDeleted(leased, state, world)) return;
      await concludeDeleted(leased, true, state, world);
    } else if (verb === 'archive') await concludeArchived(leased, true, state, world);
    else settleRejected(leased.entry, reason, state);
  }
  // Of associations one may be decided and the next still open: that one needs no reading any more.
  if (entry.links === undefined && !isLedElsewhere(entry, state)) putOffOpen(entry, state, world.clock.now());
}

/**
 * Whether a try at a GDPR delete of which nobody heard may have deleted whom its unique property led to then, and HubSpot shows them no more.
 * By the id, which was stored before that try, it is done once more, so that what is known by their e-mail goes too.
 */
async function mayHaveDeleted(
  { entry, ledger }: LeasedEntry,
  state: DeliveryState,
  world: Concluding,
): Promise<boolean> {
  const { address, writes } = entry;
  if (address.kind !== 'key' || address.idProperty === 'email' || ledger?.id === undefined) return false;
  if (!state.isInDoubt(writes[0]) || state.wasAsked(writes[0])) return false;
  const { id } = ledger;
  const finding = (await world.takeSlot()) ? await findContact(id, undefined, [], world) : undefined;
  if (finding?.kind === 'found') return false;
  const isLed =
    finding?.kind === 'absent' &&
    !(await orDeferred(entry, state, world, async () => {
      state.setHome(address.name, await findHome(nameOfId(id), state, world));
      return false;
    }));
  if (!isLed) {
    putOffOpen(entry, state, world.clock.now());
    return true;
  }
  state.learn(address.name, id, world.clock.now(), true);
  state.setAsked(writes[0]);
  return true;
}

/**
 * HubSpot does not look anybody up like that, for instance by a property that is unique no more: whether there is such a contact nobody knows.
 * The writes are refused in its words, under their lease as above.
 */
async function settleUnread(
  entry: CallEntry,
  reason: { readonly httpStatus: number; readonly error: WriteError },
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  if (isDeletedUnseen(entry, state)) return;
  setRead(entry, state);
  for (const pending of entry.writes) state.setMended(pending);
  for (const leased of await leaseEntries([entry], state, world)) settleRejected(leased.entry, reason, state);
  // Of associations one may be decided and the next still open: that one needs no reading any more.
  if (entry.links === undefined && !isLedElsewhere(entry, state)) putOffOpen(entry, state, world.clock.now());
}

/** Whom HubSpot does not show by record id, such as an archived contact, it may still have: it is asked to delete them. */
function isDeletedUnseen({ address, writes }: CallEntry, state: DeliveryState): boolean {
  if (writes[0].verb !== 'gdpr-delete' || address.kind !== 'record') return false;
  state.setIdentified(address.name);
  state.setHome(address.name, address.name);
  return true;
}

/** Its contact was asked for, and is not asked for again in this invocation. */
function setRead({ address, writes }: CallEntry, state: DeliveryState): void {
  if (address.kind === 'nobody') return;
  state.setIdentified(address.name);
  if (writes[0].verb === 'archive') state.setGathered(address.name);
}

/** Who wanted the lease heard that its name points to another home: planned anew, the entry goes there. */
const isLedElsewhere = ({ address, home }: CallEntry, state: DeliveryState): boolean =>
  address.kind !== 'nobody' && home !== undefined && state.homeOf(address.name) !== home;

/**
 * Whether the key was a secondary e-mail of a contact that is gone. Who has the home since does not have it: the fence there says nothing
 * of its writes, which are planned anew under a home of their own, or were put off.
 */
async function wasOfAnother(entry: CallEntry, state: DeliveryState, world: Concluding): Promise<boolean> {
  const { address, home } = entry;
  if (address.kind !== 'key' || home === undefined || home === address.name) return false;
  try {
    const ledger = await acquire(home, entry, state, world);
    return ledger !== undefined && (await wasFreed({ entry, ledger }, state, world));
  } catch (error) {
    world.log.warn('lease-not-taken', { error: describeError(error) });
    putOffOpen(entry, state, world.clock.now());
    return true;
  }
}

/**
 * Whether the ledger names a contact for the key that HubSpot did not know: one that was made between the reading and the lease, `unclear` as far
 * as two clocks can tell. Whom it knew before has the key no more, or is gone; unless an update may have taken the key away itself, alone or
 * merged with another: then the call by the id tells.
 */
function knownSince(
  { entry, ledger }: LeasedEntry,
  sentAt: EpochMs,
  state: DeliveryState,
): 'known' | 'unclear' | 'not' {
  const { address, writes } = entry;
  if (address.kind !== 'key' || ledger?.id === undefined || state.wasForgotten(address.name)) return 'not';
  const isDoubted = takesKeyAway(entry) || writes.some((each) => state.isInDoubt(each));
  const mayHaveTakenIt = writes[0].verb === 'update' && isDoubted;
  const { confirmedAt = 0 } = ledger;
  if (confirmedAt < sentAt && !mayHaveTakenIt) return confirmedAt < sentAt - CLOCK_DIFFERENCE ? 'not' : 'unclear';
  state.learn(address.name, ledger.id, ledger.confirmedAt ?? epochMs(0), true);
  return 'known';
}

/** Reading tells no more for now: to be read again, somewhat later. */
function putOffOpen({ writes }: CallEntry, state: DeliveryState, now: EpochMs, wait = READ_AGAIN): void {
  for (const pending of writes) {
    if (state.fateOf(pending.key) === undefined) state.defer(pending, after(now, wait), state.isInDoubt(pending));
  }
}

async function resolve(
  entry: CallEntry,
  id: ContactId,
  properties: FoundContact['properties'],
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const { address } = entry;
  if (address.kind !== 'key') return;
  const now = world.clock.now();
  const acquireHome = (name: LedgerName) => acquire(name, entry, state, world);
  state.setIdentified(address.name);
  const hasFollowed =
    (await followReading(entry, id, properties, state, world, acquireHome)) &&
    (await followToPerson(entry, id, properties, state, world)) &&
    (await gatherNames(entry, id, properties, state, world, acquireHome));
  if (hasFollowed) state.learn(address.name, id, now, true);
  else putOffOpen(entry, state, now);
}

/** The e-mail of a contact that was known by its id alone: both names share one home from now on. */
async function identify(
  entry: CallEntry,
  id: ContactId,
  properties: FoundContact['properties'],
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const { address } = entry;
  const { ledger, clock } = world;
  if (address.kind !== 'record') return;
  const home = mainNameOf(id, properties);
  const hasMoved = address.id !== id;
  const isHeldUp = await orDeferred(entry, state, world, async () => {
    // By way of the home that it had, if that leads there: what is noted on the way counts for what was written by the id.
    const former = state.known.homes.get(address.name);
    const isOnTheWay =
      former !== undefined &&
      former !== address.name &&
      former !== home &&
      (await findHome(former, state, world)) === home;
    const next = isOnTheWay ? former : home;
    await ledger.point(address.name, next, hasMoved ? { id } : {});
    state.setHome(address.name, next, state.formerOf(address.name));
    return false;
  });
  if (isHeldUp) return;
  state.learn(home, id, clock.now(), true);
  if (hasMoved) state.move(address.id, id);
  state.setIdentified(address.name);
  const acquireHome = (name: LedgerName) => acquire(name, entry, state, world);
  if (!(await gatherNames(entry, id, properties, state, world, acquireHome))) putOffOpen(entry, state, clock.now());
}

/** HubSpot left it out of its answer: merged away, or gone without a word. */
async function readAlone(entry: CallEntry, state: DeliveryState, world: Concluding): Promise<Stop | undefined> {
  const { address } = entry;
  if (address.kind === 'nobody') return;
  if (!(await world.takeSlot())) return world.outOfSlots();
  const sentAt = world.clock.now();
  const [asked, idProperty] = address.kind === 'key' ? [address.value, address.idProperty] : [address.id, undefined];
  const finding = await findContact(asked, idProperty, EMAIL_PROPERTIES, world);
  if (finding.kind === 'absent') await settleAbsent(entry, notFound(asked), sentAt, state, world);
  else if (finding.kind === 'unknown') putOffOpen(entry, state, world.clock.now());
  else if (address.kind === 'key') await resolve(entry, finding.id, finding.contact.properties, state, world);
  else await identify(entry, finding.id, finding.contact.properties, state, world);
  return;
}
