import { type AssociationSpec, type AssociationType, associationTypes } from './association-types.ts';
import type { Association } from './contact.ts';
import { linked } from './linked.ts';
import { type AssociatedType, associatedTypeOf, objectTypeOf } from './object-types.ts';
import type { RawAssociations } from './parse-body.ts';
import { invalidAssociation, type Refusal } from './refusal.ts';
import type { Settings } from './settings.ts';

/** A type as a request named it; in a path the id may be any text. */
interface NamedType {
  readonly associationCategory: string;
  readonly associationTypeId: number | string;
}

const specText = ({ associationCategory, associationTypeId }: NamedType): string =>
  `${associationCategory}=${associationTypeId}`;

/** The 400 for association types that do not exist, worded as observed on v4. */
export const unknownTypes = (specs: readonly NamedType[]): Refusal =>
  invalidAssociation({
    associationSpec: specs.map(specText),
    INVALID_ASSOCIATION_TYPE_ID: specs.map((spec) => `${specText(spec)} is not a valid association definition id`),
  });

/** The 400 for objects that do not exist, worded as observed on v4. */
export const unknownObjects = (objects: readonly { readonly type: string; readonly id: string }[]): Refusal =>
  invalidAssociation({
    INVALID_OBJECT_IDS: objects.map(({ type, id }) => `${type}=${id} is not valid`),
    objectId: objects.map(({ id }) => id),
    objectType: objects.map(({ type }) => type),
  });

/** Whether an object beside contacts exists: the portal has them all, unless the settings list them. */
export function objectExists(settings: Settings, type: AssociatedType, id: string): boolean {
  const listed = settings.existingObjects[type];
  return listed ? listed.includes(id) : /^[1-9]\d*$/.test(id);
}

/** What a create asks to be linked; the type ids say which kind of object is meant. */
export function readAssociations(raw: RawAssociations, settings: Settings): readonly Association[] | Refusal {
  if (raw.length === 0) return [];
  const known = associationTypes(settings);
  const specs = raw.flatMap(({ types }) => types);
  const unknown = specs.filter((spec) => !findSpec(known, spec));
  if (unknown.length > 0) return unknownTypes(unknown);
  let associations: readonly Association[] = [];
  for (const { to, types } of raw) {
    const found = types.flatMap((spec) => findSpec(known, spec) ?? []);
    const missing = found.find((type) => !objectExists(settings, type.toType, to.id));
    if (missing) return unknownObjects([{ type: objectTypeOf(missing.toType).singular.toUpperCase(), id: to.id }]);
    for (const type of found)
      associations = linked(associations, { toType: type.toType, toId: to.id }, [type], settings);
  }
  return associations;
}

const findSpec = (known: readonly AssociationType[], spec: AssociationSpec): AssociationType | undefined =>
  known.find((type) => type.category === spec.associationCategory && type.typeId === spec.associationTypeId);

/** `associations` of a GET: per asked-for object type what is linked, once for each label; types without links are left out. */
export function associationsView(
  associations: readonly Association[],
  asked: readonly AssociatedType[],
  settings: Settings,
): object | undefined {
  const known = associationTypes(settings);
  const shown = asked.flatMap((toType) => {
    const results = associations
      .filter((each) => each.toType === toType)
      .map((each) => ({ id: each.toId, type: known.find((type) => type.typeId === each.typeId)?.name ?? toType }));
    return results.length > 0 ? [[toType, { results }] as const] : [];
  });
  return shown.length > 0 ? Object.fromEntries(shown) : undefined;
}

/** The object types that a GET asks for, or the first text that names none. */
export function readAskedTypes(names: readonly string[]): readonly AssociatedType[] | { readonly unknown: string } {
  const unknown = names.find((name) => !associatedTypeOf(name));
  return unknown === undefined ? names.flatMap((name) => associatedTypeOf(name) ?? []) : { unknown };
}
