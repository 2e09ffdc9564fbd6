import type { Call } from './call.ts';
import { type Contact, propertiesAsOf } from './contact.ts';
import { contactView, defaultProperties, readProperty } from './contact-view.ts';
import { parseBody, type SearchBody, searchBody } from './parse-body.ts';
import { compareValues, isOperator, matchesFilter } from './search-filter.ts';
import { failure, json, type Reply } from './wire.ts';
import { shownProperties } from './written-view.ts';

const MAX_FILTERS_PER_GROUP = 6;
const MAX_FILTERS = 18;
const MAX_PAGE = 200;
const MAX_RESULTS = 10_000;
const MAX_QUERY = 3_000;

/** What a `query` looks into. */
const searched = ['email', 'firstname', 'lastname', 'phone', 'company'] as const;

/** A contact as the index has it: by its values of some time ago. */
interface Indexed {
  readonly contact: Contact;
  readonly read: (name: string) => string | undefined;
}

/** POST …/search: filters, sorting and paging over an index that is `searchLagMs` behind the writes. */
export function searchContacts(call: Call): Reply {
  const body = parseBody(call, searchBody);
  if (body.kind === 'reply') return body.reply;
  const search = body.value;
  const offset = Number(search.after ?? 0);
  const limit = search.limit ?? 10;
  const fault = faultOf(call, search, offset, limit);
  if (fault !== undefined) return failure(400, { message: fault, category: 'VALIDATION_ERROR' });

  const hits = sortHits(call, search, matchIndex(call, search));
  const page = hits.slice(offset, offset + limit);
  const names = search.properties.length > 0 ? search.properties : defaultProperties;
  const next = offset + limit;
  return json(200, {
    total: hits.length,
    results: page.map(({ contact }) => contactView(contact, shownProperties(call, names))),
    ...(next < hits.length && { paging: { next: { after: String(next) } } }),
  });
}

function faultOf(call: Call, search: SearchBody, offset: number, limit: number): string | undefined {
  const groups = search.filterGroups ?? [];
  const filters = groups.flatMap((group) => group.filters);
  if (limit < 1 || limit > MAX_PAGE) return `limit must be between 1 and ${MAX_PAGE}`;
  if (!Number.isInteger(offset) || offset < 0) return 'after is not a place in the results';
  if (offset + limit > MAX_RESULTS) return `a search shows no more than ${MAX_RESULTS} results`;
  if ((search.query ?? '').length > MAX_QUERY) return `query is longer than ${MAX_QUERY} characters`;
  if (groups.length > call.settings.maxFilterGroups) return `more than ${call.settings.maxFilterGroups} filterGroups`;
  if (groups.some((group) => group.filters.length > MAX_FILTERS_PER_GROUP) || filters.length > MAX_FILTERS) {
    return `more than ${MAX_FILTERS_PER_GROUP} filters in a group, or ${MAX_FILTERS} in all`;
  }
  const unknown = filters.find((filter) => !call.store.definitions.has(filter.propertyName));
  if (unknown) return `There was a problem with the request: unknown property ${unknown.propertyName}`;
  const operator = filters.find((filter) => !isOperator(filter.operator));
  return operator && `There was a problem with the request: unknown operator ${operator.operator}`;
}

function matchIndex(call: Call, search: SearchBody): Indexed[] {
  const horizon = call.now - call.settings.searchLagMs;
  const groups = search.filterGroups ?? [];
  const words = (search.query ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const hits: Indexed[] = [];
  for (const contact of call.store.after('0')) {
    const properties = propertiesAsOf(contact, horizon);
    if (!properties || isGone(contact, horizon)) continue;
    const read = (name: string) => readProperty(contact, name, properties);
    const text = words.length > 0 ? searched.map((name) => read(name) ?? '').join(' ') : '';
    const fits =
      words.every((word) => text.toLowerCase().includes(word)) &&
      (groups.length === 0 ||
        groups.some((group) => group.filters.every((each) => matchesFilter(each, read(each.propertyName)))));
    if (fits) hits.push({ contact, read });
  }
  return hits;
}

const isGone = (contact: Contact, horizon: number): boolean =>
  contact.archivedAt !== undefined && contact.archivedAt <= horizon;

function sortHits(call: Call, search: SearchBody, hits: Indexed[]): Indexed[] {
  const [sort] = search.sorts ?? [];
  if (sort === undefined) return hits;
  const { propertyName, direction } =
    typeof sort === 'string'
      ? { propertyName: sort.replace(/^-/, ''), direction: sort.startsWith('-') ? 'DESCENDING' : 'ASCENDING' }
      : sort;
  const sign = direction === 'DESCENDING' ? -1 : 1;
  const numeric = call.store.definitions.get(propertyName)?.type === 'number';
  const key = ({ read }: Indexed) => read(propertyName) ?? '';
  return hits.sort((a, b) => sign * (numeric ? Number(key(a)) - Number(key(b)) : compareValues(key(a), key(b))));
}
