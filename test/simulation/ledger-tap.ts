import type { ContactLedger, LedgerName } from '../../lib/directory/contact-ledger.ts';
import { nameOfId, nameOfKey } from '../../lib/directory/contact-ledger.ts';
import type { ContactId } from '../../lib/operations/contact-write.ts';
import type { InMemoryContactLedger } from '../support/in-memory-contact-ledger.ts';
import type { Witness } from './witness.ts';

/** Who holds which lease, as seen where the ledger is changed. */
export interface LedgerTap {
  /** The ledger as one process has it. */
  of(process: string): ContactLedger;
  /** Undefined while nobody has ever taken a lease. */
  holdsLease(process: string, target: { readonly id?: string; readonly email?: string }): boolean | undefined;
}

/** Watches the ledger for D3: one live lease per contact, and only its owner settles or releases. */
export function createLedgerTap(ledger: InMemoryContactLedger, now: () => number, witness: Witness): LedgerTap {
  /** The process behind each owner that ever took a lease. */
  const processes = new Map<string, string>();
  const holderOf = (name: LedgerName): { owner: string; end: number } | undefined => {
    const item = ledger.items.get(name);
    return item?.owner === undefined || item.end === undefined ? undefined : { owner: item.owner, end: item.end };
  };
  const homeOf = (name: LedgerName): LedgerName => {
    const home = ledger.items.get(name)?.home;
    return home === undefined || home === name ? name : homeOf(home);
  };
  const checkOwner = (
    what: string,
    name: LedgerName,
    owner: string,
    before: ReturnType<typeof holderOf>,
    done: boolean,
  ) => {
    if (done && before?.owner !== owner)
      witness.report('D3', `${owner} could ${what} ${name}, leased by ${before?.owner}`);
  };
  return {
    of: (process) => ({
      ...ledger,
      acquire: async (name, owner, time, end) => {
        const before = holderOf(name);
        const acquisition = await ledger.acquire(name, owner, time, end);
        if (acquisition.kind === 'acquired') {
          processes.set(owner, process);
          const isTaken = before !== undefined && before.owner !== owner && before.end > now();
          if (isTaken)
            witness.report('D3', `${owner} took ${name} from ${before.owner}, ${before.end - now()} ms too early`);
        }
        return acquisition;
      },
      settle: async (settlement) => {
        const { name, owner } = settlement;
        const before = holderOf(name);
        const done = await ledger.settle(settlement);
        checkOwner('settle', name, owner, before, done);
        return done;
      },
      release: async (name, owner) => {
        const before = holderOf(name);
        const done = await ledger.release(name, owner);
        checkOwner('release', name, owner, before, done);
        return done;
      },
    }),
    holdsLease: (process, { id, email }) => {
      if (processes.size === 0) return undefined;
      const names = [
        ...(email === undefined ? [] : [nameOfKey('email', email)]),
        ...(id === undefined ? [] : [nameOfId(id as ContactId)]),
      ];
      return names.some((name) => {
        const holder = holderOf(homeOf(name));
        return holder !== undefined && holder.end > now() && processes.get(holder.owner) === process;
      });
    },
  };
}
