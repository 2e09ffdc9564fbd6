import { ARCHIVED, ERASED, type Fence, type OrderKey } from '../directory/contact-ledger.ts';
import { type AssociationType, isPrimaryCompany, isUnlabelled, type Link, unlabelledTo } from '../operations/link.ts';

/*
 * Associations in the fence of their contact, beside its properties. No property of HubSpot's has a name with a colon in it.
 *
 *   +companies:123:default     the newest associate of this pair, by whatever type: each label comes with the association without one
 *   +companies:123:U36         … of this pair by this label: category and type id
 *   -companies:123:U36         the newest dissociate of this label
 *   -companies:123:*           the newest one that took away all that the two have in common
 *   +companies:*:H1            the newest company that was made the primary one: a contact has one at a time
 *
 * What is made and what is taken away stand apart, so that an old removal of all tells what was made after it.
 */

/** What the ledger lets through of an association. */
export type LinkPassage =
  /** HubSpot did this already: an earlier delivery settled the ledger and got no further. */
  | 'delivered'
  /** Newer writes had the last word on all of it. */
  | 'superseded'
  /** `again`: what newer writes have made, and the removal of all takes away with it. */
  | { readonly link: Link; readonly again?: Link };

/** What sets an association right that an older write has changed: first it is taken away, then made. */
export interface LinkMend {
  readonly taken?: Link;
  readonly made?: Link;
}

const DEFAULT = 'default';
const ALL = '*';
const CATEGORIES: readonly string[] = ['HUBSPOT_DEFINED', 'USER_DEFINED', 'INTEGRATOR_DEFINED', 'WORK'];

type Pair = Pick<Link, 'toType' | 'toId'>;
type Sign = '+' | '-';

const nameOf = (sign: Sign, { toType, toId }: Pair, type: string): string => `${sign}${toType}:${toId}:${type}`;
const shortOf = (type: AssociationType): string =>
  isUnlabelled(type) ? DEFAULT : `${type.associationCategory.charAt(0)}${type.associationTypeId}`;
const PRIMARY_COMPANY = nameOf('+', { toType: 'companies', toId: ALL }, 'H1');

const IS_PRIMARY = /^\+companies:.*:H1$/;

const shortsOf = ({ types }: Link): readonly string[] => types?.map(shortOf) ?? [DEFAULT];

/** Whether a removal takes away all that two objects have in common: HubSpot lets no label stand without the association itself. */
const takesAll = ({ types }: Link): boolean => types?.some(isUnlabelled) ?? true;

/** What stands in the fence once an association was made or taken away. */
export function fenceOfLink(verb: 'associate' | 'dissociate', link: Link, own: OrderKey): Fence {
  const names =
    verb === 'associate'
      ? [DEFAULT, ...shortsOf(link)].map((type) => nameOf('+', link, type))
      : [...(takesAll(link) ? [ALL] : []), ...(link.types?.map(shortOf) ?? [])].map((type) => nameOf('-', link, type));
  if (verb === 'associate' && link.types?.some(isPrimaryCompany)) names.push(PRIMARY_COMPANY);
  return new Map(names.map((name) => [name, own]));
}

/** Holds an association against the fence of its contact: an older write changes only what no newer one has touched. */
export function passLink(verb: 'associate' | 'dissociate', link: Link, own: OrderKey, fence: Fence): LinkPassage {
  if ((fence.get(ARCHIVED) ?? '') > own || (fence.get(ERASED) ?? '') > own) return 'superseded';
  return verb === 'associate' ? passAssociate(link, own, fence) : passDissociate(link, own, fence);
}

function passAssociate(link: Link, own: OrderKey, fence: Fence): LinkPassage {
  if ([DEFAULT, ...shortsOf(link)].some((type) => fence.get(nameOf('+', link, type)) === own)) return 'delivered';
  if ((fence.get(nameOf('-', link, ALL)) ?? '') > own) return 'superseded';
  if (link.types === undefined) return isOpen(DEFAULT, link, own, fence) ? { link } : 'superseded';
  const types = link.types.filter(
    (type) => !isTakenByAnother(type, own, fence) && isOpen(shortOf(type), link, own, fence),
  );
  if (types.length > 0) return { link: { ...link, types } };
  // Its labels are others' by now, and each would have brought the association without one, which nobody has made or taken away since.
  const unlabelled = unlabelledTo(link.toType);
  if (unlabelled === undefined || !isOpen(DEFAULT, link, own, fence)) return 'superseded';
  return { link: { ...link, types: [unlabelled] } };
}

/** Whether a newer write has made another company the primary one. */
const isTakenByAnother = (type: AssociationType, own: OrderKey, fence: Fence): boolean =>
  isPrimaryCompany(type) && (fence.get(PRIMARY_COMPANY) ?? '') > own;

