import { STAGE } from '../directory/contact-ledger.ts';
import type { BatchResult } from '../hubspot/batch-answer.ts';
import type { QueuedPolicy, StageNote } from '../operations/lifecycle.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { bringsStage, type PendingWrite } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';
import type { EntryVerdict } from './run-call.ts';
import { type StageSetting, UNMENTIONED, writeStages } from './write-stages.ts';

/** What looking after stages needs beside the calls. */
export interface StageHeeding extends StageSetting {
  /** Of writes that bring none of their own. */
  readonly policy: QueuedPolicy;
  /** The portal's stages, first to last; empty when they are not known. Asked only when a stage was kept. */
  readonly stagesInOrder: () => Promise<readonly string[]>;
}

type Delivered = Extract<EntryVerdict, { kind: 'delivered' }>;

/** An entry after whose delivery the contact has another stage than the one sent. */
interface KeptStage {
  readonly entry: CallEntry;
  readonly verdict: Delivered;
  readonly sender: PendingWrite;
  readonly sent: string;
  /** The one that the contact has. */
  readonly stage: string;
}

/**
 * Looks at the lifecycle stages that HubSpot's answers tell, and heeds the policy of writes whose stage it did not take: notes the stage
 * that was kept, or clears it and sets the other, in two calls for all of them. A stage that was cleared and not set again has no
 * outcome, and the set's verdict counts: the write comes again as a whole. All other verdicts stay as they are.
 */
export async function heedStages(
  leased: readonly LeasedEntry[],
  verdicts: readonly EntryVerdict[],
  heeding: StageHeeding,
): Promise<readonly EntryVerdict[]> {
  const found = verdicts.map((verdict, n) => findKept(leased[n]?.entry, verdict));
  if (found.every((kept) => kept === undefined)) return verdicts;
  const order = await heeding.stagesInOrder();
  const mayMove = (kept: KeptStage) =>
    (kept.sender.lifecycle ?? heeding.policy) === 'allow-backward' && mayBeBackward(kept, order);
  const own = found.filter((kept) => kept !== undefined).filter(({ verdict }) => !verdict.isShared);
  const moved = await moveBack(own.filter(mayMove), heeding);
  return verdicts.map((verdict, n) => {
    const kept = found[n];
    // Once the names of one contact are known, its writes go one after the other, and the stage of each can be told.
    if (kept?.verdict.isShared) return wasMade(kept) ? verdict : { ...kept.verdict, isStageUnclear: true };
    return kept === undefined ? verdict : (moved.get(kept) ?? noteKept(kept, kept.stage, order));
  });
}

/** An answer that lacks the property, or shows it empty where a stage was sent, claims nothing. */
function findKept(entry: CallEntry | undefined, verdict: EntryVerdict): KeptStage | undefined {
  if (entry === undefined || verdict.kind !== 'delivered') return undefined;
  const sent = entry.properties[STAGE];
  const stage = stageIn(verdict);
  if (sent === undefined || !stage || stage === sent.trim()) return undefined;
  // Of merged writes the last that has a stage brought it: those of the others were superseded.
  const sender = entry.writes.findLast(bringsStage);
  return sender && { entry, verdict, sender, sent, stage };
}

const stageIn = ({ body }: Delivered): string | null | undefined => body.properties?.[STAGE];

/** Clears the stages, then sets those that are cleared; the verdict of each entry by what is known of it then. */
async function moveBack(
  kept: readonly KeptStage[],
  setting: StageSetting,
): Promise<ReadonlyMap<KeptStage, EntryVerdict>> {
  const moved = new Map<KeptStage, EntryVerdict>();
  if (kept.length === 0) return moved;
  const clears = await writeStages(
    kept.map(({ entry, verdict: { id } }) => ({ entry, id, stage: '' })),
    setting,
  );
  const cleared: KeptStage[] = [];
  for (const [n, each] of kept.entries()) {
    const clear = clears[n] ?? UNMENTIONED;
    if (clear.kind === 'delivered' && !stageIn(clear)) cleared.push(each);
    else if (clear.kind !== 'delivered' && clear.kind !== 'rejected') moved.set(each, clear);
  }
  if (cleared.length === 0) return moved;
  const sets = await writeStages(
    cleared.map(({ entry, verdict: { id }, sent }) => ({ entry, id, stage: sent })),
    setting,
  );
  for (const [n, each] of cleared.entries()) moved.set(each, concludeSet(each, sets[n] ?? UNMENTIONED));
  return moved;
}

function concludeSet(kept: KeptStage, set: EntryVerdict): EntryVerdict {
  // Refused by itself, the stage is one that the portal has no more: it stays cleared.
  if (set.kind === 'rejected') return noteKept(kept, '', []);
  if (set.kind !== 'delivered') return set;
  const stage = stageIn(set);
  // Cleared it was, so that no order of stages says why: a person, a workflow or another name of the contact has set it in between.
  if (stage && stage !== kept.sent.trim()) return noteKept(kept, stage, []);
  const note = { kind: 'moved-back', sent: kept.sent, from: kept.stage } as const;
  return { ...kept.verdict, body: showing(kept.verdict.body, kept.sent), stage: note };
}

function noteKept(kept: KeptStage, stage: string, order: readonly string[]): EntryVerdict {
  const isBackward = stage === kept.stage && !wasMade(kept) && compareStages(kept.sent, stage, order) === 'before';
  const note: StageNote = { kind: 'kept', sent: kept.sent, stage, reason: isBackward ? 'backward' : 'unknown' };
  return { ...kept.verdict, body: showing(kept.verdict.body, stage), stage: note };
}

const showing = (body: BatchResult, stage: string): BatchResult => ({
  ...body,
  properties: { ...body.properties, [STAGE]: stage },
});

/** A new contact gets its stage whatever it is, a clear is always made, and what lies ahead was not kept for being behind. */
const mayBeBackward = (kept: KeptStage, order: readonly string[]): boolean =>
  kept.sent !== '' && !wasMade(kept) && compareStages(kept.sent, kept.stage, order) !== 'after';

const wasMade = ({ entry: { writes, id }, verdict: { isNew } }: KeptStage): boolean =>
  isNew || (writes[0].verb === 'create' && id === undefined);

/** Where `stage` stands to `other`; undefined when the portal's order does not tell. */
function compareStages(stage: string, other: string, order: readonly string[]): 'before' | 'after' | undefined {
  const [place, otherPlace] = [order.indexOf(stage.trim()), order.indexOf(other)];
  if (place < 0 || otherPlace < 0) return undefined;
  return place < otherPlace ? 'before' : 'after';
}
