import { normaliseKey, RECORD_ID_PROPERTY, type Verb } from '../operations/contact-write.ts';
import { isEmailAddress } from './email-address.ts';
import { type FaultList, faultAt, type Place } from './fault.ts';
import { isLegalName } from './legal-text.ts';
import { isLeft, type PropertyCheck } from './property-check.ts';

/** Whom a write is about. `idProperty` absent: `id` is HubSpot's record id. */
export interface Target {
  readonly id: string;
  readonly idProperty?: string;
}

interface TargetParsing {
  readonly idField?: string;
  /** Leaves an e-mail that is none to HubSpot. */
  readonly check?: PropertyCheck | undefined;
}

/** HubSpot's record ids are positive 64-bit integers. No leading zeros: one contact must have one name. */
export const RECORD_ID = /^[1-9]\d{0,18}$/;
/** Long enough for any key, short enough for a DynamoDB key of 2,048 bytes with three bytes a character. */
const MAX_KEY_LENGTH = 512;

/** Whether a contact could be found in the ledger by a text. */
export const canBeKey = (text: string): boolean => text.length <= MAX_KEY_LENGTH && isLegalName(text);

/**
 * Parses `id` (or what it is called in `idField`) and `idProperty` of a write to a contact; undefined, and the reason in `faults`, when they
 * name nobody.
 */
export function parseTarget(
  verb: Verb,
  given: { readonly id: unknown; readonly idProperty: unknown },
  uniqueProperties: readonly string[],
  place: Place,
  faults: FaultList,
  { idField = 'id', check }: TargetParsing = {},
): Target | undefined {
  const idProperty = parseIdProperty(verb, given.idProperty, uniqueProperties, place, faults);
  const id = parseId(given.id, place, faults, idField);
  if (idProperty === undefined || id === undefined) return undefined;
  if (idProperty === RECORD_ID_PROPERTY) {
    if (RECORD_ID.test(id.trim())) return { id: id.trim() };
    faults.add(
      faultAt(
        place,
        idField,
        'INVALID_ID',
        (path) => `${path} must be a record id (digits), or idProperty must name the property it is`,
      ),
    );
    return undefined;
  }
  if (idProperty === 'email' && !isEmailAddress(id)) {
    const fault = faultAt(place, idField, 'INVALID_EMAIL', (path) => `${path} is not a valid e-mail address`);
    if (!isLeft(fault, check, faults)) return undefined;
  }
  return { id: normaliseKey(idProperty, id), idProperty };
}

function parseIdProperty(
  verb: Verb,
  value: unknown,
  uniqueProperties: readonly string[],
  place: Place,
  faults: FaultList,
): string | undefined {
  const named = value === undefined || value === null || value === '' ? undefined : value;
  const takesRecordId = verb === 'update' || verb === 'archive' || verb === 'gdpr-delete';
  if (takesRecordId && (named === undefined || named === RECORD_ID_PROPERTY)) return RECORD_ID_PROPERTY;
  if (typeof named === 'string' && (named === 'email' || uniqueProperties.includes(named))) return named;
  const allowed = ['email', ...uniqueProperties, ...(takesRecordId ? [RECORD_ID_PROPERTY] : [])].join(', ');
  if (named === undefined) {
    faults.add(faultAt(place, 'idProperty', 'REQUIRED_FIELD', (path) => `${path} is required; allowed: ${allowed}`));
    return undefined;
  }
  const why = `names no unique property; allowed: ${allowed}`;
  const fault = faultAt(place, 'idProperty', 'INVALID_ID_PROPERTY', (path) => `${path} ${why}`);
  faults.add({ ...fault, byDefinitions: 'idProperty' });
  return undefined;
}

function parseId(value: unknown, place: Place, faults: FaultList, field: string): string | undefined {
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (id === undefined || id === null || (typeof id === 'string' && id.trim() === '')) {
    faults.add(faultAt(place, field, 'REQUIRED_FIELD', (path) => `${path} is required`));
    return undefined;
  }
  if (typeof id === 'string' && canBeKey(id)) return id;
  const limits = `a string of at most ${MAX_KEY_LENGTH} characters without control characters`;
  faults.add(faultAt(place, field, 'INVALID_ID', (path) => `${path} must be ${limits}`));
  return undefined;
}
