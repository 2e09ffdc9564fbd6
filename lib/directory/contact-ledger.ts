import type { ContactId, Sequence } from '../operations/contact-write.ts';
import { type EpochMs, epochMs } from '../runtime/units.ts';

declare const brand: unique symbol;

/**
 * Names a contact in the ledger: `key#<idProperty>#<normalised value>` or `id#<contact id>`. A contact may have several
 * names; one of them is its *home*, where lease and fence are kept, the others point to it.
 */
export type LedgerName = string & { readonly [brand]: 'LedgerName' };

export const nameOfKey = (idProperty: string, value: string): LedgerName => `key#${idProperty}#${value}` as LedgerName;
export const nameOfId = (id: ContactId): LedgerName => `id#${id}` as LedgerName;
/** Whether a name is a contact's id, which says nothing of the person. */
export const isNameOfId = (name: LedgerName): boolean => name.startsWith('id#');

/**
 * Where a write stands among the writes of its contact: `<time, 13 digits>#<sequence>`, compared as text. The time is the
 * source's own (`occurredAt`) or that of acceptance.
 */
export type OrderKey = string & { readonly [brand]: 'OrderKey' };

export const orderKey = (time: EpochMs, sequence: Sequence): OrderKey =>
  `${String(time).padStart(13, '0')}#${sequence}` as OrderKey;

/** The time that an order key begins with. */
export const timeOf = (order: OrderKey): EpochMs => epochMs(Number(order.split('#')[0]));

/** Which write each property of a contact got last. */
export type Fence = ReadonlyMap<string, OrderKey>;

/**
 * A print (`printOf`) of the value that each property got last: by it the value is found again in HubSpot's history. Where two contacts became
 * one, also of what the other had, the newer first (`printsIn`).
 */
export type Prints = ReadonlyMap<string, string>;

/**
 * The one property of which the ledger keeps the value too, an enumeration: HubSpot ignores a step backward that was not
 * cleared before, so that a clear which comes late has to be followed by the newer value once more.
 */
export const STAGE = 'lifecyclestage';

/**
 * Stands in fences for the newest clear of the stage that was made, and after which a newer set was made again: a copy of that clear
 * must not be taken for one that comes late. No property of HubSpot's has such a name.
 */
export const STAGE_CLEARED = 'lifecyclestage:cleared';

/**
 * Stands in fences for the newest archive of the contact. The next contact of the same name inherits it: what is older than the archive
 * comes to nobody any more (delivery rule 17). No property of HubSpot's has such a name.
 */
export const ARCHIVED = 'contact:archived';

/**
 * Stands in fences for the newest create that was refused because the contact was there already: an archive older than that would take
 * what its caller was told is there. No property of HubSpot's has such a name.
 */
export const WANTED = 'contact:wanted';

/** A create that HubSpot was seen to carry out, and the contact that it made: its name may lead to another one since. */
export interface Creation {
  /** `<operation>#<index>`. */
  readonly by: string;
  readonly id: ContactId;
}

/**
 * Stands in fences for a GDPR delete. Of the contact nothing else is kept, so that it stands alone until a newer write is delivered to
 * somebody of that name. No property of HubSpot's has such a name.
 */
export const ERASED = 'contact:erased';

/** Whether a fence tells of no delivery: what there was may have been erased. */
export const isBare = (fence: Fence): boolean => [...fence.keys()].every((property) => property === ERASED);
/** Whether a name in a fence is about an association: `+…` one that was made, `-…` one that was taken away (lib/deliver/link-fence.ts). */
export const isLinkName = (name: string): boolean => name.startsWith('+') || name.startsWith('-');

/** What the ledger holds under a name, as it was before a lease was taken. */
export interface LedgerEntry {
  readonly name: LedgerName;
  /** The contact's id, as an answer of HubSpot's last confirmed it. */
  readonly id?: ContactId;
  /** Of a name without an id: since when it leads to nobody. */
  readonly confirmedAt?: EpochMs;
  readonly fence: Fence;
  readonly creation?: Creation;
  /** The lifecycle stage that was last sent; absent while none is set. */
  readonly stage?: string;
  readonly prints?: Prints;
  /** Writes by this name that were accepted until then may have been sent under the lease of another one. */
  readonly astrayUntil?: EpochMs;
}

/** What is still kept under a name that was a home until it turned out to be another name of a contact. */
export type FormerHome = Pick<LedgerEntry, 'fence' | 'prints' | 'stage' | 'astrayUntil'>;

