import type { EpochMs } from '../runtime/units.ts';
import type { LedgerName } from './contact-ledger.ts';
import type { OpenLease } from './ledger-item.ts';

/**
 * The leases that this process was given and has not closed: who settles need not read again what he was told when he acquired. Only a
 * saving; what is not here is read.
 */
export interface OpenLeases {
  remember(name: LedgerName, owner: string, lease: OpenLease, now: EpochMs, end: EpochMs): void;
  recall(name: LedgerName, owner: string): OpenLease | undefined;
  forget(name: LedgerName, owner: string): void;
  /** What stands under a lease was changed meanwhile. */
  amend(name: LedgerName, owner: string, change: Partial<OpenLease>): void;
}

/** Remembers nothing at first. Leases that are never closed are forgotten once they have ended, so that it stays small. */
export function createOpenLeases(): OpenLeases {
  const leases = new Map<LedgerName, { readonly owner: string; readonly lease: OpenLease; readonly end: EpochMs }>();
  const forgetEnded = (now: EpochMs) => {
    // In the order in which they were given, which is about that in which they end.
    for (const [name, { end }] of leases) {
      if (end > now) return;
      leases.delete(name);
    }
  };
  return {
    remember: (name, owner, lease, now, end) => {
      forgetEnded(now);
      leases.delete(name);
      leases.set(name, { owner, lease, end });
    },
    recall: (name, owner) => {
      const found = leases.get(name);
      return found?.owner === owner ? found.lease : undefined;
    },
    forget: (name, owner) => {
      if (leases.get(name)?.owner === owner) leases.delete(name);
    },
    amend: (name, owner, change) => {
      const found = leases.get(name);
      if (found?.owner === owner) leases.set(name, { ...found, lease: { ...found.lease, ...change } });
    },
  };
}
