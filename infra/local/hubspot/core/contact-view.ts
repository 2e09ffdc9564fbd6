import type { Contact } from './contact.ts';
import type { Settings } from './settings.ts';

/** What a read shows when it asks for nothing. */
export const defaultProperties = ['email', 'firstname', 'lastname'] as const;

const systemProperties = ['createdate', 'hs_object_id', 'lastmodifieddate'] as const;

const iso = (time: number): string => new Date(time).toISOString();

/** A property's value, or undefined when it has none; the dates and the id come from the record itself. */
export function readProperty(contact: Contact, name: string, properties = contact.properties): string | undefined {
  switch (name) {
    case 'createdate':
      return iso(contact.createdAt);
    case 'lastmodifieddate':
      return iso(contact.updatedAt);
    case 'hs_object_id':
      return contact.id;
    default:
      return properties[name];
  }
}

/** What of a contact an answer shows. */
export interface Shown {
  readonly properties: readonly string[];
  /** Names that exist: an unknown one is left out of answers, not refused. */
  readonly known: (name: string) => boolean;
  readonly settings: Settings;
  readonly hasWarnings: boolean;
}

/** The contact as HubSpot's SimplePublicObject; values are strings, or null where asked for and unset. */
export function contactView(contact: Contact, shown: Shown): Record<string, unknown> {
  const properties: Record<string, string | null> = {};
  const names = new Set<string>([...systemProperties, ...shown.properties]);
  for (const name of [...names].sort()) {
    const value = readProperty(contact, name);
    if (value !== undefined) properties[name] = value;
    else if (shown.known(name) && shown.settings.unsetProperties === 'null') properties[name] = null;
  }
  return {
    id: contact.id,
    properties,
    createdAt: iso(contact.createdAt),
    updatedAt: iso(contact.updatedAt),
    archived: contact.archivedAt !== undefined,
    ...(contact.archivedAt !== undefined && { archivedAt: iso(contact.archivedAt) }),
    ...(shown.hasWarnings && { warnings: [] }),
  };
}

/** `propertiesWithHistory`: per asked-for property its versions, newest first. */
export function historyView(contact: Contact, names: readonly string[]): object {
  return Object.fromEntries(
    names.map((name) => [
      name,
      contact.versions
        .filter((version) => version.values[name] !== undefined)
        .map((version) => ({
          value: version.values[name],
          timestamp: iso(version.at),
          sourceType: version.sourceType,
        }))
        .reverse(),
    ]),
  );
}
