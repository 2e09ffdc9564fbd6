import type { ContactId } from './contact-write.ts';
import type { StageNote } from './lifecycle.ts';
import type { WriteError } from './outcome.ts';

/** One of the ways in which two objects can be associated, as HubSpot names it: counted from the contact. */
export interface AssociationType {
  /** `HUBSPOT_DEFINED`, `USER_DEFINED`, `INTEGRATOR_DEFINED` or `WORK`. */
  readonly associationCategory: string;
  readonly associationTypeId: number;
}

/** What an `associate` or `dissociate` is about: the object at the other end, and in which ways. */
export interface Link {
  /** The object type as the relay spells it, e.g. `companies`; see `objectTypeOf`. */
  readonly toType: string;
  /** HubSpot's record id of the other object: decimal digits. */
  readonly toId: string;
  /** Absent: made without a label, or taken away with all that the two have in common. */
  readonly types?: readonly AssociationType[];
}

/** What became of one association of an update or upsert. */
export type LinkOutcome = {
  readonly toObjectType: string;
  readonly toObjectId: string;
} & ({ readonly outcome: 'associated' | 'superseded' } | { readonly outcome: 'rejected'; readonly error: WriteError });

/** A write whose properties HubSpot has, and whose associations are still to be made. */
export interface FollowUpMark {
  readonly id: ContactId;
  /** What became of its properties, and of its lifecycle stage where that was not simply set. */
  readonly outcome: 'created' | 'updated' | 'superseded';
  readonly stage?: StageNote;
}

/** The label that only one company of a contact can have (associations guide). */
export const isPrimaryCompany = ({ associationCategory, associationTypeId }: AssociationType): boolean =>
  associationCategory === 'HUBSPOT_DEFINED' && associationTypeId === 1;

/**
 * Whether a type is the association without a label, which every labelled one comes with and which takes the labelled ones away
 * when it goes. Of what HubSpot itself defines from contacts to others, only the primary company is a label.
 */
export const isUnlabelled = (type: AssociationType): boolean =>
  type.associationCategory === 'HUBSPOT_DEFINED' && !isPrimaryCompany(type);

/** Ids of the association without a label, from contacts to other objects (associations guide). */
const UNLABELLED: Readonly<Record<string, number>> = { companies: 279, deals: 4, tickets: 15 };

/** The association with such an object without a label; undefined where its id is not known. */
export function unlabelledTo(toType: string): AssociationType | undefined {
  const associationTypeId = UNLABELLED[toType];
  return associationTypeId === undefined ? undefined : { associationCategory: 'HUBSPOT_DEFINED', associationTypeId };
}

/** Plural, singular and `objectTypeId` of the types of which HubSpot documents ids of associations with contacts. */
const OBJECT_TYPES: readonly (readonly [string, string, string])[] = [
  ['contacts', 'contact', '0-1'],
  ['companies', 'company', '0-2'],
  ['deals', 'deal', '0-3'],
  ['tickets', 'ticket', '0-5'],
];

/**
 * One spelling for the names that HubSpot has for an object type, so that writes by any of them meet in one fence. What is not
 * known here, such as a custom object, keeps its name in lower case.
 */
export function objectTypeOf(name: string): string {
  const lower = name.toLowerCase();
  return OBJECT_TYPES.find((names) => names.includes(lower))?.[0] ?? lower;
}

/** Ids that HubSpot defines from contacts to others (associations guide). */
const TYPE_BY_ID: ReadonlyMap<number, string> = new Map([
  [1, 'companies'],
  [279, 'companies'],
  [4, 'deals'],
  [15, 'tickets'],
]);

/** The object type that an association type leads to, where its id tells. */
export const objectTypeBehind = ({ associationCategory, associationTypeId }: AssociationType): string | undefined =>
  associationCategory === 'HUBSPOT_DEFINED' ? TYPE_BY_ID.get(associationTypeId) : undefined;
