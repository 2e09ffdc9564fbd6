import { ERASED, isBare, type LedgerEntry, type LedgerName, type OrderKey } from '../directory/contact-ledger.ts';
import { describeError } from '../runtime/logger.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { LeasedEntry, Leasing } from './lease-entries.ts';

/**
 * Asks, under the leases, which contacts that look new were deleted for good: their fences hold the deletion's floor from then on. A name
 * under which nothing is delivered after that is erased again when its lease is given back. Undefined when it cannot be asked:
 * then nothing may be sent.
 */
export async function heedErasures(
  leased: readonly LeasedEntry[],
  state: DeliveryState,
  { ledger, owner, log }: Leasing,
): Promise<readonly LeasedEntry[] | undefined> {
  const bare = leased.flatMap(ledgersOf).filter(({ fence }) => isBare(fence));
  try {
    const names = bare.map(({ name }) => name);
    const floors = names.length === 0 ? new Map() : await ledger.recallErasures(names, owner);
    return floors && leased.map((each) => withFloors(each, floors, state));
  } catch (error) {
    log.warn('erasures-not-read', { names: bare.length, error: describeError(error) });
    return undefined;
  }
}

const ledgersOf = ({ ledger, newHome }: LeasedEntry): readonly LedgerEntry[] =>
  [ledger, newHome].filter((each) => each !== undefined);

function withFloors(leased: LeasedEntry, floors: ReadonlyMap<LedgerName, OrderKey>, state: DeliveryState): LeasedEntry {
  const { ledger, newHome } = leased;
  return {
    ...leased,
    ...(ledger !== undefined && { ledger: withFloor(ledger, floors, state) }),
    ...(newHome !== undefined && { newHome: withFloor(newHome, floors, state) }),
  };
}

function withFloor(entry: LedgerEntry, floors: ReadonlyMap<LedgerName, OrderKey>, state: DeliveryState): LedgerEntry {
  const floor = floors.get(entry.name);
  const found = floor === undefined ? entry : { ...entry, fence: new Map([...entry.fence, [ERASED, floor] as const]) };
  state.noteErasure(entry.name, isBare(found.fence) ? found.fence.get(ERASED) : undefined);
  return found;
}
