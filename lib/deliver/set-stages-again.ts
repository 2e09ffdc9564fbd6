import type { LeasedEntry } from './lease-entries.ts';
import type { EntryVerdict } from './run-call.ts';
import { type StageSetting, writeStages } from './write-stages.ts';

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
      const [set] = await writeStages([{ entry: each.entry, id: cleared.id, stage: each.stageAgain }], setting);
      // Refused by itself, the stage is one that the portal has no more: nothing can be set again.
      return set === undefined || set.kind === 'delivered' || set.kind === 'rejected' ? cleared : set;
    }),
  );
}
