import { grantSlots } from '../../lib/pace/grant-slots.ts';
import type { Lane } from '../../lib/pace/lane.ts';
import type { PaceState } from '../../lib/pace/pace-state.ts';
import type { PaceStore } from '../../lib/pace/pace-store.ts';
import { type EpochMs, epochMs } from '../../lib/runtime/units.ts';

/** A pace store in memory, which can lose its item; it is itself the store of the main lane. */
export interface InMemoryPaceStore extends PaceStore {
  clear(): void;
  /** The same item, as another lane sees it. */
  ofLane(lane: Lane): PaceStore;
}

interface Stored extends Omit<PaceState, 'next'> {
  readonly nexts: Readonly<Partial<Record<Lane, EpochMs>>>;
  readonly by: string;
}

export function createInMemoryPaceStore(): InMemoryPaceStore {
  let stored: Stored | undefined;
  const stateOf = (lane: Lane): PaceState | undefined =>
    stored && { version: stored.version, next: stored.nexts[lane] ?? epochMs(0), control: stored.control };
  const ofLane = (lane: Lane): PaceStore => ({
    read: async () => stateOf(lane),
    take: async (request) => {
      const state = stateOf(lane);
      if (stored === undefined || state === undefined || state.version !== request.known.version) {
        return { kind: 'refused', state };
      }
      const grant = grantSlots(state.next, request);
      if (grant.kind === 'too-far') return { kind: 'refused', state };
      stored = { ...stored, nexts: { ...stored.nexts, [lane]: grant.next } };
      return { kind: 'granted', first: grant.first, next: grant.next };
    },
    change: async (known, control, by) => {
      if (stored === undefined || stored.version !== known.version) return stored?.by === by;
      stored = { ...stored, by, version: known.version + 1, control };
      return true;
    },
    create: async (next, control, by) => {
      if (stored !== undefined) return stored.by === by;
      stored = { by, version: 1, control, nexts: { [lane]: next } };
      return true;
    },
  });
  return {
    ...ofLane('main'),
    ofLane,
    clear: () => {
      stored = undefined;
    },
  };
}
