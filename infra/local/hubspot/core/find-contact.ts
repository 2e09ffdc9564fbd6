import type { Call } from './call.ts';
import type { Contact } from './contact.ts';
import type { ContactStore } from './contact-store.ts';
import { normaliseEmail } from './email-address.ts';

const RECORD_ID = 'hs_object_id';

/** What an id, or a value of an id property, leads to. */
export type Found =
  | { readonly kind: 'found'; readonly contact: Contact; readonly merged: boolean }
  | { readonly kind: 'missing' };

/** The id property of a request; none means the record id. */
export const idPropertyOf = (given: string | null | undefined): string => given || RECORD_ID;

/** Whether a property may be an `idProperty`. */
export function isUniqueProperty(store: ContactStore, name: string): boolean {
  return name === RECORD_ID || name === 'email' || store.definitions.get(name)?.hasUniqueValue === true;
}

/** The value as HubSpot compares it. */
export function normaliseId(idProperty: string, id: string): string {
  return idProperty === 'email' ? normaliseEmail(id) : id.trim();
}

/** Follows an id, through merges, or a unique value, through secondary e-mails; archived contacts are missing. */
export function findContact(call: Call, idProperty: string, id: string): Found {
  const value = normaliseId(idProperty, id);
  if (idProperty !== RECORD_ID) {
    const owner = call.store.ownerOf(idProperty, value);
    return liveContact(call, owner, false);
  }
  const survivor = call.store.resolve(value);
  return liveContact(call, survivor, survivor !== value);
}

function liveContact(call: Call, id: string | undefined, merged: boolean): Found {
  const contact = id === undefined ? undefined : call.store.get(id);
  if (!contact || contact.archivedAt !== undefined) return { kind: 'missing' };
  return { kind: 'found', contact, merged };
}
