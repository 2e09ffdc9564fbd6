import { STAGE } from '../directory/contact-ledger.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { LeasedEntry } from './lease-entries.ts';
import type { PlannedCall } from './plan-calls.ts';
import type { EntryVerdict } from './run-call.ts';

/** What setting a stage needs: the right to make one more call, and HubSpot. */
export interface StageSetting {
  readonly takeSlot: () => Promise<boolean>;
  readonly call: (call: PlannedCall) => Promise<readonly EntryVerdict[]>;
}

/**
 * Sets the lifecycle stages again that late clears have just cleared, in a request of its own each: HubSpot moves a stage
 * backward in no other way (contacts guide). A clear that could not be followed by its set has no outcome, and its verdict
 * is the set's: it comes again as a whole. All other verdicts stay as they are.
 */
export async function setStagesAgain(
  leased: readonly LeasedEntry[],
  verdicts: readonly EntryVerdict[],
  setting: StageSetting,
): Promise<readonly EntryVerdict[]> {
  return Promise.all(
    verdicts.map(async (cleared, n) => {
      const each = leased[n];
      if (each?.stageAgain === undefined || cleared.kind !== 'delivered') return cleared;
      const set = await setStage(each, cleared.id, each.stageAgain, setting);
      // Refused by itself, the stage is one that the portal has no more, or its contact is gone: nothing can be set again.
      return set.kind === 'delivered' || set.kind === 'rejected' ? cleared : set;
    }),
  );
}

async function setStage(
  { entry }: LeasedEntry,
  id: ContactId,
  stage: string,
  { takeSlot, call }: StageSetting,
): Promise<EntryVerdict> {
  // Nothing is in doubt without a call: what was learned may be kept and the contact be free.
  if (!(await takeSlot())) return { kind: 'deferred', reason: 'rate-limit' };
  const [set] = await call({ kind: 'update', entries: [{ ...entry, id, properties: { [STAGE]: stage } }] });
  // Left out of the answer: merged away or gone, which the clear finds out when it comes again.
  return set === undefined || set.kind === 'missing' ? { kind: 'unknown', cause: 'the stage had no answer' } : set;
}
