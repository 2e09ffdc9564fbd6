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
}

/** The default lifecycle stages, first to last. */
export const lifecycleStages = [
  'subscriber',
  'lead',
  'marketingqualifiedlead',
  'salesqualifiedlead',
  'opportunity',
  'customer',
  'evangelist',
  'other',
] as const;

const leadStatuses = [
  'NEW',
  'OPEN',
  'IN_PROGRESS',
  'OPEN_DEAL',
  'UNQUALIFIED',
  'ATTEMPTED_TO_CONTACT',
  'CONNECTED',
  'BAD_TIMING',
];

const sentenceCase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');

const optionsOf = (values: readonly string[]): PropertyOption[] =>
  values.map((value, displayOrder) => ({ label: sentenceCase(value), value, displayOrder, hidden: false }));

const fieldTypes: Readonly<Record<PropertyType, string>> = {
  string: 'text',
  number: 'number',
  enumeration: 'select',
  bool: 'booleancheckbox',
  date: 'date',
  datetime: 'date',
  phone_number: 'phonenumber',
};

function define(
  name: string,
  type: PropertyType = 'string',
  more: Partial<PropertyDefinition> = {},
): PropertyDefinition {
  return {
    name,
    label: sentenceCase(name),
    description: '',
    type,
    fieldType: fieldTypes[type],
    groupName: 'contactinformation',
    options: [],
    hasUniqueValue: false,
    readOnly: false,
    hubspotDefined: true,
    createdAt: 0,
    ...more,
  };
}

const texts = [
  'email',
  'firstname',
  'lastname',
  'phone',
  'mobilephone',
  'company',
  'website',
  'city',
  'state',
  'zip',
  'country',
  'address',
  'jobtitle',
  'hs_additional_emails',
];

/**
 * What every portal has, and two custom properties (`vip`, `birthday`) so that each type occurs.
 *
 * `email` does not say `hasUniqueValue`, though it is an `idProperty`: it is unique by a rule of its own.
 */
export const standardDefinitions: readonly PropertyDefinition[] = [
  ...texts.map((name) => define(name)),
  define('numberofemployees', 'number'),
  define('annualrevenue', 'number'),
  define('hs_pinned_engagement_id', 'number'),
  define('lifecyclestage', 'enumeration', { fieldType: 'radio', options: optionsOf(lifecycleStages) }),
  define('hs_lead_status', 'enumeration', { fieldType: 'radio', options: optionsOf(leadStatuses) }),
  define('closedate', 'datetime'),
  define('vip', 'bool', {
    hubspotDefined: false,
    options: [
      { label: 'Yes', value: 'true', displayOrder: 0, hidden: false },
      { label: 'No', value: 'false', displayOrder: 1, hidden: false },
    ],
  }),
  define('birthday', 'date', { hubspotDefined: false }),
  define('createdate', 'datetime', { readOnly: true }),
  define('lastmodifieddate', 'datetime', { readOnly: true }),
  define('hs_object_id', 'number', { readOnly: true, hasUniqueValue: true }),
  define('hs_merged_object_ids', 'enumeration', { readOnly: true, fieldType: 'checkbox' }),
  ...lifecycleStages.map((stage) => define(`hs_lifecyclestage_${stage}_date`, 'datetime', { readOnly: true })),
];

/** The definition as `/crm/v3/properties/contacts` shows it. */
export function definitionView(definition: PropertyDefinition): object {
  const { readOnly, createdAt, ...shown } = definition;
  const time = new Date(createdAt).toISOString();
  return {
    updatedAt: time,
    createdAt: time,
    ...shown,
    displayOrder: -1,
    calculated: false,
    externalOptions: false,
    archived: false,
    hidden: false,
    modificationMetadata: {
      archivable: !definition.hubspotDefined,
      readOnlyDefinition: definition.hubspotDefined,
      readOnlyValue: readOnly,
    },
    formField: !readOnly,
  };
}
