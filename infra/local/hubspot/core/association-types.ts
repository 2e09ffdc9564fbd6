import type { AssociatedType } from './object-types.ts';
import type { Settings } from './settings.ts';

/** One way in which a contact and another object can be associated. */
export interface AssociationType {
  readonly toType: AssociatedType;
  readonly category: string;
  /** From the contact to the other object. */
  readonly typeId: number;
  /** From the other object to the contact. */
  readonly inverseTypeId: number;
  /** Null for the plain association, which every labeled one comes with. */
  readonly label: string | null;
  /** As v3 answers and requests call it. */
  readonly name: string;
  readonly inverseName: string;
}

/** How a request names an association type. */
export interface AssociationSpec {
  readonly associationCategory: string;
  readonly associationTypeId: number;
}

/** The label that only one company of a contact can have. */
export const PRIMARY_TYPE_ID = 1;

const HUBSPOT_DEFINED = 'HUBSPOT_DEFINED';

const plain = (
  toType: AssociatedType,
  typeId: number,
  inverseTypeId: number,
  name: string,
  inverseName: string,
): AssociationType => ({ toType, category: HUBSPOT_DEFINED, typeId, inverseTypeId, label: null, name, inverseName });

const unlabeled: Readonly<Record<AssociatedType, AssociationType>> = {
  companies: plain('companies', 279, 280, 'contact_to_company_unlabeled', 'company_to_contact_unlabeled'),
  deals: plain('deals', 4, 3, 'contact_to_deal', 'deal_to_contact'),
  tickets: plain('tickets', 15, 16, 'contact_to_ticket', 'ticket_to_contact'),
};

const primaryCompany: AssociationType = {
  toType: 'companies',
  category: HUBSPOT_DEFINED,
  typeId: PRIMARY_TYPE_ID,
  inverseTypeId: 2,
  label: 'Primary',
  name: 'contact_to_company',
  inverseName: 'company_to_contact',
};

/** The association without a label. */
export const unlabeledType = (toType: AssociatedType): AssociationType => unlabeled[toType];

/** What HubSpot defines between contacts and others, and the labels that this portal has beside. */
export function associationTypes({ associationLabels }: Settings): readonly AssociationType[] {
  const own = associationLabels.map((label) => ({
    ...label,
    name: nameOf(label.label),
    inverseName: nameOf(label.label),
  }));
  return [...Object.values(unlabeled), primaryCompany, ...own];
}

const nameOf = (label: string): string => label.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '_');

/** The type id as it is counted from where a request looks: contacts, or the other object. */
export const typeIdSeen = (type: AssociationType, isReversed: boolean): number =>
  isReversed ? type.inverseTypeId : type.typeId;

/** The v3 name as it is said from where a request looks. */
export const nameSeen = (type: AssociationType, isReversed: boolean): string =>
  isReversed ? type.inverseName : type.name;
