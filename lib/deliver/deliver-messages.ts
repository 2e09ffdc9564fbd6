import type { ContactLedger, LedgerName } from '../directory/contact-ledger.ts';
import type { OperationStore } from '../operations/operation-store.ts';
import type { WriteQueue } from '../operations/write-queue.ts';
import type { Pace } from '../pace/pace.ts';
import type { Clock } from '../runtime/clock.ts';
import { describeError, type Log } from '../runtime/logger.ts';
import { after, between, type DurationMs, days, type EpochMs, milliseconds, minutes } from '../runtime/units.ts';
import { type Concluding, concludeEntry, type Stop } from './conclude-entry.ts';
import { DeliveryState } from './delivery-state.ts';
import { handOn } from './hand-on.ts';
import { type LeasedEntry, leaseEntries } from './lease-entries.ts';
import { addressOf, type PendingWrite, pendingWritesOf, type WriteKey } from './pending-write.ts';
import { type PlannedCall, planCalls } from './plan-calls.ts';
import { type ContactsInTheWay, readConflicts } from './read-conflicts.ts';
import { takeInReading } from './read-contacts.ts';
import { type ReceivedMessage, receiveMessages } from './receive-messages.ts';
import { type CallRunner, type EntryVerdict, isRead, runCall, suspectsOf } from './run-call.ts';
import { settleOperations } from './settle-operations.ts';
import { TIME_TO_SETTLE } from './time-to-settle.ts';

/** What delivering needs of the world. */
export interface Delivery extends CallRunner {
  readonly operations: OperationStore;
  readonly ledger: ContactLedger;
  readonly queue: WriteQueue;
  readonly pace: Pace;
  readonly clock: Clock;
  /** For so long after a deadline a call may still take effect: no call outlives its lease. */
  readonly longestCommit: DurationMs;
  /** Uniform in [0, 1): spreads what comes back from an outage. */
  readonly random: () => number;
  readonly log: Log;
  /** Names an invocation; no two share one. */
  readonly newOwner: () => string;
}

/** A mapping from e-mail to id is written to only this long after an answer confirmed it; then it is asked for again. */
const MAPPING_IS_FRESH: DurationMs = minutes(10);
/** A write that was accepted longer ago is not delivered blindly: fences and outcomes may be gone (delivery rule 23). */
const LONGEST_LIFE_OF_A_WRITE: DurationMs = days(30);
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
  const open = distinctWrites(due.flatMap(({ message }) => pendingWritesOf(message)));
  const owner = delivery.newOwner();
  const state = new DeliveryState(open, owner);
  expireOld(state, startedAt);
  settleCreated(state);
  await recallContacts(state, delivery);
  const lastStart = after(deadline, milliseconds(-TIME_TO_SETTLE - delivery.timeout));
  const concluding: Concluding = {
    ...delivery,
    owner,
    takeSlot: () => delivery.pace.take(lastStart),
  };
  await deliverAll(state, after(deadline, delivery.longestCommit), lastStart, concluding);
  const unsettled = await settleOperations(open, state, startedAt, delivery);
  const stranded = await handOn(batch.messages, open, state, unsettled, delivery);
  await releaseLeases(state, concluding);
  return [...batch.failed, ...stranded];
}

/** A message may come twice in one batch; of a write's copies the one that is in doubt knows more. */
function distinctWrites(writes: readonly PendingWrite[]): readonly PendingWrite[] {
  const distinct = new Map<WriteKey, PendingWrite>();
  for (const pending of writes) if (!distinct.get(pending.key)?.write.inDoubt) distinct.set(pending.key, pending);
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
  for (const { name, home, id, confirmedAt } of await ledger.findHints([...names], 'eventual')) {
    state.setHome(name, home);
    if (id === undefined || confirmedAt === undefined) continue;
    state.learn(name, id, confirmedAt, between(confirmedAt, now) <= MAPPING_IS_FRESH);
  }
}

/** Makes calls, round after round, until every write is decided or no time is left. */
async function deliverAll(
  state: DeliveryState,
  leaseEnd: EpochMs,
  lastStart: EpochMs,
  world: Concluding,
): Promise<void> {
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
    const stops = await Promise.all(calls.map((call) => makeCall(call, state, leaseEnd, world)));
    const stop = stops.flat().find((each) => each !== undefined);
    if (stop === undefined && clock.now() < lastStart) continue;
    world.log.warn('calls-stopped', { reason: stop?.reason ?? 'out-of-time', openWrites: state.pending.length });
    state.deferAll(stop?.notBefore ?? clock.now());
    return;
  }
}

/** Takes a slot and leases, calls, and takes in what the answer says. */
async function makeCall(
  call: PlannedCall,
  state: DeliveryState,
  leaseEnd: EpochMs,
  world: Concluding,
): Promise<readonly (Stop | undefined)[]> {
  if (!(await world.takeSlot())) return [{ reason: 'out-of-time', notBefore: world.clock.now() }];
  if (isRead(call)) {
    const verdicts = await callAndLog(call, state, world);
    return Promise.all(
      call.entries.map((entry, n) => takeInReading(call, entry, verdicts[n] ?? { kind: 'missing' }, state, world)),
    );
  }
  const leased = await leaseEntries(call.entries, state, { ...world, leaseEnd });
  if (leased.length === 0) return [];
  const verdicts = await callAndLog({ ...call, entries: leased.map(({ entry }) => entry) }, state, world);
  const inTheWay = await readContactsInTheWay(leased, verdicts, world);
  return Promise.all(
    leased.map((each, n) => concludeEntry(each, verdicts[n] ?? { kind: 'missing' }, inTheWay, state, world)),
  );
}

/** A create that meets a contact may have met its own work, done by a consumer that died or never heard the answer. */
async function readContactsInTheWay(
  leased: readonly LeasedEntry[],
  verdicts: readonly EntryVerdict[],
  world: Concluding,
): Promise<ContactsInTheWay | undefined> {
  const conflicts = leased.flatMap(({ entry, ledger }, n) => {
    const verdict = verdicts[n];
    if (entry.writes[0].verb !== 'create' || verdict?.kind !== 'rejected' || verdict.existingId === undefined)
      return [];
    // The ledger knows whose work it is.
    if (ledger?.createdBy !== undefined && ledger.id === verdict.existingId) return [];
    return [{ existingId: verdict.existingId, properties: entry.properties }];
  });
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
        const lesson = state.lessonOf(name);
        if (lesson === undefined) return ledger.release(name, owner);
        return ledger.settle({ name, owner, fence: new Map(), ...lesson });
      }),
    );
  } catch (error) {
    log.warn('lease-not-released', { error: describeError(error) });
  }
}
