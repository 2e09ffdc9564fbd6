import type { EpochMs } from '../runtime/units.ts';
import { raiseFence } from './compact-fence.ts';
import { ARCHIVED, type Fence, type FormerHome, type LedgerEntry, type Prints, STAGE } from './contact-ledger.ts';
import { joinPrints, raisePrints } from './value-prints.ts';

/** What a home gets from one that turned out to be another name of its contact. */
export interface Legacy {
  readonly fence: Fence;
  readonly prints: Prints;
  readonly stage: string | null;
}

/**
 * Joins what was kept under several names of one contact: of each property the newest order key. Undefined when the home knows all of it.
 * What a name kept from before an archive was about a contact that is gone, and no longer counts; nor does what is older than `horizon`.
 */
export function joinHomes(home: LedgerEntry, formers: readonly FormerHome[], horizon: EpochMs): Legacy | undefined {
  let joined: Legacy = { fence: home.fence, prints: home.prints ?? new Map(), stage: home.stage ?? null };
  let isRaised = false;
  for (const former of formers) {
    const live = raiseFence(new Map(), sinceArchive(former.fence), horizon);
    const fence = new Map([...live].filter(([property, key]) => key > (joined.fence.get(property) ?? '')));
    if (fence.size === 0) continue;
    isRaised = true;
    const raised = new Map([...joined.fence, ...fence]);
    joined = {
      fence: raised,
      prints: raisePrints(joined, { fence, prints: joinedPrints(joined.prints, former.prints) }, raised),
      stage: fence.has(STAGE) ? (former.stage ?? null) : joined.stage,
    };
  }
  return isRaised ? joined : undefined;
}

/** Of values that were written to the former home last; HubSpot may have kept the home's own when the two were merged. */
const joinedPrints = (own: Prints, former: Prints = new Map()): Prints =>
  new Map(
    [...former].map(([property, print]) => {
      const older = own.get(property);
      return [property, older === undefined ? print : joinPrints(print, older)];
    }),
  );

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
