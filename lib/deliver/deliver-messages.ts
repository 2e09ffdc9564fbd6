import { type ContactLedger, type LedgerName, nameOfId } from '../directory/contact-ledger.ts';
import { MAPPING_IS_FRESH } from '../directory/mapping-is-fresh.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { QueuedPolicy } from '../operations/lifecycle.ts';
import type { OperationStore } from '../operations/operation-store.ts';
import type { WriteQueue } from '../operations/write-queue.ts';
import type { SharedPace } from '../pace/pace.ts';
import type { Clock } from '../runtime/clock.ts';
import { describeError, type Log } from '../runtime/logger.ts';
import { after, between, type DurationMs, days, type EpochMs, earlierOf, milliseconds } from '../runtime/units.ts';
import { concludeEntry } from './conclude-entry.ts';
import type { Concluding, Slots, Stop } from './concluding.ts';
import { DeliveryState } from './delivery-state.ts';
import { followMissing } from './follow-contact.ts';
import { followRemovals } from './follow-removals.ts';
import { handOn } from './hand-on.ts';
import { heedStages } from './heed-stages.ts';
import { type LeasedEntry, leaseEntries } from './lease-entries.ts';
import { makeLinksAgain } from './make-links-again.ts';
import { mendAstray } from './mend-astray.ts';
import { passOn, shareOut } from './pass-on.ts';
import { addressOf, type PendingWrite, pendingWritesOf, type WriteKey } from './pending-write.ts';
import { type CallEntry, type PlannedCall, planCalls } from './plan-calls.ts';
import { type ContactsInTheWay, conflictOf, readConflicts } from './read-conflicts.ts';
import { takeInReading } from './read-contacts.ts';
import { type OpenMessage, type ReceivedMessage, receiveMessages } from './receive-messages.ts';
import { type CallRunner, type EntryVerdict, isRead, runCall, suspectsOf } from './run-call.ts';
import { setStagesAgain } from './set-stages-again.ts';
import { settleOperations } from './settle-operations.ts';
import { TIME_TO_SETTLE } from './time-to-settle.ts';

/** What delivering needs of the world. */
export interface Delivery extends CallRunner {
  readonly operations: OperationStore;
  readonly ledger: ContactLedger;
  readonly queue: WriteQueue;
  readonly pace: SharedPace;
  /** Records that this consumer brings to HubSpot in an invocation when all are at work. */
  readonly recordsShare: number;
  readonly clock: Clock;
  /** For so long after a deadline a call may still take effect: no call outlives its lease. */
  readonly longestCommit: DurationMs;
  /** Uniform in [0, 1): spreads what comes back from an outage. */
  readonly random: () => number;
  readonly log: Log;
  /** Names an invocation; no two share one. */
  readonly newOwner: () => string;
  /**
   * What becomes of a create without any unique key when a try at it ended without an answer: `dead-letter` unless said
   * otherwise. With a `writeIdProperty` it is repeated in any case, since HubSpot refuses the second one.
   */
  readonly keylessCreatesInDoubt?: 'dead-letter' | 'repeat';
  /** What is done about a lifecycle stage that HubSpot does not take, where a write does not say: `forward` unless said otherwise. */
  readonly lifecyclePolicy?: QueuedPolicy;
  /** The portal's lifecycle stages, first to last; empty, or no function at all, when they are not known. Never rejects. */
  readonly stagesInOrder?: () => Promise<readonly string[]>;
}

/** A write that was accepted longer ago is not delivered blindly: fences and outcomes may be gone (delivery rule 23). */
const LONGEST_LIFE_OF_A_WRITE: DurationMs = days(30);
/**
 * Leases are taken while the slot of their call draws near, never while it is far (delivery rule 8): a first round trip, and what an
 * UpdateItem costs in CPU time.
 */
