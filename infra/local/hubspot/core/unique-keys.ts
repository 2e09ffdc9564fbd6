import type { Contact } from './contact.ts';
import { splitEmails } from './email-address.ts';

/** The keys that values claim: `[property, value]`, secondary e-mails under `email`. */
export function keysOf(
  values: Readonly<Record<string, string>>,
  uniqueProperties: Iterable<string>,
): [property: string, value: string][] {
  const keys: [string, string][] = [];
  if (values['email']) keys.push(['email', values['email']]);
  if (values['hs_additional_emails']) {
    for (const email of splitEmails(values['hs_additional_emails'])) keys.push(['email', email]);
  }
  for (const name of uniqueProperties) {
    const value = values[name];
    if (value) keys.push([name, value]);
  }
  return keys;
}

/** Who holds which value of a unique property. */
export interface UniqueKeys {
  readonly claim: (contact: Contact) => void;
  /** Frees what the contact holds; what another one has claimed since stays with that one. */
  readonly release: (contact: Contact) => void;
  readonly ownerOf: (property: string, value: string) => string | undefined;
  /** Frees all values of a property. */
  readonly forget: (property: string) => void;
  readonly clear: () => void;
}

/** An index that nobody holds anything in; `uniqueProperties` is read at each use, as it grows. */
export function createUniqueKeys(uniqueProperties: ReadonlySet<string>): UniqueKeys {
  const owners = new Map<string, Map<string, string>>();
  return {
    claim: (contact) => {
      for (const [property, value] of keysOf(contact.properties, uniqueProperties)) {
        const holders = owners.get(property) ?? new Map<string, string>();
        owners.set(property, holders.set(value, contact.id));
      }
    },
    release: (contact) => {
      for (const [property, value] of keysOf(contact.properties, uniqueProperties)) {
        const holders = owners.get(property);
        if (holders?.get(value) === contact.id) holders.delete(value);
      }
    },
    ownerOf: (property, value) => owners.get(property)?.get(value),
    forget: (property) => owners.delete(property),
    clear: () => owners.clear(),
  };
}
