import type { PropertyDefinition, PropertyGroup, PropertyOption, PropertyType } from './property-definitions.ts';

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

const stageLabels: Readonly<Record<(typeof lifecycleStages)[number], string>> = {
  subscriber: 'Subscriber',
  lead: 'Lead',
  marketingqualifiedlead: 'Marketing Qualified Lead',
  salesqualifiedlead: 'Sales Qualified Lead',
  opportunity: 'Opportunity',
  customer: 'Customer',
  evangelist: 'Evangelist',
  other: 'Other',
};

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

const roles = [
  'BUDGET_HOLDER',
  'CHAMPION',
  'DECISION_MAKER',
  'END_USER',
  'INFLUENCER',
  'LEGAL_AND_COMPLIANCE',
  'OTHER',
];

const CONTACT = 'contactinformation';
const EMAIL = 'emailinformation';
const ANALYTICS = 'analyticsinformation';

/** The groups that the properties below are in. */
export const standardGroups: readonly PropertyGroup[] = [
  { name: CONTACT, label: 'Contact information', displayOrder: 0 },
  { name: EMAIL, label: 'Email information', displayOrder: 1 },
  { name: ANALYTICS, label: 'Web analytics history', displayOrder: 2 },
  { name: 'social_media_information', label: 'Social media information', displayOrder: 3 },
];

const sentenceCase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');

const optionsOf = (values: readonly string[]): PropertyOption[] =>
  values.map((value, displayOrder) => ({ label: sentenceCase(value), value, displayOrder, hidden: false }));

/** What a property of this type is edited with, unless something else is said. */
const fieldTypes: Readonly<Record<PropertyType, string>> = {
  string: 'text',
  number: 'number',
  enumeration: 'select',
  bool: 'booleancheckbox',
  date: 'date',
  datetime: 'date',
  phone_number: 'phonenumber',
};

/** The options of every truth. */
export const truthOptions: readonly PropertyOption[] = [
  { label: 'Yes', value: 'true', displayOrder: 0, hidden: false },
  { label: 'No', value: 'false', displayOrder: 1, hidden: false },
];

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
    groupName: CONTACT,
    options: type === 'bool' ? truthOptions : [],
    hasUniqueValue: false,
    readOnly: false,
    hubspotDefined: true,
    createdAt: 0,
    ...more,
  };
}

const chosen = (name: string, values: readonly string[], more: Partial<PropertyDefinition> = {}) =>
  define(name, 'enumeration', { options: optionsOf(values), ...more });

const calculated = (name: string, type: PropertyType, groupName = CONTACT) =>
  define(name, type, { groupName, readOnly: true, calculated: true });

const texts = [
  'email',
  'firstname',
  'lastname',
  'salutation',
  'company',
  'website',
  'city',
  'state',
  'zip',
  'country',
  'address',
  'jobtitle',
  'industry',
  'message',
  'date_of_birth',
];

/**
 * What every portal has, as far as rules differ, and two custom properties (`vip`, `birthday`) so that each type occurs.
 *
 * `email` does not say `hasUniqueValue`, though it is an `idProperty`: it is unique by a rule of its own. `hs_additional_emails` is an
 * enumeration without options, as in portals, though it takes any e-mails. The owner's options are external.
 */
export const standardDefinitions: readonly PropertyDefinition[] = [
  ...texts.map((name) => define(name)),
  ...['phone', 'mobilephone', 'fax'].map((name) => define(name, 'string', { fieldType: 'phonenumber' })),
  define('hs_additional_emails', 'enumeration', { label: 'Additional email addresses', fieldType: 'checkbox' }),
  define('numberofemployees', 'number'),
  define('annualrevenue', 'number'),
  define('hs_pinned_engagement_id', 'number', { label: 'Pinned Engagement ID', formField: false }),
  define('hubspot_owner_id', 'enumeration', {
    label: 'Contact owner',
    externalOptions: true,
    referencedObjectType: 'OWNER',
  }),
  define('lifecyclestage', 'enumeration', {
    fieldType: 'radio',
    options: lifecycleStages.map((value, displayOrder) => ({
      value,
      label: stageLabels[value],
      displayOrder,
      hidden: false,
    })),
    optionsAreOpen: true,
  }),
  chosen('hs_lead_status', leadStatuses, { fieldType: 'radio', optionsAreOpen: true }),
  chosen('hs_buying_role', roles, { fieldType: 'checkbox', optionsAreOpen: true }),
  chosen('hs_marketable_status', ['true', 'false'], { readOnly: true }),
  define('hs_email_optout', 'bool', { groupName: EMAIL, readOnly: true }),
  define('hs_linkedin_url', 'string', { groupName: 'social_media_information' }),
  define('closedate', 'datetime'),
  define('vip', 'bool', { hubspotDefined: false }),
  define('birthday', 'date', { hubspotDefined: false }),
  define('createdate', 'datetime', { readOnly: true }),
  define('lastmodifieddate', 'datetime', { readOnly: true }),
  define('hs_object_id', 'number', { readOnly: true, hasUniqueValue: true }),
  define('hs_merged_object_ids', 'enumeration', { readOnly: true, fieldType: 'checkbox' }),
  calculated('hs_email_domain', 'string', EMAIL),
  calculated('hs_full_name_or_email', 'string'),
  calculated('num_associated_deals', 'number'),
  calculated('num_notes', 'number'),
  calculated('notes_last_contacted', 'datetime'),
  calculated('num_unique_conversion_events', 'number', ANALYTICS),
  ...lifecycleStages.map((stage) => define(`hs_lifecyclestage_${stage}_date`, 'datetime', { readOnly: true })),
];
