import type { EpochMs } from '../runtime/units.ts';

/** What a caller wants done with a contact. */
export const VERBS = ['create', 'update', 'upsert', 'archive', 'gdpr-delete'] as const;
export type Verb = (typeof VERBS)[number];

declare const brand: unique symbol;
/** A ULID; names an accepted request. */
export type OperationId = string & { readonly [brand]: 'OperationId' };
/** A ULID given to a write at acceptance; string order is the order of writes to one contact. */
export type Sequence = string & { readonly [brand]: 'Sequence' };
/** HubSpot's record id of a contact: decimal digits. */
export type ContactId = string & { readonly [brand]: 'ContactId' };

/** The `idProperty` that means HubSpot's own record id, in requests that spell it out. */
export const RECORD_ID_PROPERTY = 'hs_object_id';

/** HubSpot's create-time association, passed on as it came. */
export interface Association {
  readonly to: { readonly id: string };
  readonly types: readonly { readonly associationCategory: string; readonly associationTypeId: number }[];
}

/** One intent on one contact. */
export interface ContactWrite {
  /** Its place in the operation, from 0. */
  readonly index: number;
  readonly sequence: Sequence;
  /**
   * Whom it is about. Absent on a create. `idProperty` absent means that `id` is HubSpot's record id; otherwise `id` is the
   * value of that unique property, e-mails already normalised.
   */
  readonly id?: string;
  readonly idProperty?: string;
  /** HubSpot property name to value; `""` clears a property. Empty on an archive and a GDPR delete. */
  readonly properties: Readonly<Record<string, string>>;
  /** Creates only. */
  readonly associations?: readonly Association[];
  /** When it happened at the source, if the source says; orders the writes of one contact before their sequence does. */
  readonly occurredAt?: EpochMs;
}

/** HubSpot stores e-mails trimmed and in lower case; so do we, wherever one is compared. */
export const normaliseEmail = (email: string): string => email.trim().toLowerCase();

/** The normalised form of a unique property's value, as keys and comparisons use it. */
export const normaliseKey = (idProperty: string, value: string): string =>
  idProperty === 'email' ? normaliseEmail(value) : value.trim();
