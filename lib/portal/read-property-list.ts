import * as z from 'zod/mini';
import type { PropertyDefinition, ValueKind } from './property-definitions.ts';

const Property = z.object({
  name: z.string(),
  type: z.string(),
  fieldType: z.optional(z.string()),
  hasUniqueValue: z.optional(z.boolean()),
  externalOptions: z.optional(z.boolean()),
  modificationMetadata: z.optional(z.object({ readOnlyValue: z.optional(z.boolean()) })),
  options: z.optional(z.array(z.object({ value: z.string(), displayOrder: z.optional(z.nullable(z.number())) }))),
});
const PropertyList = z.object({ results: z.array(Property) });
type Property = z.infer<typeof Property>;

/** HubSpot's types of properties (properties guide); calculated ones are read-only and have one of these too. */
const KINDS: Readonly<Record<string, ValueKind>> = {
  string: 'text',
  phone_number: 'text',
  number: 'number',
  date: 'date',
  datetime: 'datetime',
  bool: 'option',
};

/** Reads HubSpot's answer to the listing of properties; undefined when it is none. */
export function readPropertyList(body: unknown): ReadonlyMap<string, PropertyDefinition> | undefined {
  const parsed = PropertyList.safeParse(body);
  if (!parsed.success) return undefined;
  return new Map(parsed.data.results.map((property) => [property.name, definitionOf(property)]));
}

function definitionOf(property: Property): PropertyDefinition {
  const { type, fieldType, hasUniqueValue = false, modificationMetadata } = property;
  const isSeveral = fieldType === 'checkbox';
  const kind = type === 'enumeration' ? (isSeveral ? 'options' : 'option') : (KINDS[type] ?? 'other');
  const options = kind === 'option' || kind === 'options' ? optionsOf(property) : [];
  return {
    kind,
    isReadOnly: modificationMetadata?.readOnlyValue ?? false,
    isUnique: hasUniqueValue,
    ...(options.length > 0 && { options }),
  };
}

/** External options, such as the portal's users for an owner, are kept elsewhere: the list here is not all of them. */
function optionsOf({ externalOptions = false, options = [] }: Property): readonly string[] {
  if (externalOptions) return [];
  const place = ({ displayOrder }: (typeof options)[number]) =>
    displayOrder === undefined || displayOrder === null || displayOrder < 0 ? Number.POSITIVE_INFINITY : displayOrder;
  // -1 stands after all others (properties guide), and HubSpot's own order is kept among equals.
  const before = (one: number, other: number) => (one === other ? 0 : one < other ? -1 : 1);
  return [...options].sort((one, other) => before(place(one), place(other))).map(({ value }) => value);
}
