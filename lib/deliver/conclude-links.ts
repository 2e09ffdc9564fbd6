import type { OrderKey } from '../directory/contact-ledger.ts';
import type { ContactId } from '../operations/contact-write.ts';
import type { WriteError } from '../operations/outcome.ts';
import { assertNever } from '../runtime/assert-never.ts';
import type { Concluding, Stop } from './concluding.ts';
import { EMAIL_PROPERTIES } from './contact-names.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { EntryLinks } from './entry-links.ts';
import { findContact } from './find-contact.ts';
import { followMoved } from './follow-contact.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { fenceOfLink } from './link-fence.ts';
import { orderOf } from './pending-write.ts';
import { awaitEndOfTry, putOff } from './put-off.ts';
import type { EntryVerdict } from './run-call.ts';
import { linkVerbOf, rejectLink, settleLink, settleLinksOfNobody } from './settle-link.ts';
import { storeUnderLease } from './store-under-lease.ts';

type Refusal = Extract<EntryVerdict, { kind: 'rejected' }>;

/** Brings what a call did to associations of one contact into its ledger, and only then into the state. */
export async function concludeLinks(
  leased: LeasedEntry,
  links: EntryLinks,
  verdict: EntryVerdict,
  state: DeliveryState,
  world: Concluding,
): Promise<Stop | undefined> {
  switch (verdict.kind) {
    case 'delivered':
      return concludeDone(leased, links, verdict, state, world);
    case 'rejected':
      if (isOfContact(verdict.error, leased.entry.id)) return lookUpLinks(leased, links, state, world, verdict);
      concludeRefused(leased, links, verdict, state);
      return;
    case 'missing':
      return lookUpLinks(leased, links, state, world);
    case 'unknown':
      return awaitEndOfTry(leased, verdict.cause, state, world, verdict.retryAfter);
    case 'deferred':
      if (verdict.reason === 'forbidden-object-type')
        world.log.warn('associations-forbidden', { toType: links.toType, associations: links.links.length });
      return putOff(leased.entry, verdict, state, world.clock.now());
    case 'deleted':
    case 'suspect':
      return undefined;
    default:
      return assertNever(verdict);
  }
}

async function concludeDone(
  leased: LeasedEntry,
  { links }: EntryLinks,
  { id, links: results = [] }: Extract<EntryVerdict, { kind: 'delivered' }>,
  state: DeliveryState,
  world: Concluding,
): Promise<undefined> {
  const { entry, ledger } = leased;
  const fence = new Map<string, OrderKey>();
  for (const link of links) {
    for (const [name, order] of fenceOfLink(linkVerbOf(link.of), link, orderOf(link.of)))
      if (order > (fence.get(name) ?? '')) fence.set(name, order);
  }
  // Of somebody who was deleted nothing was taken away, and no removal brings the name back.
  const isRemoval = links.every(({ of }) => linkVerbOf(of) === 'dissociate');
  if (ledger !== undefined && !(isRemoval && state.erasureOf(ledger.name) !== undefined)) {
    const store = () => world.ledger.settle({ name: ledger.name, owner: world.owner, fence });
    if (!(await storeUnderLease(ledger.name, store, state, world))) {
      // HubSpot has it and the ledger does not: the next delivery finds out, as after a lost answer.
      for (const pending of entry.writes) state.defer(pending, world.clock.now(), true);
      return;
    }
  }
  for (const link of links) {
    const own = results.filter(({ fromId, toId }) => fromId === link.toId || toId === link.toId);
    settleLink(link, 'done', id, state, { results: own.map(({ body }) => body) });
  }
}

/** Whether HubSpot said that the contact is not there: it may have been merged away. */
export const isOfContact = ({ context = {} }: WriteError, id: ContactId | undefined): boolean =>
  id !== undefined && context['objectType']?.includes('CONTACT') === true && context['objectId']?.includes(id) === true;

/** Of several the culprit is looked for by sending each by itself. */
function concludeRefused({ entry }: LeasedEntry, { links }: EntryLinks, refusal: Refusal, state: DeliveryState): void {
  const [first, ...others] = links;
  if (entry.writes.length > 1) state.separate(entry);
  else if (others.length > 0) state.separateLinks(first.of);
  else rejectLink(first, refusal, state);
}

/** HubSpot said nothing of them, or did not know their contact: it was merged away (then its new id is learned), or is gone. */
export async function lookUpLinks(
  leased: LeasedEntry,
  entryLinks: EntryLinks,
  state: DeliveryState,
  world: Concluding,
  refusal?: Refusal,
): Promise<Stop | undefined> {
  const { links } = entryLinks;
  const { id } = leased.entry;
  const cause = 'HubSpot did not mention the association';
  if (id === undefined) return awaitEndOfTry(leased, cause, state, world);
  if (!(await world.takeSlot())) {
    awaitEndOfTry(leased, 'no time left to look', state, world);
    return world.outOfSlots();
  }
  const finding = await findContact(id, undefined, EMAIL_PROPERTIES, world);
  if (finding.kind === 'absent') {
    settleLinksOfNobody(links, id, state);
    return;
  }
  const hasMoved = finding.kind === 'found' && finding.id !== id && !state.isCircle(id, finding.id);
  if (hasMoved && (await followMoved(leased, id, finding.contact, state, world))) return;
  if (finding.kind === 'unknown' || refusal === undefined) return awaitEndOfTry(leased, cause, state, world);
  concludeRefused(leased, entryLinks, refusal, state);
  return;
}
