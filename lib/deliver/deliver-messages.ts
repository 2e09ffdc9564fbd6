import type { ContactDirectory, ContactKey } from '../directory/contact-directory.ts';
import type { OperationStore } from '../operations/operation-store.ts';
import type { WriteQueue } from '../operations/write-queue.ts';
import type { Pace } from '../pace/pace.ts';
import type { Clock } from '../runtime/clock.ts';
import { describeError, type Log } from '../runtime/logger.ts';
import {
  after,
  between,
  type DurationMs,
  days,
  type EpochMs,
  milliseconds,
  minutes,
  seconds,
} from '../runtime/units.ts';
import {
  applyVerdict,
  deferUnknown,
  type FollowUp,
  settleDelivered,
  settleRejected,
  suspectsOf,
} from './apply-verdict.ts';
import { DeliveryState } from './delivery-state.ts';
import { findContact, wasMadeBy } from './find-contact.ts';
import { handOn } from './hand-on.ts';
import { addressOf, type PendingWrite, pendingWritesOf, writeKey } from './pending-write.ts';
import { type CallEntry, type PlannedCall, planCalls } from './plan-calls.ts';
import { type ReceivedMessage, receiveMessages } from './receive-messages.ts';
import { type CallRunner, type EntryVerdict, runCall } from './run-call.ts';
import { settleOperations } from './settle-operations.ts';

/** What delivering needs of the world. */
export interface Delivery extends CallRunner {
  readonly operations: OperationStore;
  readonly directory: ContactDirectory;
  readonly queue: WriteQueue;
  readonly pace: Pace;
  readonly clock: Clock;
  /** Uniform in [0, 1): spreads what comes back from an outage. */
  readonly random: () => number;
  readonly log: Log;
}

/** A mapping from e-mail to id is written to only this long after an answer confirmed it; then it is asked for again. */
const MAPPING_IS_FRESH: DurationMs = minutes(10);
/** A write that was accepted longer ago is not delivered blindly: fences and outcomes may be gone (delivery rule 23). */
const LONGEST_LIFE_OF_A_WRITE: DurationMs = days(30);
/** Kept free at the end of an invocation for settling and handing on. */
const TIME_TO_SETTLE: DurationMs = seconds(10);
/** While something else stops the calls, nothing is sent before this. */
const AT_ONCE: DurationMs = milliseconds(0);

/**
 * Brings the writes of a batch of messages to HubSpot.
 *
 * Returns the ids of the messages that stay on the queue. All others are accounted for: each of their writes is settled in
 * the store, handed on in a new message that SQS confirmed, or set aside with a reason. Throws when nothing could be
 * decided (a store is down): then the whole batch stays.
 */
export async function deliverMessages(
  received: readonly ReceivedMessage[],
  deadline: EpochMs,
  delivery: Delivery,
): Promise<readonly string[]> {
  const startedAt = delivery.clock.now();
  const batch = await receiveMessages(received, delivery.queue);
  const due = batch.messages.filter(({ message }) => (message.notBefore ?? startedAt) <= startedAt);
  const open = await withoutSettled(
    due.flatMap(({ message }) => pendingWritesOf(message)),
    delivery.operations,
  );
  const state = new DeliveryState(open);
  expireOld(state, startedAt);
  await recallContacts(state, delivery);
  await deliverAll(state, after(deadline, milliseconds(-TIME_TO_SETTLE)), delivery);
  await storeLearned(state, delivery);
  const unsettled = await settleOperations(open, state, startedAt, delivery);
  const stranded = await handOn(batch.messages, open, state, unsettled, delivery);
  return [...batch.failed, ...stranded];
}

/** A message may come twice, and a write may have been settled by another copy of it. */
async function withoutSettled(
  writes: readonly PendingWrite[],
  operations: OperationStore,
): Promise<readonly PendingWrite[]> {
  const distinct = new Map(writes.map((write) => [write.key, write]));
  if (distinct.size === 0) return [];
  const references = [...distinct.values()].map(({ operationId, write }) => ({ operationId, index: write.index }));
  for (const { operationId, index } of await operations.findSettled(references)) {
    distinct.delete(writeKey(operationId, index));
  }
  return [...distinct.values()];
}

function expireOld(state: DeliveryState, now: EpochMs): void {
  for (const pending of state.pending) {
    if (between(pending.acceptedAt, now) <= LONGEST_LIFE_OF_A_WRITE) continue;
    state.setAside(pending, 'expired', `write ${pending.write.index} was accepted more than 30 days ago`);
  }
}

/** Looks up every e-mail and other unique key that the writes name. */
async function recallContacts(state: DeliveryState, { directory, clock }: Delivery): Promise<void> {
  const keys = new Map<string, ContactKey>();
  for (const pending of state.pending) {
    const address = addressOf(pending);
    if (address.kind === 'key') keys.set(address.key, { idProperty: address.idProperty, value: address.value });
  }
  if (keys.size === 0) return;
  const now = clock.now();
  for (const contact of await directory.find([...keys.values()])) {
    state.recall(contact, between(contact.confirmedAt, now) <= MAPPING_IS_FRESH);
  }
}

