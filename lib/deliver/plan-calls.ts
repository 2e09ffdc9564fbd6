import { type LedgerName, STAGE } from '../directory/contact-ledger.ts';
import type { Association, ContactId, Verb } from '../operations/contact-write.ts';
import type { EntryLinks, FollowUps, LinkCall } from './entry-links.ts';
import { nextLinks } from './entry-links.ts';
import {
  type Address,
  addressOf,
  compareOrder,
  contactOf,
  homeOf,
  type KnownContacts,
  type PendingWrite,
  type WriteKey,
} from './pending-write.ts';
import { callForLinks, linkCallOf, takeLinkEntry } from './take-link-entry.ts';

/** HubSpot takes 100 inputs a call (Object APIs guide). */
export const MAX_INPUTS_PER_CALL = 100;

/** One input of a call: what one or more merged writes want of one contact. */
export interface CallEntry {
  /** In order; more than one only where they were merged. */
  readonly writes: readonly [PendingWrite, ...PendingWrite[]];
  readonly address: Address;
  /** Where its lease and fence are; absent for a create that nothing names. */
  readonly home?: LedgerName;
  /** The record id, when the call addresses by it. */
  readonly id?: ContactId;
  readonly properties: Readonly<Record<string, string>>;
  readonly associations?: readonly Association[];
  /** What it wants of its contact's associations, when it is about these and not about properties. */
  readonly links?: EntryLinks;
}

/**
 * One HTTP call to be made. Two kinds are a `batch/read`: `resolve` tells the ids of contacts known by a key alone,
 * `identify` the e-mails of contacts known by an id alone, so that writes by either meet under one lease.
 */
export interface PlannedCall {
  readonly kind: Verb | 'resolve' | 'identify';
  /** The unique property that addresses the inputs of an upsert or a resolve. */
  readonly idProperty?: string;
  /** The endpoint of an associate or dissociate. */
  readonly links?: LinkCall;
  readonly entries: readonly CallEntry[];
}

/** What earlier calls of this invocation taught about how writes may travel. */
export interface TravelRules {
  /** Writes whose merged entry was refused: they go by themselves, so that the culprit alone is rejected. */
  readonly unmerged: ReadonlySet<WriteKey>;
  /**
   * Writes whose whole call was refused without a name: writes of one group travel together and with nobody else, until
   * the culprit is alone.
   */
  readonly quarantine: ReadonlyMap<WriteKey, string>;
  /** Creates that made their contact already: what may have been overwritten since goes as an update. */
  readonly made: ReadonlyMap<WriteKey, ContactId>;
  readonly followUps: FollowUps;
}

/**
 * Decides which calls to make next.
 *
 * Of each contact only the oldest writes stand to be sent: later ones of another kind wait for the next round, so that a
 * contact is in one call at a time and no call mixes verbs. A call that is not full waits as long as writes further back
 * may still fill it, unless nothing else can move; the fullest goes first.
 */
export function planCalls(pending: readonly PendingWrite[], known: KnownContacts, rules: TravelRules): PlannedCall[] {
  const groups = new Map<string, { call: PlannedCall; entries: CallEntry[] }>();
  const expected = new Set<string>();
  const written = new Set<ContactId>();
  const read = new Set<ContactId>();
  for (const chain of chainsOf(pending, known)) {
    const entry = takeEntry(chain, known, rules);
    const { name, call } = groupOf(entry, known, rules);
    const isRead = call.kind === 'resolve' || call.kind === 'identify';
    if (entry.id !== undefined) {
      // Two names that nobody knows to be one contact's: HubSpot refuses a call that names an id twice.
      const ids = isRead ? read : written;
      if (ids.has(entry.id)) continue;
      ids.add(entry.id);
    }
    const group = groups.get(name) ?? { call, entries: [] };
    group.entries.push(entry);
    groups.set(name, group);
    if (isRead) expected.add(nameOf(callAfterReading(entry), quarantineOf(entry, rules)));
    for (const later of chain.slice(entry.writes.length)) expected.add(groupNameOfLater(later, known, rules));
  }
  return chooseCalls([...groups], expected);
}

