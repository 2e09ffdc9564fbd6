import { associationsView } from './associations.ts';
import { batchReply, notFoundEntry, readInputs, refuseDuplicates } from './batch.ts';
import { notUnique } from './batch-update.ts';
import type { Call } from './call.ts';
import type { Contact } from './contact.ts';
import { contactView, defaultProperties, historyView } from './contact-view.ts';
import { findContact, idPropertyOf, isUniqueProperty, normaliseId } from './find-contact.ts';
import { notFound } from './not-found.ts';
import { idInput, parseBody, readBatchBody } from './parse-body.ts';
import { failure, json, type Reply } from './wire.ts';
import { shownProperties } from './written-view.ts';

/** What a read asks for beside the record itself. */
interface Asked {
  readonly properties: readonly string[];
  readonly history: readonly string[];
}

/** GET …/contacts/{id}?idProperty=&properties=&propertiesWithHistory=&associations=&archived=. */
export function readContact(call: Call): Reply {
  const idProperty = idPropertyOf(call.query.get('idProperty'));
  if (!isUniqueProperty(call.store, idProperty)) return notUnique(idProperty);
  const contact = lookUp(call, idProperty, call.target);
  if (!contact) return notFound(call.target);
  const associations = associationsView(contact.associations, listOf(call.query, 'associations'));
  return json(200, { ...readView(call, contact, askedBy(call.query)), ...(associations && { associations }) });
}

/** GET …/contacts?limit=&after=. */
export function listContacts(call: Call): Reply {
  const limit = Number(call.query.get('limit') ?? 10);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    return failure(400, { message: 'limit must be between 1 and 100', category: 'VALIDATION_ERROR' });
  }
  const page: Contact[] = [];
  for (const contact of call.store.after(call.query.get('after') ?? '0')) {
    if ((contact.archivedAt !== undefined) !== wantsArchived(call)) continue;
    page.push(contact);
    if (page.length > limit) break;
  }
  const shown = page.slice(0, limit);
  const after = page.length > limit ? shown.at(-1)?.id : undefined;
  return json(200, {
    results: shown.map((contact) => readView(call, contact, askedBy(call.query))),
    ...(after !== undefined && { paging: { next: { after, link: `${call.base}?limit=${limit}&after=${after}` } } }),
  });
}

/**
 * POST …/batch/read: what is there, and one error for all that is not. An answer to a secondary e-mail does not say
 * which input it belongs to.
 */
export function batchRead(call: Call): Reply {
  const body = parseBody(call, readBatchBody);
  if (body.kind === 'reply') return body.reply;
  const read = readInputs(call, idInput, 200);
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
  const asked = { properties: body.value.properties, history: body.value.propertiesWithHistory };
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

function readView(call: Call, contact: Contact, asked: Asked): Record<string, unknown> {
  const names = asked.properties.length > 0 ? asked.properties : defaultProperties;
  const known = asked.history.filter((name) => call.store.definitions.has(name));
  return {
    ...contactView(contact, shownProperties(call, [...names, ...known])),
    ...(asked.history.length > 0 && { propertiesWithHistory: historyView(contact, known) }),
  };
}

const askedBy = (query: URLSearchParams): Asked => ({
  properties: listOf(query, 'properties'),
  history: listOf(query, 'propertiesWithHistory'),
});

/** A list in a query: comma-separated, repeated, or both. */
function listOf(query: URLSearchParams, name: string): string[] {
  return query
    .getAll(name)
    .flatMap((value) => value.split(','))
    .filter((value) => value !== '');
}
