import type { ContactLedger, LedgerName } from '../../lib/directory/contact-ledger.ts';
import { nameOfId, nameOfKey } from '../../lib/directory/contact-ledger.ts';
import type { ContactId } from '../../lib/operations/contact-write.ts';
import type { InMemoryContactLedger } from '../support/in-memory-contact-ledger.ts';
import { FUNCTION_TIMEOUT } from './function-timeout.ts';
import type { Witness } from './witness.ts';

/** Who holds which lease, as seen where the ledger is changed. */
export interface LedgerTap {
  /** The ledger as one process has it. */
  of(process: string): ContactLedger;
  /** Undefined while nobody has ever taken a lease. */
  holdsLease(
    process: string,
    target: { readonly id?: string; readonly emails: readonly string[] },
  ): boolean | undefined;
  /**
   * Where a name leads for an invocation of `process` that has run since `since`: as the ledger has it now, but for what others have changed
   * meanwhile. An invocation keeps to what it read at its start.
   */
  homeOf(name: LedgerName, process: string, since: number): LedgerName;
  /** The names for which the ledger has an id: a write by any of them goes to it too. */
  namesWithId(id: string): readonly LedgerName[];
}

/** Watches the ledger for D3: one live lease per contact, and only its owner settles or releases. */
export function createLedgerTap(ledger: InMemoryContactLedger, now: () => number, witness: Witness): LedgerTap {
  /** The process behind each owner that ever took a lease. */
  const processes = new Map<string, string>();
  const holderOf = (name: LedgerName): { owner: string; end: number } | undefined => {
    const item = ledger.items.get(name);
    return item?.owner === undefined || item.end === undefined ? undefined : { owner: item.owner, end: item.end };
  };
  /** Where names pointed until lately: an invocation keeps to what it read at its start, and the names' writes are looked after. */
  const formerly = new Map<
    LedgerName,
    { readonly home: LedgerName; readonly until: number; readonly endedBy: string }[]
  >();
  const noteFormer = (name: LedgerName, before: LedgerName, endedBy: string) => {
    if ((ledger.items.get(name)?.home ?? name) === before) return;
    formerly.set(name, [...(formerly.get(name) ?? []), { home: before, until: now(), endedBy }]);
  };
  const homeOf = (name: LedgerName, process: string, since: number, met: readonly LedgerName[] = []): LedgerName => {
    const unheard = formerly.get(name)?.find(({ until, endedBy }) => until >= since && endedBy !== process);
    const home = unheard?.home ?? ledger.items.get(name)?.home;
    return home === undefined || home === name || met.includes(home)
      ? name
      : homeOf(home, process, since, [...met, name]);
  };
  const latelyHomesOf = (name: LedgerName, met = new Set<LedgerName>()): ReadonlySet<LedgerName> => {
    if (met.has(name)) return met;
    met.add(name);
    latelyHomesOf(ledger.items.get(name)?.home ?? name, met);
    for (const { home, until } of formerly.get(name) ?? [])
      if (until > now() - FUNCTION_TIMEOUT) latelyHomesOf(home, met);
    return met;
  };
  const watched = async (what: string, name: LedgerName, owner: string, change: () => Promise<boolean>) => {
    const before = holderOf(name);
    const isDone = await change();
    if (isDone && before?.owner !== owner)
      witness.report('D3', `${owner} could ${what} ${name}, leased by ${before?.owner}`);
    return isDone;
  };
  return {
    of: (process) => ({
      ...ledger,
      acquire: async (name, owner, time, end) => {
        const before = holderOf(name);
        const acquisition = await ledger.acquire(name, owner, time, end);
        if (acquisition.kind === 'acquired') {
          processes.set(owner, process);
          if (acquisition.inDoubtUntil !== undefined) witness.noteDoubt(name, acquisition.inDoubtUntil);
          const isTaken = before !== undefined && before.owner !== owner && before.end > now();
          if (isTaken)
            witness.report('D3', `${owner} took ${name} from ${before.owner}, ${before.end - now()} ms too early`);
        }
        return acquisition;
      },
      point: async (name, home, note) => {
        const before = ledger.items.get(name)?.home ?? name;
        await ledger.point(name, home, note);
        noteFormer(name, before, process);
      },
      settle: async (settlement) => {
        const { name, owner } = settlement;
        const isSettled = await watched('settle', name, owner, () => ledger.settle(settlement));
        noteFormer(name, name, process);
        return isSettled;
      },
      raise: (...raising) => watched('raise', raising[0], raising[1], () => ledger.raise(...raising)),
      // What is gone already was erased by a try of the same owner's whose answer was lost.
      erase: (erasure) =>
        ledger.items.has(erasure.name)
          ? watched('erase', erasure.name, erasure.owner, () => ledger.erase(erasure))
          : ledger.erase(erasure),
      release: (...releasing) => watched('release', releasing[0], releasing[1], () => ledger.release(...releasing)),
    }),
    homeOf: (name, process, since) => homeOf(name, process, since),
    namesWithId: (id) => [...ledger.items].flatMap(([name, { id: known }]) => (known === id ? [name] : [])),
    holdsLease: (process, { id, emails }) => {
      if (processes.size === 0) return undefined;
      const names = [
        ...emails.map((email) => nameOfKey('email', email)),
        ...(id === undefined ? [] : [nameOfId(id as ContactId)]),
      ];
      const homes = new Set(names.flatMap((name) => [...latelyHomesOf(name)]));
      return [...homes].some((home) => {
        const holder = holderOf(home);
        return holder !== undefined && holder.end > now() && processes.get(holder.owner) === process;
      });
    },
  };
}