function passDissociate(link: Link, own: OrderKey, fence: Fence): LinkPassage {
  const names = [...(takesAll(link) ? [ALL] : []), ...(link.types?.map(shortOf) ?? [])];
  if (names.some((type) => fence.get(nameOf('-', link, type)) === own)) return 'delivered';
  if ((fence.get(nameOf('-', link, ALL)) ?? '') > own) return 'superseded';
  if (takesAll(link)) {
    const again = madeSince(link, own, fence);
    return { link, ...(again !== undefined && { again }) };
  }
  const types = link.types?.filter((type) => isOpen(shortOf(type), link, own, fence)) ?? [];
  return types.length === 0 ? 'superseded' : { link: { ...link, types } };
}

/**
 * What brings back the last word of newer writes, should this one have been carried out after them: under the lease of another name of
 * the contact, where nobody knew of them. Undefined where it touches nothing that they have written.
 */
export function mendLink(
  verb: 'associate' | 'dissociate',
  link: Link,
  own: OrderKey,
  fence: Fence,
): LinkMend | undefined {
  const mend = verb === 'associate' ? unmake(link, own, fence) : remake(link, own, fence);
  return mend.taken === undefined && mend.made === undefined ? undefined : mend;
}

/** Takes away what newer writes had taken away; the primary company is theirs again. */
function unmake(link: Link, own: OrderKey, fence: Fence): LinkMend {
  const pair: Pair = { toType: link.toType, toId: link.toId };
  const isGone = (type: string) => {
    const taken = lastTaken(type, pair, fence);
    return taken > own && taken > (fence.get(nameOf('+', pair, type)) ?? '');
  };
  const isOthers = (type: AssociationType) =>
    isTakenByAnother(type, own, fence) && fence.get(nameOf('+', pair, 'H1')) !== fence.get(PRIMARY_COMPANY);
  const primary = link.types?.some(isOthers) === true ? primaryIn(fence) : undefined;
  const made = primary === undefined ? {} : { made: primary };
  if (isGone(DEFAULT)) return { taken: pair, ...made };
  const types = link.types?.filter((type) => isGone(shortOf(type)) || (isOthers(type) && primary === undefined));
  return types === undefined || types.length === 0 ? made : { taken: { ...pair, types }, ...made };
}

/** Makes again what newer writes had made. */
function remake(link: Link, own: OrderKey, fence: Fence): LinkMend {
  const since = newest([own, fence.get(nameOf('-', link, ALL)) ?? own]);
  const made = madeSince(link, since, fence);
  if (made === undefined) return {};
  if (takesAll(link)) return { made };
  const shorts = shortsOf(link);
  const types = made.types?.filter((type) => shorts.includes(shortOf(type))) ?? [];
  return types.length === 0 ? {} : { made: { ...made, types } };
}

/** The newest write that took away a type: with all, or by itself. */
const lastTaken = (type: string, pair: Pair, fence: Fence): OrderKey | '' =>
  newest([ALL, type].flatMap((each) => fence.get(nameOf('-', pair, each)) ?? []));

const newest = (orders: readonly OrderKey[]): OrderKey | '' => [...orders].sort().at(-1) ?? '';

/** The company that newer writes know as the primary one; undefined when it was taken away since. */
function primaryIn(fence: Fence): Link | undefined {
  const order = fence.get(PRIMARY_COMPANY);
  const [name] =
    [...fence].find(([each, key]) => key === order && each !== PRIMARY_COMPANY && IS_PRIMARY.test(each)) ?? [];
  const toId = name?.split(':')[1];
  if (order === undefined || toId === undefined) return undefined;
  const pair = { toType: 'companies', toId };
  return lastTaken('H1', pair, fence) > order ? undefined : { ...pair, types: typeOf('H1') };
}

/** Whether no newer write has made or taken away this type. */
const isOpen = (type: string, pair: Pair, own: OrderKey, fence: Fence): boolean =>
  (fence.get(nameOf('+', pair, type)) ?? '') < own && (fence.get(nameOf('-', pair, type)) ?? '') < own;

/** What newer writes than `own` have made between two objects, and none of them has taken away again. */
function madeSince({ toType, toId }: Link, own: OrderKey | '', fence: Fence): Link | undefined {
  const pair = { toType, toId };
  const prefix = nameOf('+', pair, '');
  const made = [...fence].flatMap(([name, order]) => {
    if (!name.startsWith(prefix) || order <= own) return [];
    const type = name.slice(prefix.length);
    if ((fence.get(nameOf('-', pair, type)) ?? '') > order) return [];
    return type === 'H1' && fence.get(PRIMARY_COMPANY) !== order ? [] : [type];
  });
  if (made.length === 0) return undefined;
  const types = made.flatMap(typeOf);
  return types.length === 0 ? pair : { ...pair, types };
}

/** The type behind its short form; none for the association without a label, which each label comes with. */
function typeOf(short: string): AssociationType[] {
  const associationCategory = CATEGORIES.find((category) => category.startsWith(short.charAt(0)));
  if (short === DEFAULT || associationCategory === undefined) return [];
  return [{ associationCategory, associationTypeId: Number(short.slice(1)) }];
}
