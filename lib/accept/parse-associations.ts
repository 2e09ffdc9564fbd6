import type { Association } from '../operations/contact-write.ts';
import { type FaultList, faultAt, type Place } from './fault.ts';
import { isRecord } from './is-record.ts';

/** HubSpot's `associationCategory` (hubspot-api.md, section 1). */
const CATEGORIES: readonly unknown[] = ['HUBSPOT_DEFINED', 'USER_DEFINED', 'INTEGRATOR_DEFINED', 'WORK'];

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

/** HubSpot takes associations only when a contact is created; sent elsewhere they would be lost without a word. */
export function refuseAssociations(value: unknown, place: Place, faults: FaultList): void {
  if (isAbsent(value)) return;
  const why = 'cannot be sent with an update or upsert: HubSpot takes associations only with a create';
  faults.add(faultAt(place, 'associations', 'ASSOCIATIONS_NOT_ALLOWED', (path) => `${path} ${why}`));
}

function parseAssociation(entry: unknown): Association | undefined {
  if (!isRecord(entry) || !isRecord(entry['to']) || !Array.isArray(entry['types'])) return undefined;
  const id = entry['to']['id'];
  const text = typeof id === 'number' ? String(id) : id;
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text) || entry['types'].length === 0) return undefined;
  const types = entry['types'].flatMap(parseAssociationType);
  return types.length === entry['types'].length ? { to: { id: text }, types } : undefined;
}

function parseAssociationType(type: unknown): Association['types'] {
  if (!isRecord(type)) return [];
  const { associationCategory: category, associationTypeId: id } = type;
  if (typeof category !== 'string' || !CATEGORIES.includes(category)) return [];
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0
    ? [{ associationCategory: category, associationTypeId: id }]
    : [];
}
