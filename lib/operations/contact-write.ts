import type { EpochMs } from '../runtime/units.ts';
import type { AssociationType, Link } from './link.ts';

/** What a caller wants done with a contact. */
export const VERBS = ['create', 'update', 'upsert', 'archive', 'gdpr-delete', 'associate', 'dissociate'] as const;
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

/** An association of a write, as HubSpot takes it with a create. */
export interface Association {
  readonly to: { readonly id: string };
  readonly types: readonly AssociationType[];
  /** To which type of object it leads: known of updates and upserts, whose associations go in calls of their own. */
  readonly toObjectType?: string;
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
  /** HubSpot property name to value; `""` clears a property. Empty on all verbs but create, update and upsert. */
  readonly properties: Readonly<Record<string, string>>;
  /** HubSpot makes those of a create with it; those of an update or upsert follow once its properties are written. */
  readonly associations?: readonly Association[];
  /** What an associate or dissociate is about. */
  readonly link?: Link;
  /** When it happened at the source, if the source says; orders the writes of one contact before their sequence does. */
  readonly occurredAt?: EpochMs;
}

/** HubSpot stores e-mails trimmed and in lower case; so do we, wherever one is compared. */
export const normaliseEmail = (email: string): string => email.trim().toLowerCase();

/** The normalised form of a unique property's value, as keys and comparisons use it. */
export const normaliseKey = (idProperty: string, value: string): string =>
  idProperty === 'email' ? normaliseEmail(value) : value.trim();
