import { STAGE } from '../directory/contact-ledger.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { CallEntry, PlannedCall } from './plan-calls.ts';
import type { EntryVerdict } from './run-call.ts';

/** What writing stages needs: the right to make one more call, and HubSpot. */
export interface StageSetting {
  readonly takeSlot: () => Promise<boolean>;
  readonly call: (call: PlannedCall) => Promise<readonly EntryVerdict[]>;
}

/** A stage for the contact of an entry, `""` to clear it. */
export interface StageWrite {
  readonly entry: CallEntry;
  readonly id: ContactId;
  readonly stage: string;
}

/**
 * Writes lifecycle stages and nothing else, under the leases of their entries, in one call: at most as many as a call takes. Those that
 * HubSpot refuses as a whole go again one by one. Without a slot they are `deferred`, and `unknown` is what no answer tells of.
 */
export async function writeStages(
  writes: readonly StageWrite[],
  setting: StageSetting,
): Promise<readonly EntryVerdict[]> {
  const verdicts = await writeTogether(writes, setting);
  const again: EntryVerdict[] = [];
  for (const [n, write] of writes.entries()) {
    const verdict = verdicts[n] ?? UNMENTIONED;
    const [alone = UNMENTIONED] = verdict.kind === 'suspect' ? await writeTogether([write], setting) : [verdict];
    again.push(isOfNobody(alone) ? UNMENTIONED : alone);
  }
  return again;
}

/** Of a contact that was merged away or is gone, which the whole write finds out when it comes again. */
const isOfNobody = (verdict: EntryVerdict): boolean =>
  verdict.kind === 'missing' || (verdict.kind === 'rejected' && verdict.error.category === 'OBJECT_NOT_FOUND');

/** Nothing is known of it. */
export const UNMENTIONED: EntryVerdict = { kind: 'unknown', cause: 'the stage had no answer' };

async function writeTogether(
  writes: readonly StageWrite[],
  { takeSlot, call }: StageSetting,
): Promise<readonly EntryVerdict[]> {
  // Nothing is in doubt without a call: what was learned may be kept and the contact be free.
  if (!(await takeSlot())) return writes.map(() => ({ kind: 'deferred', reason: 'rate-limit' }));
  const entries = writes.map(({ entry, id, stage }) => ({ ...entry, id, properties: { [STAGE]: stage } }));
  return call({ kind: 'update', entries });
}
