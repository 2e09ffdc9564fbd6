import { RECORD_ID_PROPERTY, type Verb } from '../operations/contact-write.ts';
import { type PortalDefinitions, uniquePropertiesOf } from '../portal/property-definitions.ts';
import { isRecord } from './is-record.ts';

/** HubSpot's internal names, and no others, may name a property that was not looked up. */
const PROPERTY_NAME = /^[a-z][a-z0-9_]{0,99}$/;

/** What is known of the portal: what can be relied on, and what could last be had. */
export interface PortalKnowledge {
  readonly current: PortalDefinitions | undefined;
  readonly lastKnown: PortalDefinitions | undefined;
}

/**
 * The unique properties, beside `email`, that `idProperty` may name: those of the setting, and those that the portal itself says
 * are unique, or were when that could last be had. As long as it cannot, an upsert may go by whatever it names (`named`), which is HubSpot's
 * to judge. Nothing else may: the contact is looked up first, and nobody has seen HubSpot refuse to look one up by what is not unique. Never the one that the relay writes its own ids into: who names contacts by it would give one the id of another
 * write. An upsert writes the property that it is addressed by, and cannot go by a read-only one.
 */
export function allowedIdProperties(
  verb: Verb,
  fromSettings: readonly string[],
  { current, lastKnown }: PortalKnowledge,
  writeIdProperty: string | undefined,
  named: readonly string[],
): readonly string[] {
  const ofPortal = lastKnown === undefined ? [] : uniquePropertiesOf(lastKnown, verb === 'upsert');
  const unjudged = current === undefined && verb === 'upsert' ? named : [];
  return [...new Set([...fromSettings, ...ofPortal, ...unjudged])].filter(
    (name) => name !== 'email' && name !== RECORD_ID_PROPERTY && name !== writeIdProperty,
  );
}

/** Every property that a body, or the query of a single write, names as `idProperty`. */
export function namedIdProperties(body: unknown, fromQuery: string | undefined): readonly string[] {
  const inputs: readonly unknown[] = isRecord(body) && Array.isArray(body['inputs']) ? body['inputs'] : [body];
  const named = [fromQuery, ...inputs.map((input) => (isRecord(input) ? input['idProperty'] : undefined))];
  return [...new Set(named.filter((name) => typeof name === 'string' && PROPERTY_NAME.test(name)))].map(String);
}
