import type { ContactId } from '../operations/contact-write.ts';
import { type EntryLink, type EntryLinks, mayJoin, nextLinks } from './entry-links.ts';
import { addressOf, homeOf, type KnownContacts, type PendingWrite } from './pending-write.ts';
import type { CallEntry, PlannedCall, TravelRules } from './plan-calls.ts';

/**
 * The oldest write of a chain as an entry of a call about associations, with those behind it that may travel in the same inputs;
 * undefined when it is about properties. Associations of one contact with several objects are several inputs of one call: they are
 * different records to HubSpot, and the order among them says nothing.
 */
export function takeLinkEntry(
  chain: readonly [PendingWrite, ...PendingWrite[]],
  known: KnownContacts,
  rules: TravelRules,
  mostInputs: number,
): CallEntry | undefined {
  const [first, ...rest] = chain;
  let links = nextLinks(first, rules.followUps);
  if (links === undefined) return undefined;
  const id = contactIdOf(first, known);
  const writes: [PendingWrite, ...PendingWrite[]] = [first];
  for (const next of rest) {
    const more = nextLinks(next, rules.followUps);
    if (more === undefined || !isSameTask(first, next, rules) || contactIdOf(next, known) !== id) break;
    if (!mayJoin(links, more) || links.links.length + more.links.length > mostInputs) break;
    writes.push(next);
    links = { ...links, links: [...links.links, ...more.links] };
  }
  const home = homeOf(first, known);
  return {
    writes,
    address: addressOf(first),
    properties: {},
    links,
    ...(home !== undefined && { home }),
    ...(id !== undefined && { id }),
  };
}

/** Follow-ups go by themselves: each settles a write of its own, with all that it brings. */
function isSameTask(first: PendingWrite, next: PendingWrite, { unmerged, quarantine }: TravelRules): boolean {
  if (first.write.link === undefined || first.verb !== next.verb) return false;
  if (unmerged.has(first.key) || unmerged.has(next.key)) return false;
  return quarantine.get(first.key) === quarantine.get(next.key);
}

function contactIdOf(pending: PendingWrite, known: KnownContacts): ContactId | undefined {
  const address = addressOf(pending);
  return address.kind === 'record' ? (known.moved.get(address.id) ?? address.id) : undefined;
}

/** The call that an entry about associations joins; a contact known by its id alone is identified first. */
export function callForLinks(pending: PendingWrite, links: EntryLinks, known: KnownContacts): PlannedCall {
  const address = addressOf(pending);
  if (address.kind === 'record' && (!known.homes.has(address.name) || known.unsure.has(address.name)))
    return { kind: 'identify', entries: [] };
  return linkCallOf(pending, links);
}

/** The call once the contact is identified. */
export function linkCallOf({ verb }: PendingWrite, { job, toType }: EntryLinks): PlannedCall {
  return { kind: verb === 'dissociate' ? 'dissociate' : 'associate', links: { job, toType }, entries: [] };
}

/** The inputs of an entry: one for each object, with all that its writes want of it. */
export function inputsOf({ links }: EntryLinks): readonly (readonly [EntryLink, ...EntryLink[]])[] {
  return [...Map.groupBy(links, ({ toId }) => toId).values()] as [EntryLink, ...EntryLink[]][];
}
