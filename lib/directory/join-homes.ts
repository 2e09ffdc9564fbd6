import type { EpochMs } from '../runtime/units.ts';
import { raiseFence } from './compact-fence.ts';
import {
  ARCHIVED,
  type Fence,
  type FormerHome,
  type LedgerEntry,
  type OrderKey,
  type Prints,
  STAGE,
} from './contact-ledger.ts';
import { joinPrints, printsIn } from './value-prints.ts';

/**
 * Stands in the fence of a joined home for the newest write of a property but one, of those that its names had got last: where a merge has dropped
 * the newest value, a write between the two counts. No property of HubSpot's has such a name.
 */
export const secondOf = (property: string): string => `${SECOND}${property}`;
const SECOND = '~';

/** What a home gets from one that turned out to be another name of its contact. */
export interface Legacy {
  readonly fence: Fence;
  readonly prints: Prints;
  readonly stage: string | null;
}

/**
 * Joins what was kept under several names of one contact: of each property the newest order key, and the newest but one. Undefined when the home
 * knows all of it. What a name kept from before an archive was about a contact that is gone, and no longer counts; nor does what is older than
 * `horizon`.
 */
export function joinHomes(home: LedgerEntry, formers: readonly FormerHome[], horizon: EpochMs): Legacy | undefined {
  let joined: Legacy = { fence: home.fence, prints: home.prints ?? new Map(), stage: home.stage ?? null };
  let isRaised = false;
  for (const former of formers) {
    const live = raiseFence(new Map(), sinceArchive(former.fence), horizon);
    const news = newsOf(joined, { ...former, fence: live });
    if (news.size === 0) continue;
    isRaised = true;
    joined = {
      fence: new Map([...joined.fence, ...news]),
      prints: printsOfBoth(joined, { ...former, fence: live }, news),
      stage: news.has(STAGE) ? (former.stage ?? null) : joined.stage,
    };
  }
  return isRaised ? joined : undefined;
}

type Kept = Pick<FormerHome, 'fence' | 'prints'>;

/** What a fence gets of another one. Of properties whose values nobody could find again only the newest order key counts. */
function newsOf(home: Kept, former: Kept): Fence {
  const news = new Map<string, OrderKey>();
  const raise = (name: string, key: OrderKey | undefined) => {
    if (key !== undefined && key > (home.fence.get(name) ?? '')) news.set(name, key);
  };
  for (const [name, key] of former.fence) {
    if (name.startsWith(SECOND)) continue;
    raise(name, key);
    if (isOrdered(name, home, former))
      raise(secondOf(name), [...new Set([home, former].flatMap((each) => placesOf(each, name)))].sort().at(-2));
  }
  return news;
}

/** Whether the place behind the newest counts. A home that was joined and got a newer value since needs to know no more of what is older. */
function isOrdered(name: string, home: Kept, former: Kept): boolean {
  if (former.prints?.has(name) !== true) return false;
  if ((former.fence.get(name) ?? '') > (home.fence.get(name) ?? '')) return true;
  const values = printsIn(home.prints?.get(name)).length;
  return values > 1 || (values === 1 && !home.fence.has(secondOf(name)));
}

/** The order keys of the first prints of a property. */
const placesOf = ({ fence }: Kept, property: string): readonly OrderKey[] =>
  [fence.get(property), fence.get(secondOf(property))].flatMap((key) => key ?? []);

/** The newest first: HubSpot may have kept any of the values when the contacts were merged. */
function printsOfBoth(home: Kept, former: Kept, news: Fence): Prints {
  const joined = new Map(home.prints);
  for (const property of former.fence.keys()) {
    if (!news.has(property) && !news.has(secondOf(property))) continue;
    const inOrder = [former, home].flatMap((each) => {
      const places = placesOf(each, property);
      return printsIn(each.prints?.get(property)).map((print, n) => ({ print, place: places[n] ?? '' }));
    });
    const isKnown = !news.has(property) || former.prints?.has(property) === true;
    const prints = inOrder
      .sort((a, b) => (a.place > b.place ? -1 : a.place < b.place ? 1 : 0))
      .map(({ print }) => print);
    if (isKnown && prints.length > 0) joined.set(property, joinPrints(prints));
    else joined.delete(property);
  }
  return joined;
}

function sinceArchive(fence: Fence): Fence {
  const floor = fence.get(ARCHIVED);
  return floor === undefined ? fence : new Map([...fence].filter(([, key]) => key > floor));
}

/** The newest archive of a contact that once had one of the names: what is older and came by that name comes to nobody any more. */
export const newestArchive = (formers: readonly FormerHome[], mark = ARCHIVED) =>
  formers
    .flatMap(({ fence }) => fence.get(mark) ?? [])
    .sort()
    .at(-1);
