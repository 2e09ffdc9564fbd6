import type { FollowUpMark, LinkOutcome } from '../operations/link.ts';
import type { QueuedWrite } from '../operations/message.ts';
import type { Answer, Outcome } from '../operations/outcome.ts';
import { linksOf } from './entry-links.ts';
import type { PendingWrite } from './pending-write.ts';

/** A write between its waves: HubSpot has its properties, and its associations are made one endpoint after the other. */
export interface FollowUp extends FollowUpMark {
  /** HubSpot's answer to the properties, for a caller that waits. */
  readonly body?: Answer['body'];
  /** By position. */
  readonly decided: ReadonlyMap<number, LinkOutcome>;
  /** HubSpot refused some of them together: each goes by itself, so that the culprit alone is rejected. */
  readonly isApart: boolean;
}

/** The second wave of a write whose properties had this outcome; undefined when there is none. */
export function followUpOf(pending: PendingWrite, outcome: Outcome, body?: Answer['body']): FollowUp | undefined {
  const { kind } = outcome;
  if (kind !== 'created' && kind !== 'updated' && kind !== 'superseded') return undefined;
  if (outcome.associations !== undefined || linksOf(pending).length === 0 || pending.write.link !== undefined)
    return undefined;
  // The contact was archived or renamed since: nobody can say any more which it was.
  if (outcome.id === undefined) return undefined;
  const stage = 'stage' in outcome && outcome.stage !== undefined && { stage: outcome.stage };
  const open = { decided: new Map(), isApart: false };
  return { id: outcome.id, outcome: kind, ...stage, ...open, ...(body !== undefined && { body }) };
}

/** What a message says of a write between its waves. */
export const resume = (mark: FollowUpMark): FollowUp => ({ ...mark, decided: new Map(), isApart: false });

/** How it travels: what was decided is in the fence, or is refused once more. */
export const markOf = ({ id, outcome, stage }: FollowUp): Pick<QueuedWrite, 'followUp'> => ({
  followUp: { id, outcome, ...(stage !== undefined && { stage }) },
});

/** One more association is decided. */
export const decideLink = (followUp: FollowUp, position: number, outcome: LinkOutcome): FollowUp => ({
  ...followUp,
  decided: new Map([...followUp.decided, [position, outcome]]),
});

/** The outcome of the whole write; undefined as long as an association is open. */
export function outcomeOf(pending: PendingWrite, { id, outcome, stage, decided }: FollowUp): Outcome | undefined {
  const associations = linksOf(pending).flatMap(({ position }) => decided.get(position) ?? []);
  if (associations.length < linksOf(pending).length) return undefined;
  const { index } = pending.write;
  if (outcome === 'superseded') return { kind: outcome, index, id, associations };
  return { kind: outcome, index, id, associations, ...(stage !== undefined && { stage }) };
}

/** An outcome of properties that cannot be followed by their associations, since nobody knows whose they would be. */
export function withoutContact(pending: PendingWrite, outcome: Outcome): Outcome {
  if (outcome.kind !== 'superseded' || outcome.id !== undefined || outcome.associations !== undefined) return outcome;
  const links = pending.write.link === undefined ? linksOf(pending) : [];
  if (links.length === 0) return outcome;
  const message = 'the contact was archived or renamed by a newer write before its associations were made';
  const error = { status: 'error', category: 'OBJECT_NOT_FOUND', message } as const;
  const associations = links.map(
    ({ toType, toId }): LinkOutcome => ({ toObjectType: toType, toObjectId: toId, outcome: 'rejected', error }),
  );
  return { ...outcome, associations };
}
