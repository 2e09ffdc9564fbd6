import { type AssociationType, nameSeen, typeIdSeen, unlabeledType } from './association-types.ts';
import type { Call } from './call.ts';
import { type LinkDirection, objectTypesOf, typesStored } from './link-direction.ts';
import type { Ends, Pair } from './linking.ts';

/** The ids of a pair, first the one that the path looks from. */
export const endsOf = ({ isReversed }: LinkDirection, { contactId, other }: Pair): Ends =>
  isReversed ? { fromId: other.toId, toId: contactId } : { fromId: contactId, toId: other.toId };

const idSeen = (call: Call, id: string): string | number =>
  call.settings.associationIds === 'number' ? Number(id) : id;

/** One association with the labels that it was asked to have, as v4 writes answer. */
export function labelsView(
  call: Call,
  direction: LinkDirection,
  pair: Pair,
  types: readonly AssociationType[],
): object {
  const [from, to] = objectTypesOf(direction);
  const { fromId, toId } = endsOf(direction, pair);
  return {
    fromObjectTypeId: from.typeId,
    fromObjectId: idSeen(call, fromId),
    toObjectTypeId: to.typeId,
    toObjectId: idSeen(call, toId),
    labels: types.flatMap(({ label }) => label ?? []),
  };
}

/** The two directed results of a default association. */
export function defaultViews(direction: LinkDirection, pair: Pair): object[] {
  const { fromId, toId } = endsOf(direction, pair);
  const type = unlabeledType(direction.other);
  const view = (from: string, to: string, isReversed: boolean) => ({
    from: { id: from },
    to: { id: to },
    associationSpec: { associationCategory: type.category, associationTypeId: typeIdSeen(type, isReversed) },
  });
  return [view(fromId, toId, direction.isReversed), view(toId, fromId, !direction.isReversed)];
}

/** An object that others are linked to, with the ids of the types, counted from the contact. */
export interface Neighbour {
  readonly id: string;
  readonly typeIds: readonly number[];
}

/** A linked object with all its labels, as v4 reads answer. */
export const neighbourView = (call: Call, direction: LinkDirection, { id, typeIds }: Neighbour): object => ({
  toObjectId: idSeen(call, id),
  associationTypes: typesStored(call, direction, typeIds).map((type) => ({
    category: type.category,
    typeId: typeIdSeen(type, direction.isReversed),
    label: type.label,
  })),
});

/** A linked object once for each label, as v3 reads answer. */
export const legacyNeighbourViews = (call: Call, direction: LinkDirection, { id, typeIds }: Neighbour): object[] =>
  typesStored(call, direction, typeIds).map((type) => ({ id, type: nameSeen(type, direction.isReversed) }));
