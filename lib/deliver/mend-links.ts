import type { LedgerEntry } from '../directory/contact-ledger.ts';
import type { Link } from '../operations/link.ts';
import { after, type EpochMs, seconds } from '../runtime/units.ts';
import { isOfContact, lookUpLinks } from './conclude-links.ts';
import type { Concluding } from './concluding.ts';
import type { DeliveryState } from './delivery-state.ts';
import { callOfLink, type EntryLink, type EntryLinks } from './entry-links.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { type LinkMend, mendLink } from './link-fence.ts';
import { orderOf, type PendingWrite } from './pending-write.ts';
import { awaitEndOfTry } from './put-off.ts';
import { runCall } from './run-call.ts';
import { linkVerbOf } from './settle-link.ts';

/** When associations are looked after again that could not be now. */
const TRY_AGAIN = seconds(2);

/** An association whose write may have gone astray, and what newer ones want of what it touches. */
export interface AstrayLink {
  readonly link: EntryLink;
  readonly mend: LinkMend;
}

/** Those of an entry that newer writes have overtaken; `wentAstray` tells of a write whether it may have been sent under another lease. */
export function astrayLinks(
  { links }: EntryLinks,
  { fence }: LedgerEntry,
  wentAstray: (pending: PendingWrite) => boolean,
  state: DeliveryState,
): readonly AstrayLink[] {
  return links.flatMap((link) => {
    if (!wentAstray(link.of) || state.isLinkMended(link)) return [];
    const mend = mendLink(linkVerbOf(link.of), link, orderOf(link.of), fence);
    return mend === undefined ? [] : [{ link, mend }];
  });
}

/**
 * Gives the last word back to newer writes, in case older ones have made or taken away associations of the contact under the lease of
 * another of its names. Nothing is asked of HubSpot first: both can be said twice. Where that is not possible now the entry is put off.
 */
export async function mendLinks(
  leased: LeasedEntry,
  astray: readonly AstrayLink[],
  state: DeliveryState,
  world: Concluding,
): Promise<void> {
  for (const each of astray) {
    const { taken, made } = each.mend;
    if (taken !== undefined && !(await say('dissociate', taken, each, leased, state, world))) return;
    if (made !== undefined && !(await say('associate', made, each, leased, state, world))) return;
    state.setLinkMended(each.link);
  }
}

/** False when the entry is put off, or planned anew elsewhere. */
async function say(
  kind: 'associate' | 'dissociate',
  link: Link,
  { link: { of } }: AstrayLink,
  leased: LeasedEntry,
  state: DeliveryState,
  world: Concluding,
): Promise<boolean> {
  const { entry } = leased;
  const own = callOfLink(kind, { ...link, of, position: 0 });
  if (!(await world.linkSlots.takeSlot())) return putOff(leased, state, world.clock.now());
  const { job, toType } = own;
  const [verdict] = await runCall({ kind, links: { job, toType }, entries: [{ ...entry, links: own }] }, world);
  world.log.info('newer-association-restored', { call: kind, verdict: verdict?.kind });
  switch (verdict?.kind) {
    case 'delivered':
      return true;
    case 'rejected':
      // Refused by itself, the type or the object is gone: nothing can be set right.
      if (!isOfContact(verdict.error, entry.id)) return true;
      if (entry.links !== undefined) await lookUpLinks(leased, entry.links, state, world);
      return false;
    case 'deferred':
      return putOff(leased, state, world.clock.now());
    case 'missing':
      if (entry.links !== undefined) await lookUpLinks(leased, entry.links, state, world);
      return false;
    default:
      awaitEndOfTry(leased, 'a newer association had no answer', state, world);
      return false;
  }
}

function putOff({ entry }: LeasedEntry, state: DeliveryState, now: EpochMs): false {
  for (const pending of entry.writes) state.defer(pending, after(now, TRY_AGAIN), state.isInDoubt(pending));
  return false;
}
