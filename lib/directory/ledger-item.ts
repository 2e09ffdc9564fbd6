import { type Item, readNumber, readOptionalNumber, readText } from '../operations/attribute-values.ts';
import type { ContactId } from '../operations/contact-write.ts';
import { type EpochMs, epochMs } from '../runtime/units.ts';
import { parseFence } from './compact-fence.ts';
import {
  ARCHIVED,
  type Fence,
  type FormerHome,
  type LedgerEntry,
  type LedgerName,
  type NameHint,
  type OrderKey,
  type Prints,
} from './contact-ledger.ts';
import { parsePrints } from './value-prints.ts';

/*
 * An item of the ledger, `pk` = its name:
 *
 *   id, confirmedAt, fence, stage,
 *   createdBy, createdId,
 *   prints, astrayUntil                 what the name leads to, see `LedgerEntry`
 *   home                                another name that this one points to; absent on a home
 *   archives                            archives of contacts that had the name before it was a home of its own, a set; the newest is
 *                                       part of its fence
 *   leaseOwner, leaseEnd                the lease; absent when it was given back
 *   holders                             all who took the lease since it was last given back, a set
 *   leaseCount                          the number of the lease that was given last, counted from the time of the first; a change of the
 *                                       fence under a lease counts too
 *   closedLease                         the number of the lease that was last given back
 *   pointers                            the names that point here, a set: all that has to go with a person who is erased
 *   homes                               the homes that list this name as their pointer, a set: it may lead elsewhere by now
 *   expiresAt                           on what is left of an erased person, and on every item whose lease is not given back or of
 *                                       whose name nothing is known
 */

/** A lease that its owner has not given back, and the fence that only he may write. */
export interface OpenLease {
  /** Tells it from all others under its name, the same owner's included. */
  readonly number: number;
  readonly fence: Fence;
  readonly prints: Prints;
  /** Nothing is known of the name but the lease. */
  readonly isBlank: boolean;
}

/** What stands in the way of whoever wants the lease at `now`; undefined when it may be had. */
export type Obstacle =
  | { readonly kind: 'held'; readonly end: EpochMs }
  | { readonly kind: 'elsewhere'; readonly home: LedgerName; readonly former?: FormerHome };

/** Reads what a name leads to. Throws `UnreadableItemError` on an item that the ledger did not write. */
export const parseEntry = (name: LedgerName, item: Item): LedgerEntry => ({
  name,
  fence: fenceOf(item),
  ...known(item),
  ...(item['createdBy'] !== undefined && {
    creation: { by: readText(item, 'createdBy'), id: readText(item, 'createdId') as ContactId },
  }),
  ...kept(item),
});

/** Reads what is known of a name without a lease. */
export function parseHint(item: Item): NameHint {
  const name = readText(item, 'pk') as LedgerName;
  const home = homeOf(item);
  return { name, home: home ?? name, ...known(item), ...(home !== undefined && former(item)) };
}

/** The lease that `owner` has under a name; undefined when it is not his. */
export const openLeaseOf = (item: Item, owner: string): OpenLease | undefined =>
  item['leaseOwner']?.S === owner
    ? { number: readNumber(item, 'leaseCount'), fence: fenceOf(item), prints: printsOf(item), isBlank: isBlank(item) }
    : undefined;

/** What an item has that tells of its lease alone. */
const OF_THE_LEASE = new Set(['pk', 'leaseOwner', 'leaseEnd', 'holders', 'leaseCount', 'closedLease', 'expiresAt']);

/** Whether nothing is known of a name: of an erased person, say. */
export const isBlank = (item: Item): boolean => Object.keys(item).every((attribute) => OF_THE_LEASE.has(attribute));

/**
 * Whether somebody else took the lease after it was last given back: he may have sent what nobody saw the answer of. For our own repetition,
 * after a lost reply, that is until our own lease ends: when the one before it did is not known any more.
 */
export const doubtIn = (before: Item, owner: string): { readonly inDoubtUntil?: EpochMs } =>
  (before['holders']?.SS ?? []).some((holder) => holder !== owner)
    ? { inDoubtUntil: epochMs(readNumber(before, 'leaseEnd')) }
    : {};

/** The same decision as the condition of `acquire`, on an item that was read. */
export function obstacleTo(item: Item, owner: string, now: EpochMs): Obstacle | undefined {
  const home = homeOf(item);
  if (home !== undefined) return { kind: 'elsewhere', home, ...former(item) };
  if (item['leaseOwner'] === undefined || item['leaseOwner'].S === owner) return undefined;
  const end = epochMs(readNumber(item, 'leaseEnd'));
  return end > now ? { kind: 'held', end } : undefined;
}

const homeOf = (item: Item): LedgerName | undefined => item['home']?.S as LedgerName | undefined;

/** Of the archives noted beside the fence, the newest. */
function fenceOf(item: Item): Fence {
  const fence = parseFence(item['fence']?.S ?? '');
  const floor = [...(item['archives']?.SS ?? [])].sort().at(-1);
  return floor === undefined || floor <= (fence.get(ARCHIVED) ?? '')
    ? fence
    : new Map([...fence, [ARCHIVED, floor as OrderKey]]);
}

/** The contact that a name leads to. */
export const knownId = (item: Item): ContactId | undefined => item['id']?.S as ContactId | undefined;
/** The prints beside the fence. */
export const printsOf = (item: Item): Prints => parsePrints(item['prints']?.S ?? '');

function kept(item: Item): Pick<FormerHome, 'prints' | 'stage' | 'astrayUntil'> {
  const astrayUntil = readOptionalNumber(item, 'astrayUntil');
  return {
    ...(item['stage'] !== undefined && { stage: readText(item, 'stage') }),
    ...(item['prints'] !== undefined && { prints: printsOf(item) }),
    ...(astrayUntil !== undefined && { astrayUntil: epochMs(astrayUntil) }),
  };
}

/** What a name that points elsewhere still keeps, if anything. */
function former(item: Item): { readonly former?: FormerHome } {
  if (item['fence'] === undefined && item['archives'] === undefined && item['astrayUntil'] === undefined) return {};
  return { former: { fence: fenceOf(item), ...kept(item) } };
}

function known(item: Item): { readonly id?: ContactId; readonly confirmedAt?: EpochMs } {
  const confirmedAt = readOptionalNumber(item, 'confirmedAt');
  return {
    ...(item['id'] !== undefined && { id: readText(item, 'id') as ContactId }),
    ...(confirmedAt !== undefined && { confirmedAt: epochMs(confirmedAt) }),
  };
}