const TIME_TO_LEASE: DurationMs = milliseconds(20);
const TIME_TO_LEASE_ONE: DurationMs = milliseconds(2.5);
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
  const isDue = ({ message }: OpenMessage) => (message.notBefore ?? startedAt) <= startedAt;
  const { kept, surplus } = shareOut(batch.messages.filter(isDue), ownShare(delivery), delivery.random);
  const open = distinctWrites(kept.flatMap(({ message }) => pendingWritesOf(message)));
  const owner = delivery.newOwner();
  const state = new DeliveryState(open, owner);
  expireOld(state, startedAt);
  settleCreated(state);
  await recallContacts(state, delivery);
  const lastStart = after(deadline, milliseconds(-TIME_TO_SETTLE - delivery.timeout));
  const concluding: Concluding = {
    ...delivery,
    ...slotsOf(delivery.pace, lastStart, delivery.clock),
    linkSlots: slotsOf(delivery.linkLane?.pace ?? delivery.pace, lastStart, delivery.clock),
    owner,
    startedAt,
    leaseEnd: after(deadline, delivery.longestCommit),
    repeatsKeyless: delivery.writeIdProperty !== undefined || delivery.keylessCreatesInDoubt === 'repeat',
  };
  const deliverKept = async () => {
    await deliverAll(state, lastStart, concluding);
    const unsettled = await settleOperations(open, state, startedAt, delivery);
    state.keepUntold(open, unsettled);
    const rest = [...kept, ...batch.messages.filter((each) => !isDue(each))];
    const stranded = await handOn(rest, open, state, unsettled, delivery);
    await releaseLeases(state, concluding);
    return stranded;
  };
  const stranded = await Promise.all([deliverKept(), passOn(surplus, delivery.queue)]);
  return [...batch.failed, ...stranded.flat()];
}

const slotsOf = (pace: SharedPace, lastStart: EpochMs, clock: Clock): Slots => ({
  takeSlot: (wanted = 1) => pace.take(lastStart, wanted),
  bookSlot: (inputs, wanted) => pace.book(lastStart, milliseconds(TIME_TO_LEASE + inputs * TIME_TO_LEASE_ONE), wanted),
  outOfSlots: () => ({ reason: 'no-slot', notBefore: pace.returnAt() ?? clock.now() }),
});

/** While HubSpot is away a consumer keeps what it has: nobody could do more with it (delivery rule 25). */
const ownShare = ({ pace, recordsShare }: Delivery): number =>
  pace.closedUntil() === undefined && pace.returnAt() === undefined ? recordsShare : Number.POSITIVE_INFINITY;

/**
 * A message may come twice in one batch. Of a write's copies the one with the most tries counts: the store tells all others that
 * they were handed on, which is true only as long as that one is. Then the one that is in doubt: it knows more.
 */
function distinctWrites(writes: readonly PendingWrite[]): readonly PendingWrite[] {
  const knowledge = ({ write }: PendingWrite): number =>
    2 * (write.tries ?? 0) + (write.inDoubt || write.followUp !== undefined ? 1 : 0);
  const distinct = new Map<WriteKey, PendingWrite>();
  for (const pending of writes) {
    const other = distinct.get(pending.key);
    if (other === undefined || knowledge(other) < knowledge(pending)) distinct.set(pending.key, pending);
  }
  return [...distinct.values()];
}

function expireOld(state: DeliveryState, now: EpochMs): void {
  for (const pending of state.pending) {
    if (between(pending.acceptedAt, now) <= LONGEST_LIFE_OF_A_WRITE) continue;
    state.setAside(pending, 'expired', `write ${pending.write.index} was accepted more than 30 days ago`);
  }
}

/** Creates that HubSpot carried out and whose outcome could not be stored the last time. */
function settleCreated(state: DeliveryState): void {
  for (const pending of state.pending) {
    const { createdAs: id, index } = pending.write;
    if (id !== undefined) state.settle(pending, { kind: 'created', index, id });
  }
}