/** The writes of each contact, oldest first. */
function chainsOf(pending: readonly PendingWrite[], known: KnownContacts): PendingWrite[][] {
  const chains = new Map<string, PendingWrite[]>();
  for (const write of pending) {
    const contact = contactOf(write, known);
    const chain = chains.get(contact);
    if (chain === undefined) chains.set(contact, [write]);
    else chain.push(write);
  }
  for (const chain of chains.values()) if (chain.length > 1) chain.sort(compareOrder);
  return [...chains.values()];
}

/** The oldest write of a chain, merged with those behind it that may travel in the same input. */
function takeEntry(chain: readonly PendingWrite[], known: KnownContacts, rules: TravelRules): CallEntry {
  const [first, ...rest] = chain as readonly [PendingWrite, ...PendingWrite[]];
  const aboutLinks = takeLinkEntry([first, ...rest], known, rules, MAX_INPUTS_PER_CALL);
  if (aboutLinks !== undefined) return aboutLinks;
  const writes: [PendingWrite, ...PendingWrite[]] = [first];
  let properties = first.write.properties;
  for (const next of rest) {
    const previous = writes.at(-1) ?? first;
    if (!mayMerge(previous, next, properties, rules)) break;
    writes.push(next);
    properties = { ...properties, ...next.write.properties };
  }
  const address = addressOf(first);
  const id = idOf(first, address, known, rules);
  const home = homeOf(first, known);
  return {
    writes,
    address,
    properties,
    ...(home !== undefined && { home }),
    ...(id !== undefined && { id }),
    ...(first.write.associations !== undefined && { associations: first.write.associations }),
  };
}

/** The id that an entry is addressed by; only updates, archives and GDPR deletes are. */
function idOf(
  { key, verb }: PendingWrite,
  address: Address,
  known: KnownContacts,
  { made }: TravelRules,
): ContactId | undefined {
  const own = made.get(key);
  if (own !== undefined) return known.moved.get(own) ?? own;
  // By e-mail HubSpot also blocks an e-mail that nobody has: that is what is asked of it.
  if (verb === 'gdpr-delete') return goesByEmail(address) ? undefined : recordIdOf(address, known);
  return verb === 'update' || verb === 'archive' ? recordIdOf(address, known) : undefined;
}

const goesByEmail = (address: Address): boolean => address.kind === 'key' && address.idProperty === 'email';

/** Only updates and archives need the record id; an upsert always goes by the key it came with (delivery rule 15). */
function recordIdOf(address: Address, known: KnownContacts): ContactId | undefined {
  if (address.kind === 'record') return known.moved.get(address.id) ?? address.id;
  if (address.kind !== 'key' || !known.confirmed.has(address.name)) return undefined;
  const id = known.ids.get(address.name);
  // Merged away: reading its key tells which names the contact has now.
  return id === undefined || known.moved.has(id) ? undefined : id;
}

/**
 * Whether `next` may join writes that end with `previous`. Creates never merge: HubSpot would make one contact where two
 * were reported. A change of e-mail ends its group: what follows by the old e-mail may mean somebody else.
 */
function mayMerge(
  previous: PendingWrite,
  next: PendingWrite,
  merged: Readonly<Record<string, string>>,
  rules: TravelRules,
): boolean {
  if (previous.verb === 'gdpr-delete') return false;
  if (previous.verb === 'create' || previous.verb === 'archive' || previous.verb !== next.verb) return false;
  if (previous.write.idProperty !== next.write.idProperty || previous.write.id !== next.write.id) return false;
  if (rules.followUps.has(next.key)) return false;
  if (rules.unmerged.has(previous.key) || rules.unmerged.has(next.key)) return false;
  if (rules.quarantine.get(previous.key) !== rules.quarantine.get(next.key)) return false;
  return !changesEmail(previous) && !setsClearedLifecycleStage(merged, next.write.properties);
}

/** Whether a write gives its contact another e-mail than the one that addresses it. */
export function changesEmail(pending: PendingWrite): boolean {
  const email = pending.write.properties['email'];
  if (email === undefined || pending.verb === 'create') return false;
  const address = addressOf(pending);
  return address.kind !== 'key' || address.idProperty !== 'email' || address.value !== email.trim().toLowerCase();
}

/** HubSpot moves a lifecycle stage backward only when it is cleared first, in a request of its own (contacts guide). */
function setsClearedLifecycleStage(
  older: Readonly<Record<string, string>>,
  newer: Readonly<Record<string, string>>,
): boolean {
  return older[STAGE] === '' && (newer[STAGE] ?? '') !== '';
}

