import type { Link } from '../operations/link.ts';
import { isOfContact } from './conclude-links.ts';
import { callOfLink } from './entry-links.ts';
import type { LeasedEntry } from './lease-entries.ts';
import type { CallEntry, PlannedCall } from './plan-calls.ts';
import type { EntryVerdict } from './run-call.ts';

/** What making associations again needs: the right to make one more call, and HubSpot. */
export interface LinkMaking {
  readonly takeSlot: () => Promise<boolean>;
  readonly call: (call: PlannedCall) => Promise<readonly EntryVerdict[]>;
}

/**
 * Makes the associations again that late removals have just taken away with all that two objects had in common. A removal that
 * could not be followed by them has no outcome, and its verdict is theirs: it comes again as a whole. All other verdicts stay.
 */
export async function makeLinksAgain(
  leased: readonly LeasedEntry[],
  verdicts: readonly EntryVerdict[],
  making: LinkMaking,
): Promise<readonly EntryVerdict[]> {
  return Promise.all(
    verdicts.map(async (removed, n) => {
      const { entry, linksAgain = [] } = leased[n] ?? {};
      if (entry === undefined || removed.kind !== 'delivered') return removed;
      for (const link of linksAgain) {
        const made = await makeLink(entry, link, making);
        // Refused by itself, the type or the object is gone: nothing can be made again.
        if (made.kind !== 'delivered' && made.kind !== 'rejected') return made;
      }
      return removed;
    }),
  );
}

async function makeLink(entry: CallEntry, link: Link, { takeSlot, call }: LinkMaking): Promise<EntryVerdict> {
  // Nothing is in doubt without a call: the removal comes again.
  if (!(await takeSlot())) return { kind: 'deferred', reason: 'rate-limit' };
  const links = callOfLink('associate', { ...link, of: entry.writes[0], position: 0 });
  const { job, toType } = links;
  const [made] = await call({ kind: 'associate', links: { job, toType }, entries: [{ ...entry, links }] });
  // The answer may name the survivor of a merge in its place, or not know the contact: who hears that none was given looks for it.
  if (made === undefined || (made.kind === 'rejected' && isOfContact(made.error, entry.id))) return { kind: 'missing' };
  return made;
}