/** Looks up every name of a contact that the writes use. */
async function recallContacts(state: DeliveryState, { ledger, clock }: Delivery): Promise<void> {
  const names = new Set<LedgerName>();
  for (const pending of state.pending) {
    const address = addressOf(pending);
    if (address.kind !== 'nobody') names.add(address.name);
  }
  if (names.size === 0) return;
  const now = clock.now();
  for (const { name, home, id, confirmedAt, former } of await ledger.findHints([...names], 'eventual')) {
    state.setHome(name, home, former);
    if (id !== undefined && name.startsWith('id#') && name !== nameOfId(id)) state.move(name.slice(3) as ContactId, id);
    if (id === undefined || confirmedAt === undefined) continue;
    state.learn(name, id, confirmedAt, between(confirmedAt, now) <= MAPPING_IS_FRESH);
  }
}

/** Makes calls, round after round, until every write is decided or no time is left. */
async function deliverAll(state: DeliveryState, lastStart: EpochMs, world: Concluding): Promise<void> {
  const { clock } = world;
  for (;;) {
    state.deferHeld();
    const calls = planCalls(state.movable(clock.now()), state.known, state.rules);
    if (calls.length === 0) {
      const waking = state.nextWaking;
      if (waking === undefined) return;
      await clock.sleep(between(clock.now(), waking));
      continue;
    }
    const stops = await Promise.all(calls.map((call, n) => makeCall(call, calls.length - n, state, world)));
    const stop = stops.flat().find((each) => each !== undefined);
    if (stop === undefined) await Promise.all(state.takeAstray().map((each) => mendAstray(each, state, world)));
    if (stop === undefined && clock.now() < lastStart) continue;
    world.log.warn('calls-stopped', { reason: stop?.reason ?? 'out-of-time', openWrites: state.pending.length });
    if (stop !== undefined) await holdBatch(stop, lastStart, clock);
    state.deferAll(stop?.notBefore ?? clock.now());
    return;
  }
}

/** While nothing can be delivered a consumer keeps what it has: a backlog that goes round and round costs more (delivery rule 25). */
async function holdBatch({ notBefore }: Stop, lastStart: EpochMs, clock: Clock): Promise<void> {
  const now = clock.now();
  if (notBefore > now && lastStart > now) await clock.sleep(between(now, earlierOf(notBefore, lastStart)));
}

/** Takes a slot and leases, calls, and takes in what the answer says. */
async function makeCall(
  call: PlannedCall,
  wanted: number,
  state: DeliveryState,
  world: Concluding,
): Promise<readonly (Stop | undefined)[]> {
  if (isRead(call)) {
    if (!(await world.takeSlot(wanted))) return [world.outOfSlots()];
    const sentAt = world.clock.now();
    const verdicts = await callAndLog(call, state, world);
    return Promise.all(
      call.entries.map((entry, n) =>
        takeInReading(call, entry, verdicts[n] ?? { kind: 'missing' }, sentAt, state, world),
      ),
    );
  }
  const slots = call.links === undefined ? world : world.linkSlots;
  const prepared = await prepareCall(call, wanted, slots, state, world);
  if (prepared.kind === 'stopped') return [prepared.stop];
  const { leased } = prepared;
  if (leased.length === 0) return [];
  const first = await callAndLog({ ...call, entries: leased.map(({ entry }) => entry) }, state, world);
  const read = (reading: PlannedCall) => callAndLog(reading, state, world);
  const repair = { takeSlot: slots.takeSlot, call: (again: PlannedCall) => callAndLog(again, state, world) };
  const verdicts = await (call.links === undefined
    ? followStages(leased, first, state, world)
    : makeLinksAgain(leased, await followRemovals(call, leased, first, { takeSlot: world.takeSlot, read }), repair));
  const inTheWay = await readContactsInTheWay(leased, verdicts, state, world);
  const followed = await followMissing(leased, verdicts, state, { ...world, read });
  return Promise.all(
    leased.map(async (each, n) =>
      followed.has(each) ? undefined : concludeEntry(each, verdicts[n] ?? { kind: 'missing' }, inTheWay, state, world),
    ),
  );
}