/** The call an entry would join: same kind, same addressing, same quarantine. */
function groupOf(entry: CallEntry, known: KnownContacts, rules: TravelRules): { name: string; call: PlannedCall } {
  const [first] = entry.writes;
  if (entry.links !== undefined) {
    const call = callForLinks(first, entry.links, known);
    return { name: nameOf(call, quarantineOf(entry, rules)), call };
  }
  // A create that made its contact before goes as an update of what it made.
  const verb = entry.id !== undefined && first.verb === 'create' ? 'update' : first.verb;
  const call = callFor(verb, entry.address, entry.id !== undefined, known);
  return { name: nameOf(call, quarantineOf(entry, rules)), call };
}

function quarantineOf(entry: CallEntry, rules: TravelRules): string | undefined {
  return rules.quarantine.get(entry.writes[0].key);
}

/** The call that an entry joins once its contact was read. */
const callAfterReading = ({ writes: [first], links }: CallEntry): PlannedCall =>
  links === undefined ? { kind: first.verb, entries: [] } : linkCallOf(first, links);

function groupNameOfLater(later: PendingWrite, known: KnownContacts, rules: TravelRules): string {
  const links = nextLinks(later, rules.followUps);
  if (links !== undefined) return nameOf(callForLinks(later, links, known), rules.quarantine.get(later.key));
  const address = addressOf(later);
  const call = callFor(later.verb, address, recordIdOf(address, known) !== undefined, known);
  return nameOf(call, rules.quarantine.get(later.key));
}

function callFor(verb: Verb, address: Address, hasId: boolean, known: KnownContacts): PlannedCall {
  if (address.kind === 'record' && (!known.homes.has(address.name) || known.unsure.has(address.name)))
    return { kind: 'identify', entries: [] };
  if (verb === 'upsert' && address.kind === 'key') {
    return { kind: 'upsert', idProperty: address.idProperty, entries: [] };
  }
  if ((verb === 'update' || verb === 'archive') && address.kind === 'key' && !hasId) {
    return { kind: 'resolve', idProperty: address.idProperty, entries: [] };
  }
  if (verb === 'gdpr-delete' && address.kind === 'key' && !hasId && !goesByEmail(address)) {
    return { kind: 'resolve', idProperty: address.idProperty, entries: [] };
  }
  return { kind: verb, entries: [] };
}

const nameOf = (call: PlannedCall, quarantine: string | undefined): string =>
  `${call.kind}/${call.idProperty ?? ''}/${quarantine ?? ''}/${call.links?.toType ?? ''}/${call.links?.job ?? ''}`;

/** All full calls, and the partial ones that nothing further back could fill; if there are none, the fullest one. */
function chooseCalls(
  groups: readonly (readonly [string, { call: PlannedCall; entries: CallEntry[] }])[],
  expected: ReadonlySet<string>,
): PlannedCall[] {
  const full: PlannedCall[] = [];
  const partial: PlannedCall[] = [];
  const waiting: PlannedCall[] = [];
  for (const [name, { call, entries }] of groups) {
    for (const slice of slicesOf(entries, call.kind === 'gdpr-delete' ? 1 : MAX_INPUTS_PER_CALL)) {
      const part = { ...call, entries: slice.entries };
      if (slice.isFull) full.push(part);
      else (expected.has(name) ? waiting : partial).push(part);
    }
  }
  const ready = [...full, ...partial];
  if (ready.length > 0) return ready.sort(fullestFirst);
  return waiting.sort(fullestFirst).slice(0, 1);
}

/** Cuts entries into calls. An entry may have several inputs where it is about associations. */
function slicesOf(entries: readonly CallEntry[], most: number): readonly { entries: CallEntry[]; isFull: boolean }[] {
  const slices: { entries: CallEntry[]; isFull: boolean }[] = [];
  let inputs = 0;
  for (const entry of entries) {
    const own = entry.links?.links.length ?? 1;
    const open = slices.at(-1);
    if (open === undefined || inputs + own > most) {
      if (open !== undefined) open.isFull = true;
      slices.push({ entries: [entry], isFull: own === most });
      inputs = own;
    } else {
      open.entries.push(entry);
      inputs += own;
      open.isFull = inputs === most;
    }
  }
  return slices;
}

const fullestFirst = (a: PlannedCall, b: PlannedCall): number => b.entries.length - a.entries.length;