/** Makes calls, round after round, until every write is decided or no time is left. */
async function deliverAll(state: DeliveryState, lastMoment: EpochMs, delivery: Delivery): Promise<void> {
  const lastStart = after(lastMoment, milliseconds(-delivery.timeout));
  for (;;) {
    state.deferHeld();
    const calls = planCalls(state.pending, state.known, state.rules);
    if (calls.length === 0) return;
    const followUps = await Promise.all(calls.map((call) => makeCall(call, state, lastStart, delivery)));
    const stop = followUps.flat().find((followUp) => followUp.kind === 'stop');
    if (stop === undefined) continue;
    delivery.log.warn('calls-stopped', { reason: stop.reason, openWrites: state.pending.length });
    state.deferAll(stop.notBefore);
    return;
  }
}

/** Takes a slot, calls, and applies what the answer says. */
async function makeCall(
  call: PlannedCall,
  state: DeliveryState,
  lastStart: EpochMs,
  delivery: Delivery,
): Promise<readonly FollowUp[]> {
  if (!(await delivery.pace.take(lastStart))) return [outOfTime(delivery)];
  const verdicts = await runCall(call, delivery);
  const now = delivery.clock.now();
  state.quarantine(suspectsOf(call, verdicts));
  const followUps = call.entries.map((entry, position) =>
    applyVerdict(state, call, entry, verdicts[position] ?? { kind: 'missing' }, now),
  );
  logCall(call, verdicts, delivery.log);
  return Promise.all(followUps.map((followUp) => followUpOn(followUp, state, lastStart, delivery)));
}

const outOfTime = ({ clock }: Delivery): FollowUp => ({
  kind: 'stop',
  notBefore: after(clock.now(), AT_ONCE),
  reason: 'out-of-time',
});

/** Reads a contact where the answer to a batch does not say enough of it. */
async function followUpOn(
  followUp: FollowUp,
  state: DeliveryState,
  lastStart: EpochMs,
  delivery: Delivery,
): Promise<FollowUp> {
  if (followUp.kind !== 'look-up' && followUp.kind !== 'examine') return followUp;
  if (!(await delivery.pace.take(lastStart))) {
    // An entry that is examined must stay in doubt; one that is looked up has not been decided at all.
    deferUnknown(state, followUp.entry, 'no time left to look', delivery.clock.now());
    return outOfTime(delivery);
  }
  if (followUp.kind === 'look-up') await lookUp(followUp.entry, state, delivery);
  else await examine(followUp, state, delivery);
  return { kind: 'none' };
}

/** An update whose contact HubSpot did not mention: merged away (then its new id is learned), or gone. */
async function lookUp(entry: CallEntry, state: DeliveryState, delivery: Delivery): Promise<void> {
  const { address, id } = entry;
  const byKey = id === undefined && address.kind === 'key';
  const asked = id ?? (address.kind === 'key' ? address.value : '');
  const finding = await findContact(asked, byKey ? address.idProperty : undefined, [], delivery);
  const now = delivery.clock.now();
  if (finding.kind === 'absent') {
    settleRejected(state, entry, notFound(asked));
  } else if (finding.kind === 'found' && byKey) {
    state.learn({ idProperty: address.idProperty, value: address.value }, finding.id, now);
  } else if (finding.kind === 'found' && id !== undefined && finding.id !== id && !state.hasMoved(id)) {
    state.move(id, finding.id);
  } else {
    deferUnknown(state, entry, 'HubSpot processed the call and did not mention the record', now);
  }
}

const notFound = (id: string) => ({
  httpStatus: 404,
  error: {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message: 'Object not found',
    context: { ids: [id] },
  } as const,
});

/** A CONFLICT on a create in doubt: the contact in its way may be the one it made itself. */
async function examine(
  { entry, existingId, verdict }: Extract<FollowUp, { kind: 'examine' }>,
  state: DeliveryState,
  delivery: Delivery,
): Promise<void> {
  const [pending] = entry.writes;
  const finding = await findContact(existingId, undefined, Object.keys(pending.write.properties), delivery);
  const now = delivery.clock.now();
  if (finding.kind === 'unknown') {
    deferUnknown(state, entry, 'the contact in the way could not be read', now);
  } else if (finding.kind === 'found' && wasMadeBy(pending, finding.contact)) {
    const { propertiesWithHistory: _, ...body } = finding.contact;
    settleDelivered(state, entry, { id: finding.id, isNew: true, body: { ...body, id: finding.id } }, now);
  } else settleRejected(state, entry, verdict);
}

/** The directory saves calls and keeps addresses together; without it nothing is lost, so its faults end here. */
async function storeLearned(state: DeliveryState, { directory, log }: Delivery): Promise<void> {
  try {
    if (state.forgotten.length > 0) await directory.forget(state.forgotten);
    if (state.learned.length > 0) await directory.learn(state.learned);
  } catch (error) {
    log.warn('directory-not-updated', { contacts: state.learned.length, error: describeError(error) });
  }
}

function logCall(call: PlannedCall, verdicts: readonly EntryVerdict[], log: Log): void {
  const counts: Record<string, number> = {};
  for (const { kind } of verdicts) counts[kind] = (counts[kind] ?? 0) + 1;
  log.info('hubspot-call', { call: call.kind, inputs: call.entries.length, ...counts });
}
