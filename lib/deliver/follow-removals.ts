import type { LeasedEntry } from './lease-entries.ts';
import type { PlannedCall } from './plan-calls.ts';
import type { EntryVerdict } from './run-call.ts';

/** What following removals needs: the right to make one more call, and HubSpot. */
export interface RemovalFollowing {
  readonly takeSlot: () => Promise<boolean>;
  readonly read: (call: PlannedCall) => Promise<readonly EntryVerdict[]>;
}

/**
 * Looks for the contacts from which a call has taken associations away: its `204` does not tell that one was merged meanwhile, so that
 * newer associations of the survivor went, or that nothing was done. Of one that is not where it was the answer says nothing; a
 * removal whose contact could not be read comes again as a whole.
 */
export async function followRemovals(
  call: PlannedCall,
  leased: readonly LeasedEntry[],
  verdicts: readonly EntryVerdict[],
  { takeSlot, read }: RemovalFollowing,
): Promise<readonly EntryVerdict[]> {
  const removed = leased.flatMap(({ entry }, n) => (verdicts[n]?.kind === 'delivered' ? [entry] : []));
  if (call.kind !== 'dissociate' || removed.length === 0) return verdicts;
  // Nothing is in doubt: the removal comes again.
  if (!(await takeSlot())) return verdicts.map((each) => (each.kind === 'delivered' ? NOT_READ : each));
  const entries = removed.map(({ links: _, ...entry }) => entry);
  const readings = await read({ kind: 'identify', entries });
  return verdicts.map((verdict, n) => {
    const entry = leased[n]?.entry;
    const reading = entry === undefined ? undefined : readings[removed.indexOf(entry)];
    if (verdict.kind !== 'delivered' || entry === undefined || reading === undefined) return verdict;
    if (reading.kind === 'deferred' || reading.kind === 'unknown') return reading;
    return reading.kind === 'delivered' && reading.id === entry.id ? verdict : { kind: 'missing' };
  });
}

const NOT_READ: EntryVerdict = { kind: 'deferred', reason: 'rate-limit' };
