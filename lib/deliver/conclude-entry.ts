import { raiseFence } from '../directory/compact-fence.ts';
import {
  type Fence,
  type LedgerEntry,
  type LedgerName,
  nameOfId,
  nameOfKey,
  type OrderKey,
  STAGE,
} from '../directory/contact-ledger.ts';
import { type ContactId, normaliseEmail } from '../operations/contact-write.ts';
import type { Outcome, WriteError } from '../operations/outcome.ts';
import type { Booking } from '../pace/pace.ts';
import { assertNever } from '../runtime/assert-never.ts';
import { describeError } from '../runtime/logger.ts';
import {
  after,
  type DurationMs,
  type EpochMs,
  epochMs,
  laterOf,
  milliseconds,
  minutes,
  seconds,
} from '../runtime/units.ts';
import type { Delivery } from './deliver-messages.ts';
import type { DeliveryState } from './delivery-state.ts';
import { type FoundContact, findContact, wasMadeBy } from './find-contact.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { orderOf, type PendingWrite } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';
import { type Conflict, type ContactsInTheWay, conflictOf } from './read-conflicts.ts';
import { redactValues } from './redact-values.ts';
import type { EntryVerdict } from './run-call.ts';
import { settleOperations } from './settle-operations.ts';

type Of<Kind extends EntryVerdict['kind']> = Extract<EntryVerdict, { kind: Kind }>;

/** Why no more calls are to be made, and until when. */
export interface Stop {
  readonly reason: string;
  readonly notBefore: EpochMs;
}

/** What concluding needs: the world, and the right to make one more call. */
export interface Concluding extends Delivery {
  readonly owner: string;
  readonly startedAt: EpochMs;
  /** When its leases end by themselves. */
  readonly leaseEnd: EpochMs;
  readonly takeSlot: (wanted?: number) => Promise<boolean>;
  /** A slot for a call with so many inputs, handed out while there is time to take their leases. */
  readonly bookSlot: (inputs: number, wanted: number) => Promise<Booking | undefined>;
  /** Why there is no slot, and when to come again. */
  readonly outOfSlots: () => Stop;
  /** A create that nothing names may be sent again after a try without an answer. */
  readonly repeatsKeyless: boolean;
}

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
  switch (verdict.kind) {
    case 'delivered':
      return concludeDelivered(leased, verdict, state, world);
    case 'rejected':
      return concludeRejected(leased, verdict, inTheWay, state, world);
    case 'missing':
      return lookUp(leased, state, world);
    case 'unknown':
      return unknown(leased, verdict.cause, state, world, verdict.retryAfter);
    case 'deferred':
      return putOff(entry, verdict, state, world.clock.now());
    case 'suspect':
      return undefined;
    default:
      return assertNever(verdict);
  }
}

/** HubSpot was seen to carry it out. */
async function concludeDelivered(
  leased: LeasedEntry,
  { id, isNew, body }: Pick<Of<'delivered'>, 'id' | 'isNew' | 'body'>,
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const { entry } = leased;
  const now = world.clock.now();
  if (!(await store(leased, id, fenceOf(entry), state, world, now))) {
    // HubSpot has it and the ledger does not: the next delivery finds out, as after a lost answer.
    for (const pending of entry.writes) state.defer(pending, now, true);
    return;
  }
  learn(leased, id, state, now);
  for (const [position, pending] of entry.writes.entries()) {
    // Of merged upserts that made a contact, the oldest made it and the others changed it.
    const created = pending.verb === 'create' || (isNew && position === 0);
    const outcome: Outcome = { kind: created ? 'created' : 'updated', index: pending.write.index, id };
    state.settle(pending, outcome, body);
  }
}

/** Fence, id and release, the new home of a renamed contact before the old one; false when any of it is not stored. */
async function store(
  { entry, ledger, newHome }: LeasedEntry,
  id: ContactId,
  fence: Fence,
  state: DeliveryState,
  world: Concluding,
  now: EpochMs,
): Promise<boolean> {
  if (ledger === undefined) return true;
  const { owner } = world;
  const stage = newStageOf(fence, entry, ledger);
  const [first] = entry.writes;
  const createdBy = first.verb === 'create' && { createdBy: first.key };
  const rejected = state.takeRejected(first);
  if (rejected.length > 0 && (await settleOperations(rejected, state, world.startedAt, world)).size > 0) return false;
  try {
    if (newHome !== undefined) {
      const kept = stage === undefined ? (ledger.stage ?? null) : stage;
      const inherited = { fence: raiseFence(ledger.fence, fence, epochMs(0)), stage: kept };
      if (!(await world.ledger.settle({ name: newHome.name, owner, id, confirmedAt: now, ...inherited }))) return false;
      state.leaseEnded(newHome.name);
      await world.ledger.point(nameOfId(id), newHome.name);
    }
    const isRenamed = newHome !== undefined && ledger.name !== nameOfId(id);
    const settlement = { name: ledger.name, owner, fence, ...createdBy, ...(stage !== undefined && { stage }) };
    const isStored = await world.ledger.settle(
      isRenamed ? { ...settlement, id: null } : { ...settlement, id, confirmedAt: now },
    );
    if (isStored) state.leaseEnded(ledger.name);
    return isStored;
  } catch (error) {
    world.log.warn('ledger-not-written', { error: describeError(error) });
    state.endLease(ledger.name, 'keep');
    return false;
  }
}

