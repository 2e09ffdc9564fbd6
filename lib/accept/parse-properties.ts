import { normaliseEmail } from '../operations/contact-write.ts';
import { isEmailAddress } from './email-address.ts';
import { type FaultList, faultAt, type Place } from './fault.ts';
import { isRecord } from './is-record.ts';
import { isLegalValue } from './legal-text.ts';
import { canBeKey } from './parse-target.ts';
import { isLeft, type PropertyCheck } from './property-check.ts';

/** HubSpot's internal names: lower-case letters, digits, underscores; HubSpot makes none longer than 100. */
const PROPERTY_NAME = /^[a-z0-9_]{1,100}$/;
/** Names that mean something to JavaScript and nothing to HubSpot. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

type Value = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'faulty'; readonly why: string };

const faulty = (why: string): Value => ({ kind: 'faulty', why });

/**
 * A property's value as HubSpot takes it: text. `null` becomes `""`, which clears. An integer that JavaScript cannot hold
 * exactly is refused, since it would reach HubSpot with other digits than the caller sent.
 */
function parseValue(value: unknown): Value {
  switch (typeof value) {
    case 'string':
      return isLegalValue(value)
        ? { kind: 'text', text: value }
        : faulty('holds characters that cannot be stored (control characters, lone surrogates, U+FFFE or U+FFFF)');
    case 'boolean':
      return { kind: 'text', text: String(value) };
    case 'number':
      return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
        ? { kind: 'text', text: String(value) }
        : faulty('is a number too large to be kept exactly: send it as a string');
    default:
      return value === null
        ? { kind: 'text', text: '' }
        : faulty('must be a string, a number, a boolean or null, not an object or a list');
  }
}

/**
 * Parses `properties` into a record without prototype, adding to `faults` whatever is wrong, unless `check` leaves it to HubSpot.
 * E-mails are normalised, as HubSpot would.
 */
export function parseProperties(
  value: unknown,
  place: Place,
  faults: FaultList,
  check?: PropertyCheck,
): Readonly<Record<string, string>> {
  const properties: Record<string, string> = Object.create(null);
  if (!isRecord(value)) {
    faults.add(
      faultAt(place, 'properties', 'INVALID_PROPERTIES', (path) => `${path} must be an object of names and values`),
    );
    return properties;
  }
  const names = Object.keys(value);
  if (names.length === 0) {
    faults.add(faultAt(place, 'properties', 'NO_PROPERTIES', (path) => `${path} is empty: there is nothing to write`));
  }
  names.forEach((name, position) => {
    parseProperty(name, position, value[name], place, faults, properties, check);
  });
  return properties;
}

function parseProperty(
  name: string,
  position: number,
  value: unknown,
  place: Place,
  faults: FaultList,
  properties: Record<string, string>,
  check: PropertyCheck | undefined,
): void {
  if (!PROPERTY_NAME.test(name)) {
    // The name itself is not repeated: whatever it is, it may be a value in the wrong place.
    const why = 'is no HubSpot property: names have 1 to 100 lower-case letters, digits and underscores';
    faults.add(
      faultAt(place, 'properties', 'INVALID_PROPERTY_NAME', (path) => `name ${position + 1} in ${path} ${why}`),
    );
    return;
  }
  const faultOf = (code: string, why: string) => ({
    ...faultAt(place, `properties.${name}`, code, (path) => `${path} ${why}`),
    propertyName: name,
  });
  if (RESERVED_NAMES.has(name)) {
    faults.add(faultOf('INVALID_PROPERTY_NAME', 'is a reserved name'));
    return;
  }
  const parsed = parseValue(value);
  if (parsed.kind === 'faulty') {
    faults.add(faultOf('INVALID_PROPERTY_VALUE', parsed.why));
    return;
  }
  const text = name === 'email' ? normaliseEmail(parsed.text) : parsed.text;
  if (name === 'email' && parsed.text !== '' && !isEmailAddress(text)) {
    const fault = faultOf('INVALID_EMAIL', 'is not a valid e-mail address');
    // Blanks alone would clear the e-mail at HubSpot.
    if (text === '' || !canBeKey(text)) {
      faults.add(fault);
      return;
    }
    if (!isLeft(fault, check, faults)) return;
  }
  properties[name] = text;
}
