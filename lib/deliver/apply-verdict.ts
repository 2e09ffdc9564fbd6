import type { ContactKey } from '../directory/contact-directory.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { Outcome, WriteError } from '../operations/outcome.ts';
import { assertNever } from '../runtime/assert-never.ts';
import { after, type DurationMs, type EpochMs, minutes, seconds } from '../runtime/units.ts';
import type { DeliveryState } from './delivery-state.ts';
import { addressOf, type PendingWrite } from './pending-write.ts';
import { type CallEntry, changesEmail, type PlannedCall } from './plan-calls.ts';
import { redactValues } from './redact-values.ts';
import type { EntryVerdict } from './run-call.ts';

/** What is left to do after a call, beyond what its answer decided by itself. */
export type FollowUp =
  | { readonly kind: 'none' }
  /** Nothing more may be sent before then, by anybody. */
  | { readonly kind: 'stop'; readonly notBefore: EpochMs; readonly reason: string }
  /** The answer left this entry out: the contact has to be looked up by itself. */
  | { readonly kind: 'look-up'; readonly entry: CallEntry }
  /** A create met a contact that an earlier, lost call of its own may have made. */
  | {
      readonly kind: 'examine';
      readonly entry: CallEntry;
      readonly existingId: ContactId;
      readonly verdict: Extract<EntryVerdict, { kind: 'rejected' }>;
    };

const NONE: FollowUp = { kind: 'none' };

/** Changes `state` by what a call did to one of its entries. */
export function applyVerdict(
  state: DeliveryState,
  call: PlannedCall,
  entry: CallEntry,
  verdict: EntryVerdict,
  now: EpochMs,
): FollowUp {
  switch (verdict.kind) {
    case 'delivered':
      if (call.kind === 'resolve') learnAddress(state, entry, verdict.id, now);
      else settleDelivered(state, entry, verdict, now);
      return NONE;
    case 'rejected':
      return applyRejection(state, call, entry, verdict, now);
    case 'missing':
      if (call.kind === 'create' || call.kind === 'upsert') {
        deferUnknown(state, entry, 'HubSpot processed the call and did not mention the record', now);
        return NONE;
      }
      return { kind: 'look-up', entry };
    case 'unknown':
      deferUnknown(state, entry, verdict.cause, now, verdict.retryAfter);
      return NONE;
    case 'deferred':
      return applyDeferral(state, entry, verdict, now);
    case 'suspect':
      return NONE;
    default:
      return assertNever(verdict);
  }
}

/** Writes that HubSpot was seen to carry out. */
export function settleDelivered(
  state: DeliveryState,
  entry: CallEntry,
  { id, isNew, body }: Pick<Extract<EntryVerdict, { kind: 'delivered' }>, 'id' | 'isNew' | 'body'>,
  now: EpochMs,
): void {
  for (const [position, pending] of entry.writes.entries()) {
    // Of merged upserts that made a contact, the oldest made it and the others changed it.
    const created = pending.verb === 'create' || (isNew && position === 0);
    const outcome: Outcome = { kind: created ? 'created' : 'updated', index: pending.write.index, id };
    state.settle(pending, outcome, body);
  }
  learnAddress(state, entry, id, now);
  learnNewEmail(state, entry, id, now);
}

function learnAddress(state: DeliveryState, entry: CallEntry, id: ContactId, now: EpochMs): void {
  const { address } = entry;
  if (address.kind === 'key') state.learn({ idProperty: address.idProperty, value: address.value }, id, now);
}

/** After a change of e-mail the old one no longer surely names the contact, the new one does. */
function learnNewEmail(state: DeliveryState, entry: CallEntry, id: ContactId, now: EpochMs): void {
  const last = entry.writes.at(-1) ?? entry.writes[0];
  const email = entry.properties['email'];
  if (email === undefined || !changesEmail(last)) return;
  if (entry.address.kind === 'key' && entry.address.idProperty === 'email') state.forget(keyOf(entry.address));
  if (email.trim() !== '') state.learn({ idProperty: 'email', value: email.trim().toLowerCase() }, id, now);
}

