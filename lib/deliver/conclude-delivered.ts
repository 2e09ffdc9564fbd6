import { raiseFence } from '../directory/compact-fence.ts';
import {
  type Fence,
  type LedgerEntry,
  nameOfId,
  type OrderKey,
  type Prints,
  STAGE,
  STAGE_CLEARED,
} from '../directory/contact-ledger.ts';
import { printOf, raisePrints } from '../directory/value-prints.ts';
import type { BatchResult } from '../hubspot/batch-answer.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { StageNote } from '../operations/lifecycle.ts';
import type { Outcome } from '../operations/outcome.ts';
import { type EpochMs, epochMs } from '../runtime/units.ts';
import type { Concluding } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';
import { wentAstray } from './follow-contact.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { type Mapping, mappingAfter, takesKeyAway } from './mapping-after.ts';
import { bringsStage, orderOf } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';
import { awaitEndOfTry } from './put-off.ts';
import type { EntryVerdict } from './run-call.ts';
import { fenceOfNote } from './stage-note-fence.ts';
import { storeUnderLease } from './store-under-lease.ts';

/** HubSpot was seen to carry it out. */
export async function concludeDelivered(
  leased: LeasedEntry,
  { id, isNew, body, stage, isShared, isStageUnclear }: Omit<Extract<EntryVerdict, { kind: 'delivered' }>, 'kind'>,
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const { entry } = leased;
  if (await wentAstray(leased, { id, isNew, body }, state, world)) return;
  if (isStageUnclear) return awaitEndOfTry(leased, 'the stage may be what another input brought', state, world);
  const now = world.clock.now();
  const prints = printsOf(entry, isShared ? {} : body);
  const mapping = mappingAfter(leased, id, body, state, now);
  if (!(await storeDelivery(leased, id, mapping, fenceOf(entry, stage), state, world, now, prints))) {
    // HubSpot has it and the ledger does not: the next delivery finds out, as after a lost answer.
    for (const pending of entry.writes) state.defer(pending, now, true);
    return;
  }
  learn(leased, id, mapping, state, now);
  const sender = entry.writes.findLast(bringsStage);
  for (const [position, pending] of entry.writes.entries()) {
    // Of merged upserts that made a contact, the oldest made it and the others changed it.
    const created = pending.verb === 'create' || (isNew && position === 0);
    const note = stage !== undefined && pending === sender && { stage };
    const outcome: Outcome = { kind: created ? 'created' : 'updated', index: pending.write.index, id, ...note };
    state.settle(pending, outcome, body);
  }
}

/**
 * Fence, id and release, the new home of a renamed contact before the old one; false when any of it is not stored. Without a `mapping` the
 * ledger keeps the id that it has.
 */
export async function storeDelivery(
  { entry, ledger, newHome }: LeasedEntry,
  id: ContactId,
  mapping: Mapping | undefined,
  fence: Fence,
  state: DeliveryState,
  world: Concluding,
  now: EpochMs,
  prints: Prints = new Map(),
): Promise<boolean> {
  if (ledger === undefined) return true;
  const { owner } = world;
  const stage = newStageOf(fence, entry, ledger);
  const [first] = entry.writes;
  const store = async () => {
    if (newHome !== undefined) {
      const kept = stage === undefined ? (ledger.stage ?? null) : stage;
      const raised = raiseFence(ledger.fence, fence, epochMs(0));
      const isNewest = (raised.get(STAGE) ?? '') > (newHome.fence.get(STAGE) ?? '');
      const before = { fence: ledger.fence, prints: ledger.prints ?? new Map() };
      const inherited = {
        fence: raised,
        prints: raisePrints(before, { fence, prints }, raised),
        ...(isNewest && { stage: kept }),
      };
      if (!(await world.ledger.settle({ name: newHome.name, owner, id, confirmedAt: now, ...inherited }))) return false;
      state.leaseEnded(newHome.name);
      await world.ledger.point(nameOfId(id), newHome.name);
    }
    const isRenamed = newHome !== undefined && ledger.name !== nameOfId(id);
    const creation = first.verb === 'create' && { creation: { by: first.key, id } };
    const settlement = { name: ledger.name, owner, fence, prints, ...creation, ...(stage !== undefined && { stage }) };
    // Since when it leads to nobody: who learned of the contact before has to ask again.
    const former = isRenamed ? { id: null, confirmedAt: now } : mapping;
    return world.ledger.settle({ ...settlement, ...former });
  };
  return storeUnderLease(ledger.name, store, state, world);
}

/** The newest write of each property that the entry brought. */
function fenceOf(entry: CallEntry, stage: StageNote | undefined): Fence {
  const fence = new Map<string, OrderKey>();
  for (const pending of entry.writes) {
    const order = orderOf(pending);
    for (const name of Object.keys(pending.write.properties)) fence.set(name, order);
    if (pending.write.properties[STAGE] === '') fence.set(STAGE_CLEARED, order);
  }
  const sender = entry.writes.findLast(bringsStage);
  if (stage === undefined || sender === undefined) return fence;
  return new Map([...fence, ...fenceOfNote(stage, orderOf(sender))]);
}

/**
 * Of the values as HubSpot stores them, where its answer shows them; of the lifecycle stage as it was sent, also where HubSpot ignored a
 * step backward.
 */
function printsOf({ properties }: CallEntry, { properties: stored }: Pick<BatchResult, 'properties'>): Prints {
  const sentOrShown = (name: string) =>
    (name === STAGE || stored?.[name] === undefined ? properties[name] : stored[name]) ?? '';
  return new Map(Object.keys(properties).map((name) => [name, printOf(sentOrShown(name))]));
}

/** The lifecycle stage that the entry brought, null when it cleared it; undefined when a newer write had the last word. */
function newStageOf(fence: Fence, { properties }: CallEntry, ledger: LedgerEntry): string | null | undefined {
  const isNewest = (fence.get(STAGE) ?? '') > (ledger.fence.get(STAGE) ?? '');
  return isNewest ? properties[STAGE] || null : undefined;
}

function learn(
  { entry, newHome }: LeasedEntry,
  id: ContactId,
  mapping: Mapping | undefined,
  state: DeliveryState,
  now: EpochMs,
): void {
  const { address } = entry;
  if (address.kind === 'key') {
    if (takesKeyAway(entry)) state.forget(address.name);
    else if (mapping?.confirmedAt === now) state.learn(address.name, id, now, true);
    else if (mapping === undefined) state.unconfirm(address.name);
  }
  if (newHome === undefined) return;
  state.learn(newHome.name, id, now, true);
  state.setHome(nameOfId(id), newHome.name);
}

/** A create that made its contact, which would not take its values again: it was created nevertheless. */
export const concludeMade = (leased: LeasedEntry, id: ContactId, state: DeliveryState, world: Concluding) =>
  concludeDelivered(leased, { id, isNew: true, body: { id } }, state, world);
