import { z } from 'zod';
import type { Call } from './call.ts';
import { failure, type Reply } from './wire.ts';

/** Ids are strings; HubSpot takes JSON numbers for them too. */
const id = z.union([z.string(), z.number()]).transform(String);
const rawValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const properties = z
  .record(z.string(), rawValue)
  .nullish()
  .transform((given) => given ?? {});
const names = z
  .array(z.string())
  .nullish()
  .transform((given) => given ?? []);
const optionalText = z
  .string()
  .nullish()
  .transform((given) => given ?? undefined);
export const objectReference = z.object({ id });
export const associationSpec = z.object({ associationCategory: z.string(), associationTypeId: z.int() });
const associations = z
  .array(z.object({ to: objectReference, types: z.array(associationSpec) }))
  .nullish()
  .transform((given) => given ?? []);

export const createInput = z.object({ properties, associations, objectWriteTraceId: optionalText });
export const writeInput = z.object({
  id,
  idProperty: optionalText,
  properties,
  objectWriteTraceId: optionalText,
  associations: z.unknown().optional(),
});
export const idInput = objectReference;
export const createBody = createInput;
export const updateBody = z.object({ properties });
export const readBatchBody = z.object({ idProperty: optionalText, properties: names, propertiesWithHistory: names });
export const mergeBody = z.object({ primaryObjectId: id, objectIdToMerge: id });
export const gdprDeleteBody = z.object({ objectId: id, idProperty: optionalText });

const searchValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const filter = z.object({
  propertyName: z.string(),
  operator: z.string(),
  value: searchValue.nullish(),
  values: z.array(searchValue).nullish(),
  highValue: searchValue.nullish(),
});
export const searchBody = z.object({
  filterGroups: z.array(z.object({ filters: z.array(filter) })).nullish(),
  sorts: z
    .array(z.union([z.string(), z.object({ propertyName: z.string(), direction: z.string().nullish() })]))
    .nullish(),
  properties: names,
  limit: z.int().nullish(),
  after: searchValue.nullish(),
  query: z.string().nullish(),
});

const propertyType = z.enum(['string', 'number', 'enumeration', 'bool', 'date', 'datetime', 'phone_number']);
const optional = <T>(schema: z.ZodType<T>) => schema.nullish().transform((given) => given ?? undefined);
const shownAs = {
  description: optionalText,
  displayOrder: optional(z.int()),
  hidden: optional(z.boolean()),
  formField: optional(z.boolean()),
  options: optional(
    z.array(
      z.object({
        label: z.string(),
        value: z.string(),
        displayOrder: z.int().nullish(),
        hidden: z.boolean().nullish(),
      }),
    ),
  ),
};

export const propertyBody = z.object({
  name: z.string(),
  label: z.string(),
  type: propertyType,
  fieldType: z.string(),
  groupName: z.string(),
  hasUniqueValue: z.boolean().nullish(),
  ...shownAs,
});
export const propertyChange = z.object({
  label: optionalText,
  type: optional(propertyType),
  fieldType: optionalText,
  groupName: optionalText,
  ...shownAs,
});

export type SearchBody = z.infer<typeof searchBody>;
export type SearchFilter = z.infer<typeof filter>;
export type RawAssociations = z.infer<typeof associations>;

/** The parsed body, or the 400 that says what did not fit. */
export type Parsed<T> =
  | { readonly kind: 'parsed'; readonly value: T }
  | { readonly kind: 'reply'; readonly reply: Reply };

/** Parses a call's body; a wrong shape is answered as HubSpot answers JSON that it cannot read. */
export function parseBody<T>(call: Call, schema: z.ZodType<T>): Parsed<T> {
  const parsed = schema.safeParse(call.body ?? {});
  if (parsed.success) return { kind: 'parsed', value: parsed.data };
  call.violate('malformed-body');
  const issue = parsed.error.issues[0];
  return {
    kind: 'reply',
    reply: unreadable(`Cannot deserialize value at "${issue?.path.join('.')}": ${issue?.message}`),
  };
}

/** HubSpot's 400 for JSON that it cannot read; it has no category. */
export const unreadable = (reason: string): Reply =>
  failure(400, { message: `Invalid input JSON on line 1, column 1: ${reason}` });
