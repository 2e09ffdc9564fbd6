import { RECORD_ID_PROPERTY, type Verb } from '../operations/contact-write.ts';
import { type PortalDefinitions, uniquePropertiesOf } from '../portal/property-definitions.ts';
import { isRecord } from './is-record.ts';

/** HubSpot's internal names, and no others, may name a property that was not looked up. */
const PROPERTY_NAME = /^[a-z][a-z0-9_]{0,99}$/;

/**
 * The unique properties, beside `email`, that `idProperty` may name: those of the setting, and those that the portal itself says
 * are unique. Never the one that the relay writes its own ids into: who names contacts by it would give one the id of another
 * write. An upsert writes the property that it is addressed by, and cannot go by a read-only one.
 */
export function allowedIdProperties(
  verb: Verb,
  fromSettings: readonly string[],
  definitions: PortalDefinitions | undefined,
  writeIdProperty: string | undefined,
): readonly string[] {
  const ofPortal = definitions === undefined ? [] : uniquePropertiesOf(definitions, verb === 'upsert');
  return [...new Set([...fromSettings, ...ofPortal])].filter(
    (name) => name !== 'email' && name !== RECORD_ID_PROPERTY && name !== writeIdProperty,
  );
}

/** Every property that a body, or the query of a single update, names as `idProperty`: for one that was taken at another time. */
export function namedIdProperties(body: unknown, fromQuery: string | undefined): readonly string[] {
  const inputs: readonly unknown[] = isRecord(body) && Array.isArray(body['inputs']) ? body['inputs'] : [];
  const named = [fromQuery, ...inputs.map((input) => (isRecord(input) ? input['idProperty'] : undefined))];
  return [...new Set(named.filter((name) => typeof name === 'string' && PROPERTY_NAME.test(name)))].map(String);
}
