import type { LinkJob } from '../hubspot/contact-paths.ts';
import { isPrimaryCompany, type Link } from '../operations/link.ts';
import type { FollowUp } from './follow-up.ts';
import type { PendingWrite, WriteKey } from './pending-write.ts';

/** The batch endpoint that takes an association, and the object type in its path. */
export interface LinkCall {
  readonly job: LinkJob;
  readonly toType: string;
}

/** An association on its way, and whose it is. */
export interface EntryLink extends Link {
  readonly of: PendingWrite;
  /** Its place among the associations of its write; 0 of an associate or dissociate. */
  readonly position: number;
}

/** What an entry wants of the associations of its contact: all by one endpoint. */
export interface EntryLinks extends LinkCall {
  readonly links: readonly [EntryLink, ...EntryLink[]];
}

/** Writes whose properties HubSpot has and whose associations are open. */
export type FollowUps = ReadonlyMap<WriteKey, FollowUp>;

/** Every association that a write brings. Of an update or upsert the door has merged those to one object. */
export function linksOf(pending: PendingWrite): readonly EntryLink[] {
  const { link, associations = [] } = pending.write;
  if (link !== undefined) return [{ ...link, of: pending, position: 0 }];
  if (pending.verb !== 'update' && pending.verb !== 'upsert') return [];
  return associations.map(({ to, types, toObjectType = '' }, position) => ({
    toType: toObjectType,
    toId: to.id,
    types,
    of: pending,
    position,
  }));
}

/** Which associations of a write are to be sent next; undefined when it is about properties, or these come first. */
export function nextLinks(pending: PendingWrite, followUps: FollowUps): EntryLinks | undefined {
  const { verb, key } = pending;
  const followUp = followUps.get(key);
  if (verb !== 'associate' && verb !== 'dissociate' && followUp === undefined) return undefined;
  const open = linksOf(pending).filter(({ position }) => !followUp?.decided.has(position));
  const [first, ...rest] = open;
  if (first === undefined) return undefined;
  const call = { job: jobOf(verb === 'dissociate', first), toType: first.toType };
  if (followUp?.isApart === true) return { ...call, links: [first] };
  return { ...call, links: [first, ...rest.filter(({ toType }) => toType === first.toType)] };
}

function jobOf(isRemoval: boolean, { types }: Link): LinkJob {
  if (isRemoval) return types === undefined ? 'archive' : 'labels/archive';
  return types === undefined ? 'associate/default' : 'create';
}

/** One association by itself, for what is made or taken away beside what writes want. */
export const callOfLink = (kind: 'associate' | 'dissociate', link: EntryLink): EntryLinks => ({
  job: jobOf(kind === 'dissociate', link),
  toType: link.toType,
  links: [link],
});

/**
 * Whether associations that come later may go in the inputs beside those before them: by the same endpoint, and in any order, which
 * two primary companies may not. Two removals between the same two objects may not either: what is to be made again after the first
 * is another matter than after the second.
 */
export function mayJoin(before: EntryLinks, next: EntryLinks): boolean {
  if (before.job !== next.job || before.toType !== next.toType) return false;
  if (before.job === 'archive' || before.job === 'labels/archive')
    return next.links.every(({ toId }) => before.links.every((link) => link.toId !== toId));
  const primary = before.links.find(bringsPrimary);
  return primary === undefined || next.links.every((link) => link.toId === primary.toId || !bringsPrimary(link));
}

const bringsPrimary = ({ types = [] }: Link): boolean => types.some(isPrimaryCompany);
