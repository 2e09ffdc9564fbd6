import { type LedgerName, nameOfId, nameOfKey } from '../directory/contact-ledger.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { WriteError } from '../operations/outcome.ts';
import { assertNever } from '../runtime/assert-never.ts';
import { after, type DurationMs, type EpochMs, epochMs, seconds } from '../runtime/units.ts';
import { concludeArchived } from './conclude-archived.ts';
import { concludeDeleted } from './conclude-deleted.ts';
import type { Concluding, Stop } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';
import { type Finding, findContact } from './find-contact.ts';
import { type LeasedEntry, leaseEntries } from './lease-entries.ts';
import type { CallEntry, PlannedCall } from './plan-calls.ts';
import { putOff } from './put-off.ts';
import type { EntryVerdict } from './run-call.ts';
import { notFound, settleRejected } from './settle-rejected.ts';

/** When a contact is read again that could not be read, or of which reading told nothing sure. */
const READ_AGAIN: DurationMs = seconds(2);

/** Takes in what a `batch/read` told of one entry. */
export async function takeInReading(
  call: PlannedCall,
  entry: CallEntry,
  verdict: EntryVerdict,
  state: DeliveryState,
  world: Concluding,
): Promise<Stop | undefined> {
  switch (verdict.kind) {
    case 'delivered':
      if (call.kind === 'identify')
        return identify(entry, verdict.id, verdict.body.properties?.['email'], state, world);
      resolve(entry, verdict.id, state, world.clock.now());
      return;
    case 'rejected':
      return settleAbsent(entry, verdict, state, world);
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
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const [{ verb }] = entry.writes;
  if (verb === 'gdpr-delete' && entry.address.kind === 'record') {
    // What HubSpot does not show, such as an archived contact, it may still have: it is asked to delete it.
    state.setHome(entry.address.name, entry.address.name);
    return;
  }
  for (const leased of await leaseEntries([entry], state, world)) {
    if (isKnownAgain(leased, state)) return;
    if (verb === 'gdpr-delete') await concludeDeleted(leased, true, state, world);
    else if (verb === 'archive') await concludeArchived(leased, true, state, world);
    else settleRejected(leased.entry, reason, state);
  }
  putOffOpen(entry, state, world.clock.now());
}

/**
 * The ledger names a contact for the key that HubSpot did not know: one that was made between the reading and the lease, or one that is
 * gone. The call by its id tells, and if it is gone the key is read once more.
 */
function isKnownAgain({ entry: { address }, ledger }: LeasedEntry, state: DeliveryState): boolean {
  if (address.kind !== 'key' || ledger?.id === undefined || state.wasForgotten(address.name)) return false;
  state.learn(address.name, ledger.id, ledger.confirmedAt ?? epochMs(0), true);
  return true;
}

/** Reading tells no more for now: to be read again, somewhat later. */
function putOffOpen({ writes }: CallEntry, state: DeliveryState, now: EpochMs, wait = READ_AGAIN): void {
  for (const pending of writes) {
    if (state.fateOf(pending.key) === undefined) state.defer(pending, after(now, wait), state.isInDoubt(pending));
  }
}

function resolve(
  { address }: CallEntry,
  id: Extract<Finding, { kind: 'found' }>['id'],
  state: DeliveryState,
  now: EpochMs,
) {
  if (address.kind === 'key') state.learn(address.name, id, now, true);
}

/** The e-mail of a contact that was known by its id alone: both names share one home from now on. */
async function identify(
  { address }: CallEntry,
  id: Extract<Finding, { kind: 'found' }>['id'],
  email: string | null | undefined,
  state: DeliveryState,
  { ledger, clock }: Concluding,
): Promise<undefined> {
  if (address.kind !== 'record') return;
  const home: LedgerName = homeOfContact(id, email);
  await ledger.point(address.name, home);
  state.setHome(address.name, home);
  state.learn(home, id, clock.now(), true);
  if (address.id !== id) state.move(address.id, id);
}

/** HubSpot left it out of its answer: merged away, or gone without a word. */
async function readAlone(entry: CallEntry, state: DeliveryState, world: Concluding): Promise<Stop | undefined> {
  const { address } = entry;
  if (address.kind === 'nobody') return;
  if (!(await world.takeSlot())) return world.outOfSlots();
  const [asked, idProperty] = address.kind === 'key' ? [address.value, address.idProperty] : [address.id, undefined];
  const finding = await findContact(asked, idProperty, [], world);
  if (finding.kind === 'absent') await settleAbsent(entry, notFound(asked), state, world);
  else if (finding.kind === 'unknown') putOffOpen(entry, state, world.clock.now());
  else if (address.kind === 'key') resolve(entry, finding.id, state, world.clock.now());
  else await identify(entry, finding.id, finding.contact.properties?.['email'], state, world);
  return;
}

/** Names under which the contact of an answer may be written: the home of its e-mail, or of its id when it has none. */
function homeOfContact(id: ContactId, email: string | null | undefined): LedgerName {
  const value = email?.trim().toLowerCase() ?? '';
  return value === '' ? nameOfId(id) : nameOfKey('email', value);
}
