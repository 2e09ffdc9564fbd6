import {
  type AssociationSpec,
  type AssociationType,
  associationTypes,
  nameSeen,
  typeIdSeen,
} from './association-types.ts';
import type { Call } from './call.ts';
import { type AssociatedType, associatedTypeOf, contactType, namesContacts, objectTypeOf } from './object-types.ts';
import { failure, type Reply } from './wire.ts';

/** From where to where a path looks; contacts are always one of the two. */
export interface LinkDirection {
  readonly kind: 'direction';
  /** What is at the other end of the contact. */
  readonly other: AssociatedType;
  /** True where a path looks from the other object at contacts. */
  readonly isReversed: boolean;
}

/** Reads the two object types of a path; associations without contacts are not HubSpot's contacts API, and not known here. */
export function readDirection(call: Call): LinkDirection | Reply {
  const { from = 'contacts', to = '' } = call.path;
  const unknown = [from, to].find((name) => !namesContacts(name) && !associatedTypeOf(name));
  if (unknown !== undefined) return unknownObjectType(unknown);
  const isReversed = !namesContacts(from);
  const other = associatedTypeOf(isReversed ? from : to);
  if (other !== undefined && namesContacts(isReversed ? to : from)) return { kind: 'direction', other, isReversed };
  call.violate('unknown-route');
  return failure(404, { message: 'resource not found' });
}

/** The 400 for a text that names no object type; it has no category. */
export const unknownObjectType = (name: string): Reply =>
  failure(400, { message: `Unable to infer object type from: ${name}` });

/** The types that specs mean from this direction, or the specs that mean none. */
export function readTypes(
  call: Call,
  direction: LinkDirection,
  specs: readonly AssociationSpec[],
): { readonly found: readonly AssociationType[]; readonly unknown: readonly AssociationSpec[] } {
  const known = typesBetween(call, direction);
  const find = (spec: AssociationSpec) =>
    known.find(
      (type) =>
        type.category === spec.associationCategory && typeIdSeen(type, direction.isReversed) === spec.associationTypeId,
    );
  return { found: specs.flatMap((spec) => find(spec) ?? []), unknown: specs.filter((spec) => !find(spec)) };
}

/** The type that v3 calls by a name or a type id. */
export const typeNamed = (call: Call, direction: LinkDirection, name: string): AssociationType | undefined =>
  typesBetween(call, direction).find(
    (type) => nameSeen(type, direction.isReversed) === name || String(typeIdSeen(type, direction.isReversed)) === name,
  );

export const typesBetween = (call: Call, { other }: LinkDirection): readonly AssociationType[] =>
  associationTypes(call.settings).filter((type) => type.toType === other);

/** The types of an association that is stored, as far as they are still defined. */
export const typesStored = (call: Call, direction: LinkDirection, typeIds: readonly number[]) =>
  typesBetween(call, direction).filter((type) => typeIds.includes(type.typeId));

/** The object types at both ends, first the one that a path looks from. */
export const objectTypesOf = ({ other, isReversed }: LinkDirection) => {
  const ends = [contactType, objectTypeOf(other)] as const;
  return isReversed ? ([ends[1], ends[0]] as const) : ends;
};