/** The newest write of each property that the entry brought. */
function fenceOf(entry: CallEntry): Map<string, OrderKey> {
  const fence = new Map<string, OrderKey>();
  for (const pending of entry.writes) {
    const order = orderOf(pending);
    for (const name of Object.keys(pending.write.properties)) fence.set(name, order);
  }
  return fence;
}

/** The lifecycle stage that the entry brought, null when it cleared it; undefined when a newer write had the last word. */
function newStageOf(fence: Fence, { properties }: CallEntry, ledger: LedgerEntry): string | null | undefined {
  const isNewest = (fence.get(STAGE) ?? '') > (ledger.fence.get(STAGE) ?? '');
  return isNewest ? properties[STAGE] || null : undefined;
}

function learn({ entry, newHome }: LeasedEntry, id: ContactId, state: DeliveryState, now: EpochMs): void {
  const { address } = entry;
  if (address.kind === 'key') {
    if (newHome !== undefined && address.idProperty === 'email') state.forget(address.name);
    else state.learn(address.name, id, now, true);
  }
  if (newHome === undefined) return;
  state.learn(newHome.name, id, now, true);
  state.setHome(nameOfId(id), newHome.name);
}

async function concludeRejected(
  leased: LeasedEntry,
  verdict: Of<'rejected'>,
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
  if (verdict.error.category === 'OBJECT_NOT_FOUND' && forgetStale(entry, state)) return;
  const { existingId, error } = verdict;
  if (entry.address.kind === 'key' && existingId !== undefined && error.category === 'CONFLICT')
    state.learn(entry.address.name, existingId, world.clock.now(), true);
  const conflict = conflictOf(leased, verdict, state, world.writeIdProperty);
  if (conflict !== undefined) return concludeConflict(leased, conflict, verdict, inTheWay, state, world);
  settleRejected(entry, verdict, state);
  return;
}

/** A conflict is no verdict while the contact in the way may be the create's own work. */
async function concludeConflict(
  leased: LeasedEntry,
  conflict: Conflict,
  verdict: Of<'rejected'>,
  inTheWay: ContactsInTheWay | undefined,
  state: DeliveryState,
  world: Concluding,
): Promise<Stop | undefined> {
  const [pending] = leased.entry.writes;
  if (inTheWay === undefined) {
    state.defer(pending, after(world.clock.now(), seconds(2)), true);
    return;
  }
  const contact = inTheWay.get(conflict.existingId ?? conflict.writeId);
  if (contact === undefined || !wasMadeBy(pending, contact, world.writeIdProperty)) {
    settleRejected(leased.entry, verdict, state);
    return;
  }
  return concludeOwn(leased, contact, state, world);
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
  if (await store(leased, id, new Map(), state, world, world.clock.now())) state.foundMade(pending, id);
  else state.defer(pending, world.clock.now(), true);
}

/** A create that made its contact, which would not take its values again: it was created nevertheless. */
const concludeMade = (leased: LeasedEntry, id: ContactId, state: DeliveryState, world: Concluding) =>
  concludeDelivered(leased, { id, isNew: true, body: { id } }, state, world);

/** Whether the entry's e-mail still leads to the contact. If it never had one or was renamed, its ledger says nothing of it. */
function isNamed({ address }: CallEntry, { properties }: FoundContact): boolean {
  const emails = [properties?.['email'], ...(properties?.['hs_additional_emails']?.split(';') ?? [])];
  return address.kind === 'key' && emails.some((email) => email && normaliseEmail(email) === address.value);
}

/** An id from the ledger that HubSpot does not know: forget it, and resolve the key once more. */
function forgetStale({ address, id }: CallEntry, state: DeliveryState): boolean {
  if (address.kind !== 'key' || id === undefined || state.wasForgotten(address.name)) return false;
  state.forget(address.name);
  return true;
}

