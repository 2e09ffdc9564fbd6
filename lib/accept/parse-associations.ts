import type { Association } from '../operations/contact-write.ts';
import { type AssociationType, isPrimaryCompany, objectTypeBehind, objectTypeOf } from '../operations/link.ts';
import { type FaultList, faultAt, type Place } from './fault.ts';
import { isRecord } from './is-record.ts';

/** HubSpot's `associationCategory` (hubspot-api.md, section 1). */
const CATEGORIES: readonly unknown[] = ['HUBSPOT_DEFINED', 'USER_DEFINED', 'INTEGRATOR_DEFINED', 'WORK'];
/** Their outcomes stand in the outcome of their write, and a hundred of those fit one item. */
export const MAX_FOLLOW_UPS = 20;
const OBJECT_TYPE = /^[a-z0-9][a-z0-9_-]{0,59}$/i;

const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** Parses the `associations` of a create; none is fine. */
export function parseAssociations(value: unknown, place: Place, faults: FaultList): readonly Association[] {
  if (isAbsent(value)) return [];
  if (!Array.isArray(value)) {
    faults.add(faultAt(place, 'associations', 'INVALID_ASSOCIATIONS', (path) => `${path} must be a list`));
    return [];
  }
  return value.flatMap((entry: unknown, position) => {
    const association = parseAssociation(entry);
    if (association !== undefined) return [association];
    const shape =
      '{"to":{"id":"<digits>"},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":279}]}';
    faults.add(
      faultAt(place, `associations[${position}]`, 'INVALID_ASSOCIATIONS', (path) => `${path} must look like ${shape}`),
    );
    return [];
  });
}

/**
 * Parses the `associations` of an update or upsert. HubSpot takes none there: the relay makes them in calls of their own, whose path
 * names the type of the other object. HubSpot's own ids tell it, otherwise `toObjectType` does. Those to one object become one.
 */
export function parseFollowUps(value: unknown, place: Place, faults: FaultList): readonly Association[] {
  const parsed = parseAssociations(value, place, faults);
  if (parsed.length === 0 || !Array.isArray(value)) return [];
  if (value.length > MAX_FOLLOW_UPS) {
    const why = `has ${value.length} entries; an update or upsert takes ${MAX_FOLLOW_UPS} at most`;
    faults.add(faultAt(place, 'associations', 'TOO_MANY_ASSOCIATIONS', (path) => `${path} ${why}`));
    return [];
  }
  // An entry that could not be parsed has its fault already, and all of them count only when there is none.
  if (parsed.length < value.length) return [];
  const byObject = new Map<string, Association>();
  for (const [position, association] of parsed.entries()) {
    const entry: unknown = value[position];
    const given = isRecord(entry) ? entry['toObjectType'] : undefined;
    const toObjectType = typeBehind(given, association.types, { ...place, field: `associations[${position}]` }, faults);
    if (toObjectType === undefined) continue;
    const id = association.to.id.replace(/^0+(?=\d)/, '');
    const name = `${toObjectType} ${id}`;
    const types = [...(byObject.get(name)?.types ?? []), ...association.types];
    byObject.set(name, { to: { id }, types, toObjectType });
  }
  const associations = [...byObject.values()];
  if (associations.filter(({ types }) => types.some(isPrimaryCompany)).length > 1) {
    const why = 'makes several companies the primary one; a contact has one';
    faults.add(faultAt(place, 'associations', 'INVALID_ASSOCIATIONS', (path) => `${path} ${why}`));
  }
  return associations;
}

/** The type of the other object, by one name; undefined, and the reason in `faults`, when it cannot be told. */
function typeBehind(
  given: unknown,
  types: readonly AssociationType[],
  { field, ...place }: Place & { readonly field: string },
  faults: FaultList,
): string | undefined {
  const refuse = (code: string, why: string) => {
    faults.add(faultAt(place, `${field}.toObjectType`, code, (path) => `${path} ${why}`));
    return undefined;
  };
  const isGiven = given !== undefined && given !== null;
  if (isGiven && !(typeof given === 'string' && OBJECT_TYPE.test(given)))
    return refuse('INVALID_OBJECT_TYPE', 'must be the name of an object type');
  const told = [
    ...(isGiven ? [objectTypeOf(String(given))] : []),
    ...types.flatMap((type) => objectTypeBehind(type) ?? []),
  ];
  const [first] = told;
  if (first === undefined) {
    const ids = types.map(({ associationTypeId }) => associationTypeId).join(', ');
    return refuse(
      'REQUIRED_FIELD',
      `is required: association type ${ids} does not tell to which type of object it leads`,
    );
  }
  if (told.some((name) => name !== first))
    return refuse(
      'INVALID_OBJECT_TYPE',
      `must be one type of object; the association types lead to ${told.join(', ')}`,
    );
  return first;
}

function parseAssociation(entry: unknown): Association | undefined {
  if (!isRecord(entry) || !isRecord(entry['to']) || !Array.isArray(entry['types'])) return undefined;
  const id = entry['to']['id'];
  const text = typeof id === 'number' ? String(id) : id;
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text) || entry['types'].length === 0) return undefined;
  const types = entry['types'].flatMap((type: unknown) => readAssociationType(type) ?? []);
  return types.length === entry['types'].length ? { to: { id: text }, types } : undefined;
}

/** One entry of the list that v4 takes as its body; undefined, and what is wrong with it in `faults`. */
export function parseAssociationType(
  value: unknown,
  place: Place,
  field: string,
  faults: FaultList,
): AssociationType | undefined {
  const type = readAssociationType(value);
  if (type !== undefined) return type;
  const { associationCategory: category } = isRecord(value) ? value : {};
  if (!CATEGORIES.includes(category)) {
    const why = `must be one of ${CATEGORIES.join(', ')}`;
    const fault = (path: string) => `${path} ${why}`;
    faults.add(faultAt(place, `${field}.associationCategory`, 'INVALID_ASSOCIATION_TYPE', fault));
  }
  if (!isTypeId(isRecord(value) ? value['associationTypeId'] : undefined)) {
    const fault = (path: string) => `${path} must be a positive whole number`;
    faults.add(faultAt(place, `${field}.associationTypeId`, 'INVALID_ASSOCIATION_TYPE', fault));
  }
  return undefined;
}

function readAssociationType(type: unknown): AssociationType | undefined {
  if (!isRecord(type)) return undefined;
  const { associationCategory: category, associationTypeId: id } = type;
  if (typeof category !== 'string' || !CATEGORIES.includes(category) || !isTypeId(id)) return undefined;
  return { associationCategory: category, associationTypeId: id };
}

const isTypeId = (id: unknown): id is number => typeof id === 'number' && Number.isSafeInteger(id) && id > 0;
