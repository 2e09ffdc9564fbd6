import { type Association, type Contact, type Version, withVersion } from './contact.ts';
import { createPropertyCatalogue, type PropertyCatalogue } from './property-catalogue.ts';
import type { PropertyDefinition, PropertyGroup } from './property-definitions.ts';
import { createUniqueKeys } from './unique-keys.ts';

/** Everything that can happen to the stored data; the same list, applied again, gives the same data. */
export type Change =
  | {
      readonly kind: 'contact-created';
      readonly id: string;
      readonly at: number;
      readonly values: Readonly<Record<string, string>>;
      readonly associations: readonly Association[];
    }
  | {
      readonly kind: 'contact-changed';
      readonly id: string;
      readonly at: number;
      readonly values: Readonly<Record<string, string>>;
    }
  /** All that the contact is linked to from now on. */
  | { readonly kind: 'contact-associated'; readonly id: string; readonly associations: readonly Association[] }
  | { readonly kind: 'contact-archived'; readonly id: string; readonly at: number; readonly keepsKeys: boolean }
  | {
      readonly kind: 'contacts-merged';
      readonly into: string;
      readonly from: readonly string[];
      readonly at: number;
      readonly createdAt: number;
      readonly values: Readonly<Record<string, string>>;
      readonly associations: readonly Association[];
    }
  | { readonly kind: 'contact-purged'; readonly id: string }
  | { readonly kind: 'email-blocked'; readonly email: string }
  /** A new property, a changed one, or with `archivedAt` one that is gone. */
  | { readonly kind: 'property-defined'; readonly definition: PropertyDefinition }
  | { readonly kind: 'group-defined'; readonly group: PropertyGroup }
  | { readonly kind: 'group-archived'; readonly name: string }
  | { readonly kind: 'emptied' };

/** The portal's contacts and property definitions; `apply` is the only way in. */
export interface ContactStore extends PropertyCatalogue {
  readonly apply: (change: Change) => void;
  /** The contact of exactly this id, archived or not. */
  readonly get: (id: string) => Contact | undefined;
  /** Where a merged-away id leads now; other ids lead to themselves. */
  readonly resolve: (id: string) => string;
  /** The ids that were merged into this one. */
  readonly mergedInto: (id: string) => readonly string[];
  /** The id that holds a value of a unique property; for `email`, a secondary one counts too. */
  readonly ownerOf: (property: string, value: string) => string | undefined;
  readonly isBlocked: (email: string) => boolean;
  /** All contacts after an id, in order of their ids. */
  readonly after: (id: string) => IterableIterator<Contact>;
  /** A new id; it is spent even if nothing is stored under it. */
  readonly allocateId: () => string;
  readonly size: () => number;
}

/** Record ids of young portals have about this many digits. */
const FIRST_ID = 100_001;

/** An empty portal. `historySize` is asked at each write, as it may be changed. */
export function createContactStore(historySize: () => number): ContactStore {
  const contacts = new Map<string, Contact>();
  const mergedTo = new Map<string, string>();
  const mergedFrom = new Map<string, readonly string[]>();
  const blocked = new Set<string>();
  const catalogue = createPropertyCatalogue();
  const keys = createUniqueKeys(catalogue.uniqueProperties);
  let ids: number[] = [];
  let nextId = FIRST_ID;

  const empty = () => {
    for (const part of [contacts, keys, mergedTo, mergedFrom, blocked]) part.clear();
    catalogue.reset();
    ids = [];
    nextId = FIRST_ID;
  };

  const store = (contact: Contact) => {
    contacts.set(contact.id, contact);
    keys.claim(contact);
  };

  /** New ids are always the highest: they are allocated and stored in one synchronous step. */
  const insert = (contact: Contact) => {
    ids.push(Number(contact.id));
    nextId = Math.max(nextId, Number(contact.id) + 1);
    store(contact);
  };

  const born = (id: string, createdAt: number, version: Version, associations: readonly Association[]): Contact =>
    withVersion(
      { id, createdAt, updatedAt: version.at, properties: {}, versions: [], associations },
      version,
      historySize(),
    );

  const change = (id: string, version: Version, associations?: readonly Association[]) => {
    const contact = contacts.get(id);
    if (!contact) return;
    keys.release(contact);
    store({
      ...withVersion(contact, version, historySize()),
      ...(associations && { associations }),
    });
  };

  const drop = (id: string) => {
    const contact = contacts.get(id);
    if (!contact) return;
    keys.release(contact);
    contacts.delete(id);
  };

  const merge = (merged: Extract<Change, { kind: 'contacts-merged' }>) => {
    const { into, from, at, createdAt, values, associations } = merged;
    const version = { at, values, sourceType: 'MERGE_CONTACTS' };
    const gone = from.filter((id) => id !== into);
    for (const id of gone) drop(id);
    if (contacts.has(into)) change(into, version, associations);
    else insert(born(into, createdAt, version, associations));
    for (const id of gone) mergedTo.set(id, into);
    mergedFrom.set(into, [...(mergedFrom.get(into) ?? []), ...gone, ...gone.flatMap((id) => mergedFrom.get(id) ?? [])]);
  };

  const apply = (next: Change) => {
    switch (next.kind) {
      case 'contact-created':
        return insert(
          born(next.id, next.at, { at: next.at, values: next.values, sourceType: 'INTEGRATION' }, next.associations),
        );
      case 'contact-changed':
        return change(next.id, { at: next.at, values: next.values, sourceType: 'INTEGRATION' });
      case 'contact-associated': {
        const contact = contacts.get(next.id);
        if (contact) contacts.set(next.id, { ...contact, associations: next.associations });
        return;
      }
      case 'contact-archived': {
        const contact = contacts.get(next.id);
        if (!contact) return;
        if (!next.keepsKeys) keys.release(contact);
        contacts.set(next.id, { ...contact, archivedAt: next.at, updatedAt: next.at });
        return;
      }
      case 'contacts-merged':
        return merge(next);
      case 'contact-purged':
        return drop(next.id);
      case 'email-blocked':
        blocked.add(next.email);
        return;
      case 'property-defined':
        catalogue.define(next.definition);
        if (next.definition.archivedAt !== undefined) keys.forget(next.definition.name);
        return;
      case 'group-defined':
        return catalogue.defineGroup(next.group);
      case 'group-archived':
        return catalogue.archiveGroup(next.name);
      case 'emptied':
        return empty();
    }
  };

  empty();
  return {
    apply,
    get: (id) => contacts.get(id),
    resolve: (id) => {
      let current = id;
      for (let next = mergedTo.get(current); next !== undefined; next = mergedTo.get(current)) current = next;
      return current;
    },
    mergedInto: (id) => mergedFrom.get(id) ?? [],
    ownerOf: keys.ownerOf,
    isBlocked: (email) => blocked.has(email),
    definitions: catalogue.definitions,
    archivedDefinitions: catalogue.archivedDefinitions,
    uniqueProperties: catalogue.uniqueProperties,
    groups: catalogue.groups,
    after: function* (id) {
      for (let index = firstAfter(ids, Number(id)); index < ids.length; index += 1) {
        const contact = contacts.get(String(ids[index]));
        if (contact) yield contact;
      }
    },
    allocateId: () => {
      nextId += 1;
      return String(nextId - 1);
    },
    size: () => contacts.size,
  };
}

/** The place of the first number above `bound` in an ascending list. */
function firstAfter(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