/** Writes that HubSpot refused for good. The lease ends only after the outcome is stored, so that no copy is sent meanwhile. */
export function settleRejected(
  entry: CallEntry,
  { httpStatus, error }: { httpStatus: number; error: WriteError },
  state: DeliveryState,
): void {
  for (const pending of entry.writes) {
    const { index } = pending.write;
    state.settle(pending, { kind: 'rejected', index, httpStatus, error: redactValues(error, pending) }, error);
  }
}

/** An update whose contact HubSpot did not mention: merged away (then its new id is learned), or gone. */
async function lookUp(leased: LeasedEntry, state: DeliveryState, world: Concluding): Promise<Stop | undefined> {
  const { id } = leased.entry;
  if (id === undefined) return unknown(leased, 'HubSpot did not mention the record', state, world);
  if (!(await world.takeSlot())) return outOfTime(leased, state, world);
  const finding = await findContact(id, undefined, [], world);
  const made = state.madeBy(leased.entry.writes[0]);
  if (finding.kind === 'absent' && made !== undefined) return concludeMade(leased, made, state, world);
  if (finding.kind === 'absent') settleRejected(leased.entry, notFound(id), state);
  else if (finding.kind === 'found' && finding.id !== id && !state.hasMoved(id)) state.move(id, finding.id);
  else return unknown(leased, 'HubSpot did not mention the record', state, world);
  return;
}

export const notFound = (id: string) => ({
  httpStatus: 404,
  error: {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message: 'Object not found',
    context: { ids: [id] },
  } as const,
});

function outOfTime(leased: LeasedEntry, state: DeliveryState, world: Concluding): Stop {
  unknown(leased, 'no time left to look', state, world);
  return world.outOfSlots();
}

/**
 * Without an answer nothing is known. What may be repeated is, once this try is over; a create that nothing could recognise only
 * where that is wanted.
 */
function unknown(
  { entry, ledger, newHome }: LeasedEntry,
  cause: string,
  state: DeliveryState,
  { clock, leaseEnd, repeatsKeyless }: Concluding,
  retryAfter: DurationMs = milliseconds(0),
): undefined {
  for (const lease of [ledger, newHome]) if (lease !== undefined) state.endLease(lease.name, 'keep');
  // Until its lease has ended nobody may write to the contact, this write included.
  const notBefore = laterOf(after(clock.now(), retryAfter), leaseEnd);
  for (const pending of entry.writes) {
    if (entry.address.kind === 'nobody' && !repeatsKeyless)
      state.setAside(pending, 'outcome-unknown', unknownDetail(pending, cause));
    else state.defer(pending, notBefore, pending.verb === 'create');
  }
}

const unknownDetail = ({ write }: PendingWrite, cause: string): string =>
  `HubSpot may have created the contact of write ${write.index}, the answer was lost (${cause})`;

/** How long a locked record is left alone where HubSpot does not say: its lock lasts 2 s. */
const LOCK: DurationMs = seconds(2);
/** A person's time to set a token, a scope or a property right. */
const TIME_TO_REPAIR: DurationMs = minutes(1);

/**
 * Nothing was written. A locked record is left alone for a while. What is about HubSpot as a whole, the pace has learned: the
 * entry stays where it is, and goes again when the pace gives the next slot. Nobody but a person can repair a token.
 */
export function putOff(
  entry: CallEntry,
  { reason, retryAfter }: Of<'deferred'>,
  state: DeliveryState,
  now: EpochMs,
): Stop | undefined {
  switch (reason) {
    case 'unauthorized':
    case 'no-write-id-property': {
      const notBefore = after(now, retryAfter ?? TIME_TO_REPAIR);
      deferEntry(entry, notBefore, state);
      return { reason, notBefore };
    }
    case 'locked':
      deferEntry(entry, after(now, retryAfter ?? LOCK), state);
      return undefined;
    case 'rate-limit':
    case 'daily-limit':
    case 'migration':
    case 'unreachable':
      // A try that was noted is over: the next one needs a number of its own, and gets it with a new message.
      if (entry.home === undefined && entry.address.kind === 'nobody') deferEntry(entry, now, state);
      return undefined;
    default:
      return assertNever(reason);
  }
}

function deferEntry(entry: CallEntry, notBefore: EpochMs, state: DeliveryState): void {
  for (const pending of entry.writes) state.defer(pending, notBefore, state.isInDoubt(pending));
}

/** Names under which the contact of an answer may be written: the home of its e-mail, or of its id when it has none. */
export function homeOfContact(id: ContactId, email: string | null | undefined): LedgerName {
  const value = email?.trim().toLowerCase() ?? '';
  return value === '' ? nameOfId(id) : nameOfKey('email', value);
}
