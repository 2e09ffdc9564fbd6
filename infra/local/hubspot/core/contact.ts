import type { AssociatedType } from './object-types.ts';

/** A link to another object, by one type; the same two objects can have several. */
export interface Association {
  readonly toType: AssociatedType;
  readonly toId: string;
  readonly category: string;
  readonly typeId: number;
}

/** Properties that were written together; `''` cleared one. */
export interface Version {
  readonly at: number;
  readonly values: Readonly<Record<string, string>>;
  /** `INTEGRATION` for writes, `MERGE_CONTACTS` for what a merge brought. */
  readonly sourceType: string;
}

/** A contact of the portal. */
export interface Contact {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt?: number;
  /** What has a value now. */
  readonly properties: Readonly<Record<string, string>>;
  /** Oldest first; the first one may fold older ones together. */
  readonly versions: readonly Version[];
  readonly associations: readonly Association[];
}

/** `properties` with a version's values laid over them. */
export function withValues(
  properties: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  const merged = { ...properties, ...values };
  for (const name in values) if (values[name] === '') delete merged[name];
  return merged;
}

/** The contact with one more version; beyond `historySize` the two oldest become one. */
export function withVersion(contact: Contact, version: Version, historySize: number): Contact {
  const versions = [...contact.versions, version];
  while (versions.length > historySize) {
    const [oldest, next] = versions.splice(0, 2);
    if (oldest && next) versions.unshift({ ...next, values: { ...oldest.values, ...next.values } });
  }
  return {
    ...contact,
    updatedAt: Math.max(contact.updatedAt, version.at),
    properties: withValues(contact.properties, version.values),
    versions,
  };
}

/** The properties as they were at a time, or undefined when the contact did not exist yet. */
export function propertiesAsOf(contact: Contact, time: number): Readonly<Record<string, string>> | undefined {
  if (contact.updatedAt <= time) return contact.properties;
  if (contact.createdAt > time) return undefined;
  return contact.versions
    .filter((version) => version.at <= time)
    .reduce<Record<string, string>>((properties, version) => withValues(properties, version.values), {});
}
