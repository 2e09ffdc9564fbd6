import type { DefinitionsStore } from '../../lib/portal/definitions-store.ts';
import type { PortalDefinitions } from '../../lib/portal/property-definitions.ts';
import { after, between, type EpochMs, laterOf } from '../../lib/runtime/units.ts';

/** Definitions in memory; it counts what it was asked, and can be away. */
export interface InMemoryDefinitionsStore extends DefinitionsStore {
  readonly counts: { reads: number; wishes: number };
  /** While it is set, every method rejects with it. */
  fault: Error | undefined;
}

export function createInMemoryDefinitionsStore(): InMemoryDefinitionsStore {
  let stored: PortalDefinitions | undefined;
  let leaseEnd: EpochMs | undefined;
  let wishedAt: EpochMs | undefined;
  const store: InMemoryDefinitionsStore = {
    counts: { reads: 0, wishes: 0 },
    fault: undefined,
    read: async () => {
      store.counts.reads += 1;
      if (store.fault !== undefined) throw store.fault;
      return stored;
    },
    claimRefresh: async ({ now, dueAfter, wishDueAfter, lease }) => {
      if (store.fault !== undefined) throw store.fault;
      if (leaseEnd !== undefined && leaseEnd > now) return false;
      if (stored !== undefined) {
        const isWished = wishedAt !== undefined && wishedAt > stored.readAt;
        if (between(stored.readAt, now) < (isWished && wishDueAfter < dueAfter ? wishDueAfter : dueAfter)) return false;
      }
      leaseEnd = after(now, lease);
      return true;
    },
    put: async (definitions) => {
      if (store.fault !== undefined) throw store.fault;
      if (stored !== undefined && stored.readAt >= definitions.readAt) return;
      stored = definitions;
      leaseEnd = undefined;
    },
    wish: async (now) => {
      store.counts.wishes += 1;
      if (store.fault !== undefined) throw store.fault;
      wishedAt = wishedAt === undefined ? now : laterOf(wishedAt, now);
    },
  };
  return store;
}
