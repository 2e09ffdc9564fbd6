import { archivingOf } from '../directory/archiving-mark.ts';
import {
  ARCHIVED,
  type LedgerEntry,
  type LedgerName,
  type OrderKey,
  type Prints,
  STAGE,
} from '../directory/contact-ledger.ts';
import { secondOf } from '../directory/join-homes.ts';
import { joinPrints, printOf, printsIn } from '../directory/value-prints.ts';
import type { ContactId } from '../operations/contact-write.ts';
import { describeError } from '../runtime/logger.ts';
import { after, type EpochMs, epochMs, seconds } from '../runtime/units.ts';
import type { Concluding } from './concluding.ts';
import { EMAIL_PROPERTIES, mainNameOf } from './contact-names.ts';
import type { DeliveryState } from './delivery-state.ts';
import { type FoundContact, findContact } from './find-contact.ts';
import { followReading } from './follow-contact.ts';
import { findHome, wasFreed } from './lead-name.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { type AstrayLink, astrayLinks, mendLinks } from './mend-links.ts';
import { addressOf, orderOf, type PendingWrite, type WriteKey } from './pending-write.ts';
import type { CallEntry } from './plan-calls.ts';
import { awaitEndOfTry } from './put-off.ts';
import { runCall } from './run-call.ts';

/** When a contact is looked at again whose history could not be read. */
const LOOK_AGAIN = seconds(2);

/** An entry whose writes may have gone astray, and the properties in which newer ones have to be looked for. */
export interface AstrayEntry {
  readonly leased: LeasedEntry & { readonly ledger: LedgerEntry };
  readonly names: readonly string[];
  /** What its writes gave to properties in which a merge may have dropped what has overtaken them. */
  readonly own: readonly OwnValue[];
  readonly links: readonly AstrayLink[];
}

/** A value that a write gave, by its print, and the write's place in the order. */
interface OwnValue {
  readonly name: string;
  readonly print: string;
  readonly order: OrderKey;
}

/** Undefined when an entry need not be looked after, or has been. */
export function astrayIn(
  leased: LeasedEntry,
  settled: ReadonlySet<WriteKey>,
  state: DeliveryState,
): AstrayEntry | undefined {
  const { entry, ledger } = leased;
  if (ledger === undefined) return undefined;
  const until = astrayUntil(entry, ledger, state);
  const open = entry.writes.filter((pending) => !settled.has(pending.key) && !state.isMended(pending));
  const changes = open.filter(({ verb }) => verb === 'update' || verb === 'upsert');
  const own = changes.flatMap((pending) => overtakenByOther(pending, ledger));
  const sentApart = changes.filter(({ acceptedAt }) => acceptedAt <= until);
  const names = suspects(sentApart, ledger);
  const wentAstray = (pending: PendingWrite) => pending.acceptedAt <= until && !settled.has(pending.key);
  const links = entry.links === undefined ? [] : astrayLinks(entry.links, ledger, wentAstray, state);
  const isHeld = open.some((pending) => isHeldByAnother(pending, entry, ledger));
  if (names.length + own.length + links.length === 0 && !isHeld) return undefined;
  return { leased: { ...leased, ledger }, names, own, links };
}

/**
 * Whether what stands against a write may be another contact's: by a secondary e-mail of one that is gone. Who has the home since need not
 * have that e-mail.
 */
function isHeldByAnother(pending: PendingWrite, { address, home }: CallEntry, { fence }: LedgerEntry): boolean {
  const own = orderOf(pending);
  if (address.kind !== 'key' || address.name === home || (fence.get(archivingOf(address.name)) ?? '') > own)
    return false;
  if (pending.verb === 'create') return true;
  return [ARCHIVED, ...Object.keys(pending.write.properties)].some((name) => (fence.get(name) ?? '') > own);
}

/**
 * Sets right what older writes did to a contact under the lease of another of its names, as long as nobody knew that it was one: values
 * of newer writes that they have overwritten are found in HubSpot's history by their prints, and written again (delivery rule 7). Under the
 * lease of the contact's home. Where that is not possible now the entry is put off, else it is planned anew.
 */
