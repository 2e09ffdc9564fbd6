import { archiveContact, batchArchive, gdprDelete } from './archive-contacts.ts';
import {
  batchArchiveLabels,
  batchAssociate,
  batchAssociateByDefault,
  batchAssociateLegacy,
  batchDissociate,
  batchDissociateLegacy,
} from './association-batches.ts';
import { batchReadAssociations, batchReadAssociationsLegacy, listAssociations } from './association-reads.ts';
import { batchCreate } from './batch-create.ts';
import { batchUpdate } from './batch-update.ts';
import { batchUpsert } from './batch-upsert.ts';
import type { Call } from './call.ts';
import { mergeContacts } from './merge-contacts.ts';
import { batchArchiveProperties, batchCreateProperties, batchReadProperties } from './property-batches.ts';
import { archiveGroup, createGroup, listGroups, readGroup, updateGroup } from './property-groups.ts';
import {
  archiveProperty,
  createProperty,
  listProperties,
  readPropertyDefinition,
  updateProperty,
} from './property-routes.ts';
import type { Budget } from './rate-limits.ts';
import { batchRead, listContacts, readContact } from './read-contacts.ts';
import { searchContacts } from './search-contacts.ts';
import { associate, associateByDefault, associateLegacy, dissociate, dissociateLegacy } from './single-associations.ts';
import type { Reply } from './wire.ts';
import { createContact, updateContact } from './write-contact.ts';

export type Operation = (call: Call) => Reply;

/** What stands behind a method and a path. */
export interface Entry {
  readonly perform: Operation;
  readonly access: 'read' | 'write';
  /** The status of an empty success, for a fault that wants one. */
  readonly okStatus: number;
  /** False where a PUT comes without a body. */
  readonly takesBody: boolean;
  readonly budget: Budget;
}

/** Operations by method and what follows the base; the first that fits wins. */
export type RouteTable = Readonly<Record<string, Entry>>;

const read = (perform: Operation, budget: Budget = 'calls'): Entry => ({
  perform,
  access: 'read',
  okStatus: 200,
  takesBody: true,
  budget,
});
const write = (perform: Operation, okStatus: number, budget: Budget = 'calls'): Entry => ({
  ...read(perform, budget),
  access: 'write',
  okStatus,
});
const writeWithoutBody = (perform: Operation, okStatus: number): Entry => ({
  ...write(perform, okStatus),
  takesBody: false,
});

/** Between one contact and one other object; dated paths have them too. */
export const associationRoutes: RouteTable = {
  'PUT /{id}/associations/default/{to}/{toId}': writeWithoutBody(associateByDefault, 200),
  'GET /{id}/associations/{to}': read(listAssociations),
  'PUT /{id}/associations/{to}/{toId}': write(associate, 201),
  'DELETE /{id}/associations/{to}/{toId}': write(dissociate, 204),
};

/** What is under `…/contacts` in every version. */
export const contactRoutes: RouteTable = {
  'GET ': read(listContacts),
  'POST ': write(createContact, 201),
  'POST /batch/create': write(batchCreate, 201),
  'POST /batch/update': write(batchUpdate, 200),
  'POST /batch/upsert': write(batchUpsert, 200),
  'POST /batch/read': read(batchRead),
  'POST /batch/archive': write(batchArchive, 204),
  'POST /merge': write(mergeContacts, 200),
  'POST /gdpr-delete': write(gdprDelete, 204),
  'POST /search': read(searchContacts, 'searches'),
  'GET /{id}': read(readContact),
  'PATCH /{id}': write(updateContact, 200),
  'DELETE /{id}': write(archiveContact, 204),
  'PUT /{id}/associations/{to}/{toId}/{typeId}': writeWithoutBody(associateLegacy, 200),
  'DELETE /{id}/associations/{to}/{toId}/{typeId}': write(dissociateLegacy, 204),
};

export const associationBatchRoutes: RouteTable = {
  'POST /batch/create': write(batchAssociate, 201, 'associations'),
  'POST /batch/associate/default': write(batchAssociateByDefault, 200, 'associations'),
  'POST /batch/archive': write(batchDissociate, 204, 'associations'),
  'POST /batch/labels/archive': write(batchArchiveLabels, 204, 'associations'),
  'POST /batch/read': read(batchReadAssociations, 'associations'),
};

export const legacyAssociationBatchRoutes: RouteTable = {
  'POST /batch/create': write(batchAssociateLegacy, 201, 'associations'),
  'POST /batch/archive': write(batchDissociateLegacy, 204, 'associations'),
  'POST /batch/read': read(batchReadAssociationsLegacy, 'associations'),
};

export const propertyRoutes: RouteTable = {
  'GET ': read(listProperties),
  'POST ': write(createProperty, 201),
  'GET /groups': read(listGroups),
  'POST /groups': write(createGroup, 201),
  'POST /batch/create': write(batchCreateProperties, 201),
  'POST /batch/read': read(batchReadProperties),
  'POST /batch/archive': write(batchArchiveProperties, 204),
  'GET /groups/{name}': read(readGroup),
  'PATCH /groups/{name}': write(updateGroup, 200),
  'DELETE /groups/{name}': write(archiveGroup, 204),
  'GET /{name}': read(readPropertyDefinition),
  'PATCH /{name}': write(updateProperty, 200),
  'DELETE /{name}': write(archiveProperty, 204),
};