export type Acquisition =
  /**
   * The lease is ours. `inDoubtUntil` is there where the one before ours was never released, so that its owner may have sent something to
   * HubSpot of which nobody saw the answer, and is when that one ended: nothing that was accepted later can have been sent under it.
   */
  | { readonly kind: 'acquired'; readonly entry: LedgerEntry; readonly inDoubtUntil?: EpochMs }
  /** Somebody else has it until `end`. */
  | { readonly kind: 'held'; readonly end: EpochMs }
  /** This name only points to another. */
  | { readonly kind: 'elsewhere'; readonly home: LedgerName; readonly former?: FormerHome };

/** What is known of a name without a lease. */
export interface NameHint {
  readonly name: LedgerName;
  /** The name itself when it is a home. */
  readonly home: LedgerName;
  /** Of the name of an id: the id that its contact has now, when it was merged away. */
  readonly id?: ContactId;
  readonly confirmedAt?: EpochMs;
  /** Only of names that point elsewhere. */
  readonly former?: FormerHome;
}

/** What a settled call leaves in the ledger; writing it releases the lease. */
export interface LedgerSettlement {
  readonly name: LedgerName;
  readonly owner: string;
  /** The contact that the name is now known to lead to; `null` when it leads to nobody we know any more. */
  readonly id?: ContactId | null;
  readonly confirmedAt?: EpochMs;
  /** Added to the fence: newer order keys win property by property. */
  readonly fence: Fence;
  /** `null` when the contact that it made is gone. */
  readonly creation?: Creation | null;
  /** `null` when the stage was cleared. */
  readonly stage?: string | null;
  /** Of the values whose order keys are in `fence`. */
  readonly prints?: Prints;
  /** Another name of the contact, where lease and fence are kept from now on: what is stored here stays, for that one to take over. */
  readonly home?: LedgerName;
  readonly astrayUntil?: EpochMs;
}

/** The contact that a name was just found to lead to. */
export interface FoundId {
  readonly id: ContactId;
  readonly confirmedAt: EpochMs;
}

/** What is stored with a fence under a lease that goes on. */
export interface RaiseNote {
  /** Whom the name leads to. */
  readonly found?: FoundId;
  /** Of properties whose order keys are in the fence, the newest first. */
  readonly prints?: Prints;
}

/** What is stored of a name beside the home that it points to. */
export interface PointerNote {
  readonly id?: ContactId;
  readonly astrayUntil?: EpochMs;
  /** The archive of a contact that had the name before, as its fence keeps it: what is older comes to nobody any more. */
  readonly floor?: OrderKey;
}

/** A person who was deleted for good: all that the ledger holds under the name is to go, and the lease with it. */
export interface Erasure {
  readonly name: LedgerName;
  readonly owner: string;
  /** The deletion's place in the order of writes: what is older comes to nobody any more. */
  readonly order: OrderKey;
}

/** Per contact: who may write it now, and which write each of its properties got last. */
export interface ContactLedger {
  /** What is stored under names; a name nobody knows is missing. Possibly old, unless read consistently (at twice the price). */
  findHints(names: readonly LedgerName[], consistency: 'eventual' | 'strong'): Promise<readonly NameHint[]>;
  /**
   * Takes the lease on a name for `owner` until `end`, if it is free, has ended, or is the owner's own. Atomic. After a lost
   * reply it may be asked again by the same owner.
   */
  acquire(name: LedgerName, owner: string, now: EpochMs, end: EpochMs): Promise<Acquisition>;
  /** Stores and releases, only while `owner` holds the lease: false when it does not any more, and then stores nothing. */
  settle(settlement: LedgerSettlement): Promise<boolean>;
  /**
   * Adds to the fence under the owner's lease, which goes on: newer order keys win property by property. False when `owner` does not hold the
   * lease, and then stores nothing. May be asked again.
   */
  raise(name: LedgerName, owner: string, fence: Fence, note?: RaiseNote): Promise<boolean>;
  /** Gives the lease back with nothing stored; false when `owner` does not hold it. */
  release(name: LedgerName, owner: string): Promise<boolean>;
  /**
   * Makes `name` point to `home`; to itself makes it a home of its own. Whatever pointed elsewhere points here now; a home's
   * lease and fence stay stored, but only the new home counts.
   */
  point(name: LedgerName, home: LedgerName, note?: PointerNote): Promise<void>;
  /**
   * Which of these names, whose leases `owner` holds and whose fences are bare, were erased, and with which place in the order. From then
   * on their fences hold it, too. To be asked under the lease: an erasure before it is surely told. Undefined when `owner` has lost one of
   * the leases on erased names.
   */
  recallErasures(names: readonly LedgerName[], owner: string): Promise<ReadonlyMap<LedgerName, OrderKey> | undefined>;
  /**
   * Forgets a name, the names that point to it, and all that was known under them, only while `owner` holds the lease: else false. For
   * 45 days their places in the order of writes are kept in such a form that nobody can read a name from it. May be asked again.
   */
  erase(erasure: Erasure): Promise<boolean>;
}