const keyOf = ({ idProperty, value }: { idProperty: string; value: string }): ContactKey => ({ idProperty, value });

function applyRejection(
  state: DeliveryState,
  call: PlannedCall,
  entry: CallEntry,
  verdict: Extract<EntryVerdict, { kind: 'rejected' }>,
  now: EpochMs,
): FollowUp {
  if (call.kind !== 'resolve' && entry.writes.length > 1) {
    state.separate(entry);
    return NONE;
  }
  if (isStaleMapping(state, entry, verdict)) return NONE;
  const [pending] = entry.writes;
  if (verdict.existingId !== undefined) {
    learnAddress(state, entry, verdict.existingId, now);
    if (pending.verb === 'create' && pending.write.inDoubt) {
      return { kind: 'examine', entry, existingId: verdict.existingId, verdict };
    }
  }
  settleRejected(state, entry, verdict);
  return NONE;
}

/** An id from the directory that HubSpot does not know: forget it, and resolve the key once more. */
function isStaleMapping(
  state: DeliveryState,
  { address, id }: CallEntry,
  { error }: Extract<EntryVerdict, { kind: 'rejected' }>,
): boolean {
  if (error.category !== 'OBJECT_NOT_FOUND' || address.kind !== 'key' || id === undefined) return false;
  const key = keyOf(address);
  if (state.wasForgotten(key)) return false;
  state.forget(key);
  return true;
}

/** Writes that HubSpot refused for good; a key that resolves to nobody refuses all writes that were addressed by it. */
export function settleRejected(
  state: DeliveryState,
  entry: CallEntry,
  { httpStatus, error }: { httpStatus: number; error: WriteError },
): void {
  for (const pending of entry.writes) {
    const { index } = pending.write;
    state.settle(pending, { kind: 'rejected', index, httpStatus, error: redactValues(error, pending) }, error);
  }
}

/** Without an answer nothing is known. What may be repeated is; a create that nothing could recognise is not. */
export function deferUnknown(
  state: DeliveryState,
  entry: CallEntry,
  cause: string,
  now: EpochMs,
  retryAfter: DurationMs = seconds(2),
): void {
  for (const pending of entry.writes) {
    if (pending.verb === 'create' && addressOf(pending).kind === 'nobody') {
      const detail = `HubSpot may have created the contact of write ${pending.write.index}, the answer was lost (${cause})`;
      state.setAside(pending, 'outcome-unknown', detail);
    } else state.defer(pending, after(now, retryAfter), pending.verb === 'create');
  }
}

/** How long HubSpot is left alone where it does not say: its rolling window, its lock of 2 s, a person's time to act. */
const WAIT_BY_REASON: Readonly<Record<Extract<EntryVerdict, { kind: 'deferred' }>['reason'], DurationMs>> = {
  'rate-limit': seconds(10),
  'daily-limit': minutes(15),
  migration: minutes(15),
  locked: seconds(2),
  unreachable: seconds(5),
  unauthorized: minutes(1),
};

function applyDeferral(
  state: DeliveryState,
  entry: CallEntry,
  { reason, retryAfter }: Extract<EntryVerdict, { kind: 'deferred' }>,
  now: EpochMs,
): FollowUp {
  const notBefore = after(now, retryAfter ?? WAIT_BY_REASON[reason]);
  for (const pending of entry.writes) state.defer(pending, notBefore, pending.write.inDoubt === true);
  return reason === 'locked' ? NONE : { kind: 'stop', notBefore, reason };
}

/** Groups the suspects of a refused call. */
export function suspectsOf(
  call: PlannedCall,
  verdicts: readonly EntryVerdict[],
): ReadonlyMap<number, readonly CallEntry[]> {
  const groups = new Map<number, CallEntry[]>();
  for (const [position, verdict] of verdicts.entries()) {
    const entry = call.entries[position];
    if (verdict.kind !== 'suspect' || entry === undefined) continue;
    groups.set(verdict.group, [...(groups.get(verdict.group) ?? []), entry]);
  }
  return groups;
}

/** The write that a pending entry begins with; all of its writes share verb and address. */
export const leadOf = (entry: CallEntry): PendingWrite => entry.writes[0];