export async function mendAstray(
  { leased, names, own, links }: AstrayEntry,
  state: DeliveryState,
  world: Concluding,
): Promise<void> {
  const { entry, ledger } = leased;
  const { address } = entry;
  if (entry.writes.some(({ key }) => state.fateOf(key) !== undefined)) return;
  if (links.length > 0) return mendLinks(leased, links, state, world);
  if (!(await world.takeSlot())) return putOff(entry, state, world);
  const [asked, idProperty] =
    address.kind === 'key' ? [address.value, address.idProperty] : [entry.id ?? '', undefined];
  const wanted = [...new Set([...names, ...own.map(({ name }) => name), ...EMAIL_PROPERTIES])];
  const finding = await findContact(asked, idProperty, wanted, world);
  if (finding.kind === 'unknown') return putOff(entry, state, world);
  if (finding.kind === 'absent' && (await wasFreed(leased, state, world))) return;
  const isElsewhere =
    finding.kind === 'found' &&
    (await isUnderAnotherHome(leased, finding.contact, state, world).catch((error: unknown) => {
      world.log.warn('home-not-learned', { error: describeError(error) });
      return undefined;
    }));
  if (isElsewhere === undefined) return putOff(entry, state, world);
  // Led to its home, or put off: planned anew.
  if (isElsewhere && address.kind === 'key') return;
  const isHere = finding.kind === 'found' && !isElsewhere;
  const standing = isHere ? standingIn(finding.contact, own, ledger) : [];
  const prints = standing.length === 0 ? ledger.prints : await noteStanding(standing, ledger, world);
  if (standing.length > 0 && prints === undefined) return putOff(entry, state, world);
  const suspected = [...names, ...standing.map(({ name }) => name)];
  const properties = isHere ? overwritten(finding.contact, suspected, prints) : {};
  if (finding.kind === 'found') {
    if (address.kind === 'key') state.learn(address.name, finding.id, world.clock.now(), true);
    for (const step of stepsOf(properties)) {
      if (!(await world.takeSlot())) return putOff(entry, state, world);
      const [verdict] = await runCall(
        { kind: 'update', entries: [{ ...entry, id: finding.id, properties: step }] },
        world,
      );
      world.log.info('newer-values-restored', { properties: Object.keys(step).length, verdict: verdict?.kind });
      if (verdict?.kind === 'deferred') return putOff(entry, state, world);
      if (verdict?.kind !== 'delivered' && verdict?.kind !== 'rejected')
        return awaitEndOfTry(leased, 'newer values had no answer', state, world);
    }
  }
  for (const pending of entry.writes) state.setMended(pending);
}

/** HubSpot steps back only from a lifecycle stage that was cleared in a request of its own. After a crash between the two, it is missing still. */
function stepsOf(properties: Readonly<Record<string, string>>): readonly Readonly<Record<string, string>>[] {
  if (Object.keys(properties).length === 0) return [];
  return properties[STAGE] ? [{ [STAGE]: '' }, properties] : [properties];
}

/**
 * Whether the contact has moved on: then this home no longer knows which of its values are the newest, and nothing is restored by it. A key
 * is led to where the contact is kept now.
 */
async function isUnderAnotherHome(
  { entry, ledger }: AstrayEntry['leased'],
  contact: FoundContact,
  state: DeliveryState,
  world: Concluding,
): Promise<boolean> {
  const id = contact.id as ContactId;
  if (!(await followReading(entry, id, contact.properties, state, world, async () => ledger))) return true;
  const { address, home } = entry;
  if (address.kind === 'key') return state.homeOf(address.name) !== home;
  return (await findHome(mainNameOf(id, contact.properties), state, world)) !== home;
}

/** Until when writes of this address were accepted that may have been sent under another lease. */
const astrayUntil = ({ writes }: CallEntry, ledger: LedgerEntry, state: DeliveryState): EpochMs => {
  const formers = writes.flatMap(namesOf).flatMap((name) => state.formerHomesOf(name));
  return epochMs(Math.max(0, ...[ledger, ...formers].map((each) => each.astrayUntil ?? 0)));
};

/** The names by which a write was sent: between its waves also the one that it came with. */
function namesOf({ verb, write: { followUp, ...write } }: PendingWrite): readonly LedgerName[] {
  const addresses = [
    addressOf({ verb, write }),
    ...(followUp === undefined ? [] : [addressOf({ verb, write: { ...write, followUp } })]),
  ];
  return addresses.flatMap((address) => (address.kind === 'nobody' ? [] : [address.name]));
}

