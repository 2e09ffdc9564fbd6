import type {
  Acquisition,
  ContactLedger,
  Creation,
  Fence,
  LedgerEntry,
  LedgerName,
  OrderKey,
} from '../../lib/directory/contact-ledger.ts';
import type { ContactId } from '../../lib/operations/contact-write.ts';
import type { EpochMs } from '../../lib/runtime/units.ts';

interface Stored {
  home?: LedgerName;
  owner?: string;
  end?: EpochMs;
  /** The lease was taken over from an owner who had not released his. */
  inDoubt?: boolean;
  id?: ContactId;
  confirmedAt?: EpochMs;
  fence: Map<string, OrderKey>;
  creation?: Creation;
  stage?: string;
}

/** A ledger in memory; `items` lets a test look at who holds what. */
export interface InMemoryContactLedger extends ContactLedger {
  readonly items: ReadonlyMap<LedgerName, Readonly<Stored>>;
}

export function createInMemoryContactLedger(): InMemoryContactLedger {
  const items = new Map<LedgerName, Stored>();
  const entryOf = (name: LedgerName, stored: Stored | undefined): LedgerEntry => ({
    name,
    fence: new Map(stored?.fence),
    ...(stored?.id !== undefined && { id: stored.id }),
    ...(stored?.confirmedAt !== undefined && { confirmedAt: stored.confirmedAt }),
    ...(stored?.creation !== undefined && { creation: stored.creation }),
    ...(stored?.stage !== undefined && { stage: stored.stage }),
  });
  const ownedBy = (name: LedgerName, owner: string): Stored | undefined => {
    const stored = items.get(name);
    return stored?.owner === owner ? stored : undefined;
  };
  const free = (stored: Stored): void => {
    delete stored.owner;
    delete stored.end;
    delete stored.inDoubt;
  };
  return {
    items,
    findHints: async (names) =>
      names.flatMap((name) => {
        const stored = items.get(name);
        if (stored === undefined) return [];
        const { home = name, id, confirmedAt } = stored;
        return [{ name, home, ...(id !== undefined && { id }), ...(confirmedAt !== undefined && { confirmedAt }) }];
      }),
    acquire: async (name, owner, now, end): Promise<Acquisition> => {
      const stored: Stored = items.get(name) ?? { fence: new Map() };
      if (stored.home !== undefined && stored.home !== name) return { kind: 'elsewhere', home: stored.home };
      if (stored.owner !== undefined && stored.owner !== owner && stored.end !== undefined && stored.end > now) {
        return { kind: 'held', end: stored.end };
      }
      // The owner's own repetition, after a lost reply, is told what his first request was told.
      const inDoubt = stored.owner !== undefined && (stored.owner !== owner || stored.inDoubt === true);
      const entry = entryOf(name, stored);
      items.set(name, Object.assign(stored, { owner, end, inDoubt }));
      return { kind: 'acquired', entry, inDoubt };
    },
    settle: async ({ name, owner, id, confirmedAt, fence, creation, stage }) => {
      const stored = ownedBy(name, owner);
      if (stored === undefined) return false;
      raise(stored.fence, fence);
      if (id === null) {
        delete stored.id;
        delete stored.confirmedAt;
      } else if (id !== undefined) stored.id = id;
      if (confirmedAt !== undefined) stored.confirmedAt = confirmedAt;
      if (creation === null) delete stored.creation;
      else if (creation !== undefined) stored.creation = creation;
      if (stage === null) delete stored.stage;
      else if (stage !== undefined) stored.stage = stage;
      free(stored);
      return true;
    },
    release: async (name, owner) => {
      const stored = ownedBy(name, owner);
      if (stored !== undefined) free(stored);
      return stored !== undefined;
    },
    point: async (name, home) => {
      items.set(name, Object.assign(items.get(name) ?? { fence: new Map() }, { home }));
    },
  };
}

function raise(fence: Map<string, OrderKey>, by: Fence): void {
  for (const [property, key] of by) if (key > (fence.get(property) ?? '')) fence.set(property, key);
}
