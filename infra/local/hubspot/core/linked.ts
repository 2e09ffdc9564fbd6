import { type AssociationType, PRIMARY_TYPE_ID, unlabeledType } from './association-types.ts';
import type { Association } from './contact.ts';
import type { AssociatedType } from './object-types.ts';
import type { Settings } from './settings.ts';

/** The object at the other end of a contact's association. */
export interface OtherEnd {
  readonly toType: AssociatedType;
  readonly toId: string;
}

/**
 * A contact's associations with some more of them. Each label comes with the association without one, what is there already is
 * not added again, and the primary company is one at a time.
 */
export function linked(
  existing: readonly Association[],
  end: OtherEnd,
  types: readonly AssociationType[],
  settings: Settings,
): readonly Association[] {
  const wanted = new Map(
    [unlabeledType(end.toType), ...types].map(({ typeId, category }) => [typeId, { ...end, category, typeId }]),
  );
  const isFirst = end.toType === 'companies' && !existing.some((each) => each.typeId === PRIMARY_TYPE_ID);
  if (isFirst && settings.firstCompanyIsPrimary) {
    wanted.set(PRIMARY_TYPE_ID, { ...end, category: 'HUBSPOT_DEFINED', typeId: PRIMARY_TYPE_ID });
  }
  const kept = wanted.has(PRIMARY_TYPE_ID)
    ? existing.filter((each) => each.typeId !== PRIMARY_TYPE_ID || isSame(each, end))
    : existing;
  for (const each of kept) if (isSame(each, end)) wanted.delete(each.typeId);
  return wanted.size === 0 && kept.length === existing.length ? existing : [...kept, ...wanted.values()];
}

/** A contact's associations without some of them; with the one that has no label all to that object go. */
export function unlinked(
  existing: readonly Association[],
  end: OtherEnd,
  typeIds: readonly number[] | 'all',
): readonly Association[] {
  const goes = (typeId: number) =>
    typeIds === 'all' || typeIds.includes(unlabeledType(end.toType).typeId) || typeIds.includes(typeId);
  const left = existing.filter((each) => !isSame(each, end) || !goes(each.typeId));
  return left.length === existing.length ? existing : left;
}

const isSame = (association: Association, { toType, toId }: OtherEnd): boolean =>
  association.toType === toType && association.toId === toId;
