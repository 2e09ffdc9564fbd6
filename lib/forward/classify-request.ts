import type { Scope } from '../accept/scope.ts';
import type { Lane } from '../pace/lane.ts';

/** What kind of request HubSpot is asked. */
export interface RequestKind {
  /** It changes nothing: it may be made again, and needs no right to write. */
  readonly isRead: boolean;
  /** Which of HubSpot's limits it counts towards. */
  readonly lane: Lane;
}

const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** `/crm/v3/objects/{type}/search` and `/crm/objects/{YYYY-MM}/{type}/search`. */
const SEARCH = /^\/crm\/(?:v\d+\/objects|objects\/[^/]+)\/[^/]+\/search\/?$/;
/**
 * Of objects and properties, `/crm/v3/{area}/{type}/batch/read` and `/crm/{area}/{version}/{type}/batch/read`; of associations, with
 * two types. A wider form would let through as a read what HubSpot takes for something else.
 */
const BATCH_READ =
  /^\/crm\/(?:v\d+\/(?:objects|properties)|(?:objects|properties)\/\d{4}-\d{2}[^/]*|v\d+\/associations\/[^/]+|associations\/\d{4}-\d{2}[^/]*\/[^/]+)\/[^/]+\/batch\/read\/?$/;
/** `/crm/v4/associations/{from}/{to}/batch/…` and its dated form; single associations count like other calls. */
const ASSOCIATION_BATCH = /^\/crm\/(?:v\d+\/associations|associations\/[^/]+)\/[^/]+\/[^/]+\/batch\//;

/** Reads a request off its method and HubSpot's path; what is not surely a read counts as a change. */
export function classifyRequest(method: string, path: string): RequestKind {
  const isSearch = method === 'POST' && SEARCH.test(path);
  const isRead = READING_METHODS.has(method) || isSearch || (method === 'POST' && BATCH_READ.test(path));
  if (isSearch) return { isRead, lane: 'search' };
  return { isRead, lane: ASSOCIATION_BATCH.test(path) ? 'associations' : 'main' };
}

/** The scope that a relay key needs for such a request. */
export const scopeOf = ({ isRead }: RequestKind): Scope => (isRead ? 'read' : 'forward');
