import { associationsView, readAskedTypes } from './associations.ts';
import { batchReply, inputsUpTo, notFoundEntry, readInputs, refuseDuplicates } from './batch.ts';
import { notUnique } from './batch-update.ts';
import type { Call } from './call.ts';
import type { Contact } from './contact.ts';
import { contactView, defaultProperties, historyView } from './contact-view.ts';
import { findContact, idPropertyOf, isUniqueProperty, normaliseId } from './find-contact.ts';
import { unknownObjectType } from './link-direction.ts';
import { notFound } from './not-found.ts';
import type { AssociatedType } from './object-types.ts';
import { nextPage } from './paging.ts';
import { idInput, parseBody, readBatchBody } from './parse-body.ts';
import { failure, json, type Reply } from './wire.ts';
import { shownProperties } from './written-view.ts';

const MAX_PAGE = 100;

/** What a read asks for beside the record itself. */
interface Asked {
  readonly properties: readonly string[];
  readonly history: readonly string[];
  readonly associations: readonly AssociatedType[];
}

/** GET …/contacts/{id}?idProperty=&properties=&propertiesWithHistory=&associations=&archived=. */
export function readContact(call: Call): Reply {
  const idProperty = idPropertyOf(call.query.get('idProperty'));
  if (!isUniqueProperty(call.store, idProperty)) return notUnique(idProperty);
  const asked = askedBy(call);
  if ('kind' in asked) return asked;
  const contact = lookUp(call, idProperty, call.target);
  return contact ? json(200, readView(call, contact, asked)) : notFound(call.target);
}

/** GET …/contacts?limit=&after=&properties=&propertiesWithHistory=&associations=&archived=. */
export function listContacts(call: Call): Reply {
  const limit = Number(call.query.get('limit') ?? 10);
  const asked = askedBy(call);
  if ('kind' in asked) return asked;
  const max = asked.history.length > 0 ? call.settings.maxReadsWithHistory : MAX_PAGE;
  if (!Number.isInteger(limit) || limit < 1 || limit > max) return invalidQuery(`limit must be between 1 and ${max}`);
  const after = call.query.get('after') ?? '0';
  if (!/^\d+$/.test(after)) return invalidQuery('after is not a place in the list');
  const page = pageAfter(call, after, limit + 1);
  const shown = page.slice(0, limit);
  const last = page.length > limit ? shown.at(-1)?.id : undefined;
  return json(200, {
    results: shown.map((contact) => readView(call, contact, asked)),
    ...(last !== undefined && { paging: nextPage(call, last) }),
  });
}

const invalidQuery = (message: string): Reply => failure(400, { message, category: 'VALIDATION_ERROR' });

function pageAfter(call: Call, after: string, size: number): Contact[] {
  const page: Contact[] = [];
  for (const contact of call.store.after(after)) {
    if (page.length >= size) break;
    if ((contact.archivedAt !== undefined) === wantsArchived(call)) page.push(contact);
  }
  return page;
}

/**
 * POST …/batch/read: what is there, and one error for all that is not. An answer to a secondary e-mail does not say
 * which input it belongs to.
 */
export function batchRead(call: Call): Reply {
  const body = parseBody(call, readBatchBody);
  if (body.kind === 'reply') return body.reply;
  const { properties, propertiesWithHistory } = body.value;
  const limit = propertiesWithHistory.length > 0 ? inputsUpTo(call.settings.maxReadsWithHistory) : undefined;
  const read = readInputs(call, idInput, 200, limit);
  if (read.kind === 'reply') return read.reply;
  const idProperty = idPropertyOf(body.value.idProperty);
  if (!isUniqueProperty(call.store, idProperty)) return notUnique(idProperty);
  const ids = read.inputs.map((input) => normaliseId(idProperty, input.id));
  const refused = refuseDuplicates(call, ids);
  if (refused && call.settings.duplicateIdsOnReadOrArchive === 'refuse') return refused;

  const found = new Map<string, Contact>();
  const missing: string[] = [];
  for (const id of new Set(ids)) {
    const contact = lookUp(call, idProperty, id);
    if (contact) found.set(contact.id, contact);
    else missing.push(id);
  }
  const asked: Asked = { properties, history: propertiesWithHistory, associations: [] };
  const results = [...found.values()].map((contact) => readView(call, contact, asked));
  return batchReply(call, 200, results, missing.length > 0 ? [notFoundEntry(missing)] : []);
}

const wantsArchived = (call: Call): boolean => call.query.get('archived') === 'true';

function lookUp(call: Call, idProperty: string, id: string): Contact | undefined {
  if (!wantsArchived(call)) {
    const found = findContact(call, idProperty, id);
    return found.kind === 'found' ? found.contact : undefined;
  }
  const contact = call.store.get(call.store.resolve(id));
  return idProperty === 'hs_object_id' && contact?.archivedAt !== undefined ? contact : undefined;
}

/** A contact as reads show it. */
export function readView(call: Call, contact: Contact, asked: Asked): Record<string, unknown> {
  const names = asked.properties.length > 0 ? asked.properties : defaultProperties;
  const known = asked.history.filter((name) => call.store.definitions.has(name));
  const associations = associationsView(contact.associations, asked.associations, call.settings);
  return {
    ...contactView(contact, shownProperties(call, [...names, ...known])),
    ...(asked.history.length > 0 && { propertiesWithHistory: historyView(contact, known) }),
    ...(associations && { associations }),
  };
}

/** What a query asks for, or the 400 for an object type that it names and that is none. */
function askedBy({ query }: Call): Asked | Reply {
  const associations = readAskedTypes(listOf(query, 'associations'));
  if ('unknown' in associations) return unknownObjectType(associations.unknown);
  return { properties: listOf(query, 'properties'), history: listOf(query, 'propertiesWithHistory'), associations };
}

/** A list in a query: comma-separated, repeated, or both. */
function listOf(query: URLSearchParams, name: string): string[] {
  return query
    .getAll(name)
    .flatMap((value) => value.split(','))
    .filter((value) => value !== '');
}
