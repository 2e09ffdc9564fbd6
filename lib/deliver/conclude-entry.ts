import { assertNever } from '../runtime/assert-never.ts';
import { concludeArchived } from './conclude-archived.ts';
import { concludeAlreadyThere, concludeConflict } from './conclude-conflict.ts';
import { concludeDeleted, confirmGone } from './conclude-deleted.ts';
import { concludeDelivered, concludeMade } from './conclude-delivered.ts';
import { concludeLinks } from './conclude-links.ts';
import type { Concluding, Stop } from './concluding.ts';
import { EMAIL_PROPERTIES } from './contact-names.ts';
import type { DeliveryState } from './delivery-state.ts';
import { findContact } from './find-contact.ts';
import { followMoved } from './follow-contact.ts';
import type { LeasedEntry } from './lease-entries.ts';
import type { CallEntry } from './plan-calls.ts';
import { awaitEndOfTry, putOff } from './put-off.ts';
import { type ContactsInTheWay, conflictOf } from './read-conflicts.ts';
import type { EntryVerdict } from './run-call.ts';
import { notFound, settleRejected } from './settle-rejected.ts';

/**
 * Brings what a call did to one of its entries into the ledger, then into the state: fence, id, release, and only then the
 * outcome. Under an answer that is not known the lease is kept until it ends by itself. `inTheWay` are the contacts that
 * conflicts of the call named, undefined when they could not be read.
 */
export async function concludeEntry(
  leased: LeasedEntry,
  verdict: EntryVerdict,
  inTheWay: ContactsInTheWay | undefined,
  state: DeliveryState,
  world: Concluding,
): Promise<Stop | undefined> {
  const { entry } = leased;
  if (entry.links !== undefined) return concludeLinks(leased, entry.links, verdict, state, world);
  switch (verdict.kind) {
    case 'delivered':
      if (entry.writes[0].verb === 'archive') return concludeArchived(leased, false, state, world);
      return concludeDelivered(leased, verdict, state, world);
    case 'rejected':
      return concludeRejected(leased, verdict, inTheWay, state, world);
    case 'deleted':
      return concludeDeleted(leased, false, state, world);
    case 'missing':
      if (entry.writes[0].verb === 'gdpr-delete') return confirmGone(leased, state, world);
      return lookUp(leased, state, world);
    case 'unknown':
      return awaitEndOfTry(leased, verdict.cause, state, world, verdict.retryAfter);
    case 'deferred':
      return putOff(entry, verdict, state, world.clock.now());
    case 'suspect':
      return undefined;
    default:
      return assertNever(verdict);
  }
}

async function concludeRejected(
  leased: LeasedEntry,
  verdict: Extract<EntryVerdict, { kind: 'rejected' }>,
  inTheWay: ContactsInTheWay | undefined,
  state: DeliveryState,
  world: Concluding,
): Promise<Stop | undefined> {
  const { entry } = leased;
  if (entry.writes.length > 1) {
    state.separate(entry);
    return;
  }
  const made = state.madeBy(entry.writes[0]);
  if (made !== undefined) return concludeMade(leased, made, state, world);
  if (verdict.error.category === 'OBJECT_NOT_FOUND') {
    if (forgetStale(entry, state)) return;
    if (entry.writes[0].verb === 'archive') return concludeArchived(leased, true, state, world);
    if (entry.address.kind === 'record' && entry.id !== undefined) return lookUp(leased, state, world, verdict);
  }
  const conflict = conflictOf(leased, verdict, state, world.writeIdProperty);
  const { existingId } = verdict;
  if (conflict !== undefined) await concludeConflict(leased, conflict, verdict, inTheWay, state, world);
  else if (entry.writes[0].verb === 'create' && existingId !== undefined)
    await concludeAlreadyThere(leased, existingId, verdict, state, world);
  else settleRejected(entry, verdict, state);
  return;
}

/** An id from the ledger that HubSpot does not know: forget it, and resolve the key once more. */
function forgetStale({ address, id }: CallEntry, state: DeliveryState): boolean {
  if (address.kind !== 'key' || id === undefined || state.wasForgotten(address.name)) return false;
  state.forget(address.name);
  return true;
}

/** An update whose contact HubSpot did not mention, or know: merged away (then its new id is learned), or gone. */
async function lookUp(
  leased: LeasedEntry,
  state: DeliveryState,
  world: Concluding,
  refusal?: Extract<EntryVerdict, { kind: 'rejected' }>,
): Promise<Stop | undefined> {
  const { id } = leased.entry;
  if (id === undefined) return awaitEndOfTry(leased, 'HubSpot did not mention the record', state, world);
  if (!(await world.takeSlot())) return outOfTime(leased, state, world);
  const finding = await findContact(id, undefined, EMAIL_PROPERTIES, world);
  const made = state.madeBy(leased.entry.writes[0]);
  if (finding.kind === 'absent' && made !== undefined) return concludeMade(leased, made, state, world);
  if (finding.kind === 'absent' && leased.entry.writes[0].verb === 'archive')
    return concludeArchived(leased, false, state, world);
  const hasMoved = finding.kind === 'found' && finding.id !== id && !state.isCircle(id, finding.id);
  if (hasMoved && (await followMoved(leased, id, finding.contact, state, world))) return;
  if (finding.kind === 'absent' || (finding.kind === 'found' && refusal !== undefined))
    settleRejected(leased.entry, refusal ?? notFound(id), state);
  else return awaitEndOfTry(leased, 'HubSpot did not mention the record', state, world);
  return;
}

function outOfTime(leased: LeasedEntry, state: DeliveryState, world: Concluding): Stop {
  awaitEndOfTry(leased, 'no time left to look', state, world);
  return world.outOfSlots();
}
