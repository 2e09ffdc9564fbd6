import { archiveContact, batchArchive, gdprDelete } from './archive-contacts.ts';
import { batchCreate } from './batch-create.ts';
import { batchUpdate } from './batch-update.ts';
import { batchUpsert } from './batch-upsert.ts';
import { type ApiVersion, type Call, datedVersions } from './call.ts';
import { mergeContacts } from './merge-contacts.ts';
import { createProperty, listProperties, readPropertyDefinition } from './property-routes.ts';
import { batchRead, listContacts, readContact } from './read-contacts.ts';
import { searchContacts } from './search-contacts.ts';
import type { Reply } from './wire.ts';
import { createContact, updateContact } from './write-contact.ts';

type Operation = (call: Call) => Reply;
type Scope = `crm.${'objects' | 'schemas'}.contacts.${'read' | 'write'}`;

/** What a request is for. */
export interface Route {
  /** As counted: method and path with `{id}` in the record's place. */
  readonly name: string;
  readonly scope: Scope;
  readonly perform: Operation;
  readonly version: ApiVersion;
  readonly base: string;
  readonly target: string;
  /** Searches have a limit of their own, and answers without rate headers. */
  readonly isSearch: boolean;
  /** The status of an empty success, for a fault that wants one. */
  readonly okStatus: number;
}

interface Entry {
  readonly perform: Operation;
  readonly access: 'read' | 'write';
  readonly okStatus: number;
}

const write = (perform: Operation, okStatus: number): Entry => ({ perform, access: 'write', okStatus });
const read = (perform: Operation): Entry => ({ perform, access: 'read', okStatus: 200 });

/** Operations on contacts, by method and what follows `/contacts`. */
const contactRoutes: Readonly<Record<string, Entry>> = {
  'GET ': read(listContacts),
  'POST ': write(createContact, 201),
  'GET /{id}': read(readContact),
  'PATCH /{id}': write(updateContact, 200),
  'DELETE /{id}': write(archiveContact, 204),
  'POST /batch/create': write(batchCreate, 201),
  'POST /batch/update': write(batchUpdate, 200),
  'POST /batch/upsert': write(batchUpsert, 200),
  'POST /batch/read': read(batchRead),
  'POST /batch/archive': write(batchArchive, 204),
  'POST /merge': write(mergeContacts, 200),
  'POST /gdpr-delete': write(gdprDelete, 204),
  'POST /search': read(searchContacts),
};

const propertyRoutes: Readonly<Record<string, Entry>> = {
  'GET ': read(listProperties),
  'POST ': write(createProperty, 201),
  'GET /{name}': read(readPropertyDefinition),
};

const PATH =
  /^(\/crm\/(?:v3\/(objects|properties)|(objects|properties)\/(\d{4}-\d{2}))\/(?:contacts|contact|0-1))(\/.*)?$/;

/** Finds what a request is for; undefined is a path or method that HubSpot does not have. */
export function matchRoute(method: string, pathname: string): Route | undefined {
  const match = PATH.exec(pathname);
  const version = versionOf(match?.[4]);
  if (!match?.[1] || !version) return undefined;
  const kind = match[2] ?? match[3];
  const [table, variable, scoped] =
    kind === 'objects'
      ? ([contactRoutes, '{id}', 'objects'] as const)
      : ([propertyRoutes, '{name}', 'schemas'] as const);
  const rest = (match[5] ?? '').replace(/\/$/, '');
  const exact = table[`${method} ${rest}`];
  const entry = exact ?? (/^\/[^/]+$/.test(rest) ? table[`${method} /${variable}`] : undefined);
  const target = exact ? '' : decoded(rest.slice(1));
  if (!entry || target === undefined) return undefined;
  return {
    name: `${method} ${match[1]}${exact ? rest : `/${variable}`}`,
    scope: `crm.${scoped}.contacts.${entry.access}`,
    perform: entry.perform,
    version,
    base: match[1],
    target,
    isSearch: entry.perform === searchContacts,
    okStatus: entry.okStatus,
  };
}

const versionOf = (dated: string | undefined): ApiVersion | undefined =>
  dated === undefined ? 'v3' : datedVersions.find((version) => version === dated);

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
