export type PropertyType = 'string' | 'number' | 'enumeration' | 'bool' | 'date' | 'datetime' | 'phone_number';

export interface PropertyOption {
  readonly label: string;
  readonly value: string;
  readonly displayOrder: number;
  readonly hidden: boolean;
}

/** A contact property, as far as rules depend on it. */
export interface PropertyDefinition {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly type: PropertyType;
  readonly fieldType: string;
  readonly groupName: string;
  readonly options: readonly PropertyOption[];
  readonly hasUniqueValue: boolean;
  readonly readOnly: boolean;
  readonly hubspotDefined: boolean;
  readonly createdAt: number;
  readonly updatedAt?: number;
  readonly archivedAt?: number;
  readonly displayOrder?: number;
  readonly hidden?: boolean;
  readonly formField?: boolean;
  /** HubSpot works the value out itself. */
  readonly calculated?: boolean;
  /** The options are not in the definition: owners are, for example, users of the account. */
  readonly externalOptions?: boolean;
  readonly referencedObjectType?: string;
  /** Set where a property of HubSpot's has options that the account may change, as its lifecycle stages. */
  readonly optionsAreOpen?: boolean;
}

/** What properties are shown under. */
export interface PropertyGroup {
  readonly name: string;
  readonly label: string;
  readonly displayOrder: number;
}

/** The definition as `/crm/v3/properties/contacts` shows it. */
export function definitionView(definition: PropertyDefinition): object {
  const { readOnly, createdAt, updatedAt, archivedAt, optionsAreOpen: _, ...shown } = definition;
  return {
    updatedAt: iso(updatedAt ?? createdAt),
    createdAt: iso(createdAt),
    displayOrder: -1,
    calculated: false,
    externalOptions: false,
    hidden: false,
    formField: !readOnly,
    ...shown,
    archived: archivedAt !== undefined,
    ...(archivedAt !== undefined && { archivedAt: iso(archivedAt) }),
    modificationMetadata: {
      archivable: !definition.hubspotDefined,
      readOnlyDefinition: definition.hubspotDefined,
      ...(definition.type === 'enumeration' && { readOnlyOptions: !hasOpenOptions(definition) }),
      readOnlyValue: readOnly,
    },
  };
}

/** Whether the account may change the options: of its own properties, and of those that HubSpot means to be adapted. */
export const hasOpenOptions = ({ hubspotDefined, optionsAreOpen = false }: PropertyDefinition): boolean =>
  !hubspotDefined || optionsAreOpen;

const iso = (time: number): string => new Date(time).toISOString();
