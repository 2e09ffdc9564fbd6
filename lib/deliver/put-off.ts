import { assertNever } from '../runtime/assert-never.ts';
import { after, type DurationMs, type EpochMs, laterOf, milliseconds, minutes, seconds } from '../runtime/units.ts';
import type { Concluding, Stop } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { LeasedEntry } from './lease-entries.ts';
import type { PendingWrite } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';
import type { EntryVerdict } from './run-call.ts';

/**
 * Without an answer nothing is known. What may be repeated is, once this try is over; a create that nothing could recognise only
 * where that is wanted.
 */
export function awaitEndOfTry(
  { entry, ledger, newHome, ownKey }: LeasedEntry,
  cause: string,
  state: DeliveryState,
  { clock, leaseEnd, repeatsKeyless }: Concluding,
  retryAfter: DurationMs = milliseconds(0),
): undefined {
  for (const lease of [ledger, newHome, ownKey]) if (lease !== undefined) state.endLease(lease.name, 'keep');
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

/** How long a write is put off whose contact, or whose store, cannot be had now. */
export const PUT_OFF: DurationMs = seconds(2);

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
  { reason, retryAfter }: Extract<EntryVerdict, { kind: 'deferred' }>,
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
    // The token lacks the scope of the object at the other end: that stops nobody but who wants to be associated with one.
    case 'forbidden-object-type':
      deferEntry(entry, after(now, TIME_TO_REPAIR), state);
      return undefined;
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