/** What has to follow a call that wrote lifecycle stages, under the same leases. */
async function followStages(
  leased: readonly LeasedEntry[],
  verdicts: readonly EntryVerdict[],
  state: DeliveryState,
  world: Concluding,
): Promise<readonly EntryVerdict[]> {
  const { takeSlot, lifecyclePolicy: policy = 'forward', stagesInOrder = async () => [] } = world;
  const setting = { takeSlot, call: (call: PlannedCall) => callAndLog(call, state, world) };
  return heedStages(leased, await setStagesAgain(leased, verdicts, setting), { ...setting, policy, stagesInOrder });
}

type Prepared =
  | { readonly kind: 'may-call'; readonly leased: readonly LeasedEntry[] }
  | { readonly kind: 'stopped'; readonly stop: Stop };

/** A slot first, then the leases while it draws near. */
async function prepareCall(
  { entries }: PlannedCall,
  wanted: number,
  slots: Slots,
  state: DeliveryState,
  world: Concluding,
): Promise<Prepared> {
  if (entries.every(({ writes: [first] }) => state.hasRested(first)))
    return prepareRested(entries, slots, state, world);
  const slot = await slots.bookSlot(entries.length, wanted);
  if (slot === undefined) return { kind: 'stopped', stop: slots.outOfSlots() };
  const leased = await leaseEntries(entries, state, world);
  if (leased.length === 0) {
    await slot.leave();
    return { kind: 'may-call', leased };
  }
  // A slot that went by while leases were taken: another one is near.
  const mayCall = (await slot.start()) || (await slots.takeSlot(wanted));
  return mayCall ? { kind: 'may-call', leased } : { kind: 'stopped', stop: slots.outOfSlots() };
}

/** Contacts that others hold are asked for several times a second: a slot for each would be wasted on most. */
async function prepareRested(
  entries: readonly CallEntry[],
  slots: Slots,
  state: DeliveryState,
  world: Concluding,
): Promise<Prepared> {
  const leased = await leaseEntries(entries, state, world);
  if (leased.length === 0 || (await slots.takeSlot())) return { kind: 'may-call', leased };
  return { kind: 'stopped', stop: slots.outOfSlots() };
}

/** A create that meets a contact may have met its own work, done by a consumer that died or never heard the answer. */
async function readContactsInTheWay(
  leased: readonly LeasedEntry[],
  verdicts: readonly EntryVerdict[],
  state: DeliveryState,
  world: Concluding,
): Promise<ContactsInTheWay | undefined> {
  const conflicts = leased.flatMap((each, n) => conflictOf(each, verdicts[n], state, world.writeIdProperty) ?? []);
  return conflicts.length === 0 ? new Map() : readConflicts(conflicts, world.takeSlot, world);
}

async function callAndLog(
  call: PlannedCall,
  state: DeliveryState,
  world: Concluding,
): Promise<readonly EntryVerdict[]> {
  const verdicts = await runCall(call, world);
  state.quarantine(suspectsOf(call, verdicts));
  const counts: Record<string, number> = {};
  for (const { kind } of verdicts) counts[kind] = (counts[kind] ?? 0) + 1;
  world.log.info('hubspot-call', { call: call.kind, inputs: call.entries.length, ...counts });
  return verdicts;
}

/** Leases under which nothing is in doubt and no fence was stored. One that is not released ends by itself. */
async function releaseLeases(state: DeliveryState, { ledger, owner, log }: Concluding): Promise<void> {
  try {
    await Promise.all(
      state.leasesToRelease.map((name) => {
        const order = state.erasureOf(name);
        if (order !== undefined) return ledger.erase({ name, owner, order });
        const lesson = state.lessonOf(name);
        if (lesson === undefined) return ledger.release(name, owner);
        return ledger.settle({ name, owner, fence: new Map(), ...lesson });
      }),
    );
  } catch (error) {
    log.warn('lease-not-released', { error: describeError(error) });
  }
}
