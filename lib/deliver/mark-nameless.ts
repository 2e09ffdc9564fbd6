import { describeError } from '../runtime/logger.ts';
import { after, type EpochMs } from '../runtime/units.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { LeasedEntry, Leasing } from './lease-entries.ts';
import type { PendingWrite, WriteKey } from './pending-write.ts';
import { PUT_OFF } from './put-off.ts';

/**
 * A create that nothing names is noted before it is sent: who finds the note of an attempt that is over, and no outcome,
 * cannot know whether HubSpot has the contact.
 */
export async function markNameless(
  open: readonly LeasedEntry[],
  state: DeliveryState,
  { operations, clock, owner, leaseEnd, repeatsKeyless, log }: Leasing,
): Promise<readonly LeasedEntry[]> {
  const nameless = open.filter(({ entry }) => entry.home === undefined);
  if (nameless.length === 0) return open;
  const writes = nameless.map(({ entry }) => entry.writes[0]);
  const markings = await operations
    .markAttempts(
      writes.map(({ operationId, write }) => ({ operationId, index: write.index, attempt: write.tries ?? 0 })),
      owner,
      leaseEnd,
    )
    .catch((error: unknown) => {
      log.warn('attempts-not-noted', { writes: writes.length, error: describeError(error) });
      return undefined;
    });
  const now = clock.now();
  const sendable = new Set<WriteKey>();
  for (const [position, pending] of writes.entries()) {
    const marking = markings?.[position];
    if (marking === undefined) state.defer(pending, after(now, PUT_OFF), false);
    else if (marking.kind === 'handed-on') state.settledBefore(pending);
    else if (marking.kind === 'begun' && marking.until > now) state.await(pending, marking.until);
    else if (marking.kind === 'begun') giveUpOrRepeat(pending, repeatsKeyless, state, now);
    else {
      state.mark(pending);
      sendable.add(pending.key);
    }
  }
  return open.filter(({ entry }) => entry.home !== undefined || sendable.has(entry.writes[0].key));
}

/** Somebody began this attempt and it is over: nobody can tell what came of it. A repeat gets a number, and a note, of its own. */
function giveUpOrRepeat(pending: PendingWrite, repeats: boolean, state: DeliveryState, now: EpochMs): void {
  if (repeats) {
    state.mark(pending);
    state.defer(pending, now, true);
  } else {
    const detail = `HubSpot may have created the contact of write ${pending.write.index}: an attempt ended without a word`;
    state.setAside(pending, 'outcome-unknown', detail);
  }
}
