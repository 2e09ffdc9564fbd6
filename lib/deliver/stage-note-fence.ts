import { type Fence, type OrderKey, STAGE, STAGE_CLEARED } from '../directory/contact-ledger.ts';
import type { StageNote } from '../operations/lifecycle.ts';
import { orderOf, type PendingWrite } from './pending-write.ts';

/** Names in fences that tell what became of a stage, e.g. `lifecyclestage:kept:backward:customer`. HubSpot has no such properties. */
const KEPT = `${STAGE}:kept:`;
const MOVED_BACK = `${STAGE}:moved-back:`;

/**
 * What the ledger remembers of a note, beside the stage's own order key: when the outcome could not be stored, the next delivery finds the
 * write delivered and has to tell the same. A stage that was moved back was cleared first, so that older clears are done with.
 */
export function fenceOfNote(note: StageNote, order: OrderKey): Fence {
  return note.kind === 'kept'
    ? new Map([[`${KEPT}${note.reason}:${note.stage}`, order]])
    : new Map([
        [`${MOVED_BACK}${note.from}`, order],
        [STAGE_CLEARED, order],
      ]);
}

/** What the ledger remembers of the stage that a delivered write brought; undefined when it was set, or there was none. */
export function noteInFence(pending: PendingWrite, fence: Fence): StageNote | undefined {
  const sent = pending.write.properties[STAGE];
  if (sent === undefined) return undefined;
  const own = orderOf(pending);
  for (const [name, order] of fence) {
    if (order !== own) continue;
    if (name.startsWith(MOVED_BACK)) return { kind: 'moved-back', sent, from: name.slice(MOVED_BACK.length) };
    if (!name.startsWith(KEPT)) continue;
    const [reason, ...stage] = name.slice(KEPT.length).split(':');
    return { kind: 'kept', sent, stage: stage.join(':'), reason: reason === 'backward' ? 'backward' : 'unknown' };
  }
  return undefined;
}
