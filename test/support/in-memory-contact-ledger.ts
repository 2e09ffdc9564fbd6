import { createHash } from 'node:crypto';
import {
  type Acquisition,
  ARCHIVED,
  type ContactLedger,
  type Creation,
  ERASED,
  type Fence,
  type FormerHome,
  isNameOfId,
  type LedgerEntry,
  type LedgerName,
  nameOfId,
  type OrderKey,
  type Prints,
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
  /** It is going to expire: what is left of an erased name, and whatever has a lease that may never be given back. */
  isFading?: true;
  prints: Map<string, string>;
  astrayUntil?: EpochMs;
}

/** A ledger in memory; `items` lets a test look at who holds what. */
export interface InMemoryContactLedger extends ContactLedger {
  readonly items: ReadonlyMap<LedgerName, Readonly<Stored>>;
}

export function createInMemoryContactLedger(): InMemoryContactLedger {
  const items = new Map<LedgerName, Stored>();
  const floors = new Map<string, OrderKey>();
  const raiseFloor = (name: LedgerName, order: OrderKey): void => {
    const hash = hashOf(name);
    if (order > (floors.get(hash) ?? '')) floors.set(hash, order);
  };
  /** What is left of a name: of an id the floor, of anything else nothing. */
  const forget = (name: LedgerName, order: OrderKey): void => {
    raiseFloor(name, order);
    if (isNameOfId(name)) items.set(name, { fence: new Map([[ERASED, order]]), prints: new Map(), isFading: true });
    else items.delete(name);
  };
  const entryOf = (name: LedgerName, stored: Stored | undefined): LedgerEntry => ({
    name,
    fence: new Map(stored?.fence),
    ...(stored?.id !== undefined && { id: stored.id }),
    ...(stored?.confirmedAt !== undefined && { confirmedAt: stored.confirmedAt }),
    ...(stored?.creation !== undefined && { creation: stored.creation }),
    ...(stored !== undefined && kept(stored)),
  });
  const ownedBy = (name: LedgerName, owner: string): Stored | undefined => {
    const stored = items.get(name);
    return stored?.owner === owner ? stored : undefined;
  };
  const free = (stored: Stored): void => {
    delete stored.owner;
    delete stored.end;
    delete stored.inDoubt;
    delete stored.isFading;
  };
  return {
    items,
    findHints: async (names) =>
      names.flatMap((name) => {
        const stored = items.get(name);
        if (stored === undefined) return [];
        const { home = name, id, confirmedAt } = stored;
        return [
          {
            name,
            home,
            ...(id !== undefined && { id }),
            ...(confirmedAt !== undefined && { confirmedAt }),
            ...(home !== name && formerOf(stored)),
          },
        ];
      }),
    acquire: async (name, owner, now, end): Promise<Acquisition> => {
      const stored: Stored = items.get(name) ?? { fence: new Map(), prints: new Map() };
      if (stored.home !== undefined && stored.home !== name)
        return { kind: 'elsewhere', home: stored.home, ...formerOf(stored) };
      if (stored.owner !== undefined && stored.owner !== owner && stored.end !== undefined && stored.end > now) {
        return { kind: 'held', end: stored.end };
      }
      // The owner's own repetition, after a lost reply, is told what his first request was told.
      const inDoubt = stored.owner !== undefined && (stored.owner !== owner || stored.inDoubt === true);
      const doubt = inDoubt && stored.end !== undefined ? { inDoubtUntil: stored.end } : {};
      const entry = entryOf(name, stored);
      items.set(name, Object.assign(stored, { owner, end, inDoubt, isFading: true }));
      return { kind: 'acquired', entry, ...doubt };
    },
    settle: async ({ name, owner, id, confirmedAt, fence, creation, stage, prints, home, astrayUntil }) => {
      const stored = ownedBy(name, owner);
      if (stored === undefined) return false;
      raise(stored, fence, prints);
      if (id === null) {
        delete stored.id;
        delete stored.confirmedAt;
      } else if (id !== undefined) stored.id = id;
      if (confirmedAt !== undefined) stored.confirmedAt = confirmedAt;
      if (creation === null) delete stored.creation;
      else if (creation !== undefined) stored.creation = creation;
      if (stage === null) delete stored.stage;
      else if (stage !== undefined) stored.stage = stage;
      if (home !== undefined) stored.home = home;
      if (astrayUntil !== undefined) stored.astrayUntil = astrayUntil;
      free(stored);
      return true;
    },
    raise: async (name, owner, fence, { found, prints } = {}) => {
      const stored = ownedBy(name, owner);
      if (stored !== undefined) Object.assign(stored, found);
      if (stored !== undefined) raise(stored, fence, prints);
      return stored !== undefined;
    },
    release: async (name, owner) => {
      const stored = ownedBy(name, owner);
      if (stored === undefined) return false;
      const hasPointers = [...items].some(([each, { home }]) => home === name && each !== name);
      const isBlank = !hasPointers && Object.keys(entryOf(name, stored)).length === 2 && stored.fence.size === 0;
      free(stored);
      if (isBlank) stored.isFading = true;
      return true;
    },
    point: async (name, home, { floor, ...note } = {}) => {
      const stored: Stored = items.get(name) ?? { fence: new Map(), prints: new Map() };
      if (floor !== undefined) raise(stored, new Map([[ARCHIVED, floor]]));
      if (home !== name || floor !== undefined || Object.keys(note).length > 0) delete stored.isFading;
      const target = items.get(home);
      if (home !== name && target !== undefined) delete target.isFading;
      items.set(name, Object.assign(stored, { home }, note));
    },
    recallErasures: async (names, owner) => {
      const found = new Map<LedgerName, OrderKey>();
      for (const name of names) {
        const order = isNameOfId(name) ? undefined : floors.get(hashOf(name));
        if (order === undefined) continue;
        const stored = ownedBy(name, owner);
        if (stored === undefined) return undefined;
        stored.fence = new Map([[ERASED, order]]);
        found.set(name, order);
      }
      return found;
    },
    erase: async ({ name, owner, order }) => {
      const stored = items.get(name);
      if (stored !== undefined && stored.owner !== owner) return false;
      const pointers: LedgerName[] = [];
      for (let step = [name]; step.length > 0; pointers.push(...step)) {
        const homes = step;
        step = [...items].flatMap(([each, { home }]) =>
          home !== undefined && homes.includes(home) && each !== name && !pointers.includes(each) ? [each] : [],
        );
      }
      const own = stored?.id === undefined ? undefined : nameOfId(stored.id);
      if (own !== undefined && !items.has(own)) pointers.push(own);
      for (const each of [...pointers, name]) forget(each, order);
      return true;
    },
  };
}

const hashOf = (name: LedgerName): string => createHash('sha256').update(name).digest('base64url');

const kept = ({ stage, prints, astrayUntil }: Stored) => ({
  ...(stage !== undefined && { stage }),
  ...(prints.size > 0 && { prints: new Map(prints) }),
  ...(astrayUntil !== undefined && { astrayUntil }),
});

const formerOf = (stored: Stored): { readonly former?: FormerHome } =>
  stored.fence.size === 0 && stored.astrayUntil === undefined
    ? {}
    : { former: { fence: new Map(stored.fence), ...kept(stored) } };

function raise({ fence, prints }: Stored, by: Fence, printsBy?: Prints): void {
  for (const [property, key] of by) {
    if (key < (fence.get(property) ?? '')) continue;
    const print = printsBy?.get(property);
    const tells = (each: string | undefined) => each?.split(' ').length ?? 0;
    if (key === fence.get(property) && tells(print) < tells(prints.get(property))) continue;
    fence.set(property, key);
    if (print === undefined) prints.delete(property);
    else prints.set(property, print);
  }
}