/** Properties of such writes that newer ones have set. */
function suspects(writes: readonly PendingWrite[], ledger: LedgerEntry): string[] {
  const names = writes.flatMap((pending) =>
    Object.keys(pending.write.properties).filter((name) => (ledger.fence.get(name) ?? '') > orderOf(pending)),
  );
  return [...new Set(names)].filter((name) => name !== 'email' && ledger.prints?.has(name) === true);
}

/**
 * What such a write gave to properties in which it stands between the newest and the newest but one of all that the contact's names had got: where
 * a merge has dropped the newest value this one counts, if it was carried out when nobody heard of it. Also once it is noted as the newest but one:
 * it may not have been written again then.
 */
function overtakenByOther(pending: PendingWrite, { fence, prints }: LedgerEntry): readonly OwnValue[] {
  const order = orderOf(pending);
  return Object.entries(pending.write.properties).flatMap(([name, value]) => {
    const second = fence.get(secondOf(name));
    const isJoined = second !== undefined && printsIn(prints?.get(name)).length > 1;
    const isBetween = isJoined && second <= order && order < (fence.get(name) ?? '');
    return isBetween && name !== 'email' && name !== STAGE ? [{ name, print: printOf(value), order }] : [];
  });
}

/** Those of an entry's own values that HubSpot has or had, while it shows nothing of the newest. */
const standingIn = (contact: FoundContact, own: readonly OwnValue[], { prints }: LedgerEntry): readonly OwnValue[] =>
  own.filter(({ name, print }) => {
    const [newest] = printsIn(prints?.get(name));
    if (valueBehind(contact, name, newest) !== undefined) return false;
    return valuesOf(contact, name).some((value) => printOf(value) === print);
  });

/**
 * Puts such values behind the newest, and returns the prints of the home then: it is stored before any of them is written again, so that no
 * older one is given back after it. Undefined when it could not be stored.
 */
async function noteStanding(
  standing: readonly OwnValue[],
  { name: home, fence, prints: known }: LedgerEntry,
  { ledger, owner, log }: Concluding,
): Promise<Prints | undefined> {
  const places = new Map<string, OrderKey>();
  const prints = new Map(known);
  for (const { name, print, order } of standing.toSorted((a, b) => (a.order < b.order ? -1 : 1))) {
    const [newest, ...others] = printsIn(prints.get(name));
    const place = fence.get(name);
    if (newest === undefined || place === undefined) continue;
    prints.set(name, joinPrints([newest, print, ...others]));
    places.set(name, place).set(secondOf(name), order);
  }
  try {
    return (await ledger.raise(home, owner, places, { prints })) ? prints : undefined;
  } catch (error) {
    log.warn('standing-values-not-noted', { error: describeError(error) });
    return undefined;
  }
}

/** What a property is and was, as far as an answer shows it. */
const valuesOf = ({ properties, propertiesWithHistory }: FoundContact, name: string): readonly string[] => [
  properties?.[name] ?? '',
  ...(propertiesWithHistory?.[name] ?? []).map(({ value }) => value ?? ''),
];

/** The value with a print; of none, before there was any, no history tells. */
const valueBehind = (contact: FoundContact, name: string, print: string | undefined): string | undefined =>
  [...valuesOf(contact, name), ''].find((value) => printOf(value) === print);

/**
 * Values that the newest writes gave and that are not there any more. Of one that HubSpot's history does not hold nobody can tell, and one that a
 * merge has dropped counts no more.
 */
function overwritten(
  contact: FoundContact,
  names: readonly string[],
  prints: Prints | undefined,
): Record<string, string> {
  const lost: Record<string, string> = {};
  for (const name of names) {
    const newestFirst = printsIn(prints?.get(name)).map((print) => valueBehind(contact, name, print));
    const newest = newestFirst.find((value) => value !== undefined);
    if (newest !== undefined && newest !== (contact.properties?.[name] ?? '')) lost[name] = newest;
  }
  return lost;
}

function putOff({ writes }: CallEntry, state: DeliveryState, { clock }: Concluding): void {
  for (const pending of writes) state.defer(pending, after(clock.now(), LOOK_AGAIN), state.isInDoubt(pending));
}
