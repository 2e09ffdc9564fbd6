import type { LedgerEntry } from '../directory/contact-ledger.ts';
import type { Link } from '../operations/link.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { EntryLink, EntryLinks } from './entry-links.ts';
import type { LeasedEntry } from './lease-entries.ts';
import { passLink } from './link-fence.ts';
import { orderOf } from './pending-write.ts';
import { linkVerbOf, settleLink } from './settle-link.ts';

/** Leaves of an entry about associations what its contact's ledger lets through; all else is settled. */
export function pruneLinks(
  leased: LeasedEntry,
  { links, ...call }: EntryLinks,
  { fence, id: knownId }: LedgerEntry,
  state: DeliveryState,
): LeasedEntry[] {
  const { entry } = leased;
  const open: EntryLink[] = [];
  const again: Link[] = [];
  for (const link of links) {
    const passage = passLink(linkVerbOf(link.of), link, orderOf(link.of), fence);
    if (typeof passage === 'string') {
      settleLink(link, passage === 'delivered' ? 'done' : 'superseded', entry.id ?? knownId, state);
      continue;
    }
    open.push({ ...link, ...passage.link });
    if (passage.again !== undefined) again.push(passage.again);
  }
  const [first, ...rest] = open;
  if (first === undefined) return [];
  const writes = entry.writes.filter((pending) => open.some(({ of }) => of.key === pending.key));
  const [firstWrite = first.of, ...others] = writes;
  return [
    {
      ...leased,
      entry: { ...entry, writes: [firstWrite, ...others], links: { ...call, links: [first, ...rest] } },
      ...(again.length > 0 && { linksAgain: again }),
    },
  ];
}
