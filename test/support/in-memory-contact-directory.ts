import type { ContactDirectory, ContactKey, KnownContact } from '../../lib/directory/contact-directory.ts';

/** A directory in memory. */
export interface InMemoryContactDirectory extends ContactDirectory {
  readonly contacts: ReadonlyMap<string, KnownContact>;
}

const nameOf = ({ idProperty, value }: ContactKey): string => `${idProperty}#${value}`;

export function createInMemoryContactDirectory(known: readonly KnownContact[] = []): InMemoryContactDirectory {
  const contacts = new Map(known.map((contact) => [nameOf(contact.key), contact]));
  return {
    contacts,
    find: async (keys) => keys.flatMap((key) => contacts.get(nameOf(key)) ?? []),
    learn: async (learned) => {
      for (const contact of learned) contacts.set(nameOf(contact.key), contact);
    },
    forget: async (keys) => {
      for (const key of keys) contacts.delete(nameOf(key));
    },
  };
}
