import type { z } from 'zod';
import type { Call } from './call.ts';
import type { propertyBody, propertyChange } from './parse-body.ts';
import { hasOpenOptions, type PropertyDefinition, type PropertyOption } from './property-definitions.ts';
import { invalid, type Refusal } from './refusal.ts';
import { truthOptions } from './standard-properties.ts';

type NewProperty = z.infer<typeof propertyBody>;
type PropertyChange = z.infer<typeof propertyChange>;

/** A definition that passed every check. */
export interface PropertyDraft {
  readonly kind: 'drafted';
  readonly definition: PropertyDefinition;
}

/** Unique properties that HubSpot allows per object type. */
const MAX_UNIQUE = 10;

/** What a property of each type can be edited with. */
const fieldTypesOf: Readonly<Record<PropertyDefinition['type'], readonly string[]>> = {
  string: ['text', 'textarea', 'html', 'phonenumber', 'file', 'calculation_equation'],
  number: ['number', 'calculation_equation'],
  enumeration: ['select', 'radio', 'checkbox', 'booleancheckbox', 'calculation_equation'],
  bool: ['booleancheckbox', 'calculation_equation'],
  date: ['date'],
  datetime: ['date'],
  phone_number: ['phonenumber'],
};

/** A custom property; unique ones only as new ones, and ten at most. `added` are those that the same call makes. */
export function draftProperty(
  call: Call,
  given: NewProperty,
  added: readonly PropertyDefinition[],
): PropertyDraft | Refusal {
  const { name, label, type, fieldType, groupName, description = '' } = given;
  const hasUniqueValue = given.hasUniqueValue ?? false;
  const { definitions, archivedDefinitions } = call.store;
  const taken = definitions.has(name) || added.some((each) => each.name === name);
  if (taken || (archivedDefinitions.has(name) && call.settings.archivedPropertyNames === 'taken')) {
    return nameTaken(name);
  }
  const unique = [...definitions.values(), ...added].filter((each) => each.hasUniqueValue && !each.readOnly);
  if (hasUniqueValue && unique.length >= MAX_UNIQUE) return invalid(`No more than ${MAX_UNIQUE} unique properties`);
  if (!/^[a-z][a-z0-9_]*$/.test(name)) return invalid(`${name} is not a valid property name`);
  const definition: PropertyDefinition = {
    name,
    label,
    description,
    type,
    fieldType,
    groupName,
    options: readOptions(given.options) ?? (type === 'bool' ? truthOptions : []),
    hasUniqueValue,
    readOnly: fieldType === 'calculation_equation',
    calculated: fieldType === 'calculation_equation',
    hubspotDefined: false,
    createdAt: call.now,
    ...shownAs(given),
  };
  return checked(call, definition);
}

/** A changed definition; of HubSpot's own properties only the options, where they are meant to be adapted. */
export function draftPropertyChange(
  call: Call,
  before: PropertyDefinition,
  change: PropertyChange,
): PropertyDraft | Refusal {
  const { options, label, description, type, fieldType, groupName } = change;
  const touchesDefinition = [label, description, type, fieldType, groupName].some((each) => each !== undefined);
  if (before.hubspotDefined && touchesDefinition) return invalid(`The definition of ${before.name} is read-only`);
  if (options && !hasOpenOptions(before)) return invalid(`The options of ${before.name} are read-only`);
  return checked(call, {
    ...before,
    label: label ?? before.label,
    description: description ?? before.description,
    type: type ?? before.type,
    fieldType: fieldType ?? before.fieldType,
    groupName: groupName ?? before.groupName,
    options: readOptions(options) ?? before.options,
    ...shownAs(change),
    updatedAt: call.now,
  });
}

function checked(call: Call, definition: PropertyDefinition): PropertyDraft | Refusal {
  const { type, fieldType, groupName, options } = definition;
  if (!call.store.groups.has(groupName)) return invalid(`Property group ${groupName} does not exist`);
  if (!fieldTypesOf[type].includes(fieldType))
    return invalid(`A ${type} property cannot have the field type ${fieldType}`);
  const values = options.map(({ value }) => value);
  if (new Set(values).size < values.length) return invalid('Each option needs a value of its own');
  return { kind: 'drafted', definition };
}

const nameTaken = (name: string): Refusal => ({
  kind: 'refused',
  status: 409,
  category: 'OBJECT_ALREADY_EXISTS',
  message: `A property named '${name}' already exists.`,
  faults: [],
});

const shownAs = ({ displayOrder, hidden, formField }: PropertyChange) => ({
  ...(displayOrder !== undefined && { displayOrder }),
  ...(hidden !== undefined && { hidden }),
  ...(formField !== undefined && { formField }),
});

const readOptions = (given: PropertyChange['options']): readonly PropertyOption[] | undefined =>
  given?.map(({ label, value, displayOrder, hidden }, index) => ({
    label,
    value,
    displayOrder: displayOrder ?? index,
    hidden: hidden ?? false,
  }));
