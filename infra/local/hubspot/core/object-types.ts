/** What of a CRM object type stands in paths, in answers and in error texts. */
export interface ObjectType {
  readonly plural: string;
  readonly singular: string;
  /** HubSpot's `objectTypeId`. */
  readonly typeId: string;
}

/** Objects that contacts can be associated with here; of them the simulator knows no more than their ids. */
export const associatedTypes = ['companies', 'deals', 'tickets'] as const;
export type AssociatedType = (typeof associatedTypes)[number];

export const contactType: ObjectType = { plural: 'contacts', singular: 'contact', typeId: '0-1' };

const others: Readonly<Record<AssociatedType, ObjectType>> = {
  companies: { plural: 'companies', singular: 'company', typeId: '0-2' },
  deals: { plural: 'deals', singular: 'deal', typeId: '0-3' },
  tickets: { plural: 'tickets', singular: 'ticket', typeId: '0-5' },
};

export const objectTypeOf = (name: AssociatedType): ObjectType => others[name];

const isNamed = (type: ObjectType, text: string): boolean =>
  [type.plural, type.singular, type.typeId].includes(text.toLowerCase());

export const namesContacts = (text: string): boolean => isNamed(contactType, text);

/** The object type that a path or a query means by its plural, its singular or its type id. */
export const associatedTypeOf = (text: string): AssociatedType | undefined =>
  associatedTypes.find((name) => isNamed(others[name], text));
