import { grantSlots } from '../../lib/pace/grant-slots.ts';
import type { PaceState } from '../../lib/pace/pace-state.ts';
import type { PaceStore } from '../../lib/pace/pace-store.ts';

/** A pace store in memory, which can lose its item. */
export interface InMemoryPaceStore extends PaceStore {
  clear(): void;
}

export function createInMemoryPaceStore(): InMemoryPaceStore {
  let stored: { readonly state: PaceState; readonly by: string } | undefined;
  return {
    clear: () => {
      stored = undefined;
    },
    read: async () => stored?.state,
    take: async (request) => {
      if (stored === undefined || stored.state.version !== request.known.version) {
        return { kind: 'refused', state: stored?.state };
      }
      const grant = grantSlots(stored.state.next, request);
      if (grant.kind === 'too-far') return { kind: 'refused', state: stored.state };
      stored = { ...stored, state: { ...stored.state, next: grant.next } };
      return { kind: 'granted', first: grant.first, next: grant.next };
    },
    change: async (known, control, by) => {
      if (stored === undefined || stored.state.version !== known.version) return stored?.by === by;
      stored = { by, state: { ...stored.state, version: known.version + 1, control } };
      return true;
    },
    create: async (next, control, by) => {
      if (stored !== undefined) return stored.by === by;
      stored = { by, state: { version: 1, next, control } };
      return true;
    },
  };
}
