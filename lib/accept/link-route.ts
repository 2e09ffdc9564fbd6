import { API_VERSIONS, parseApiVersion } from '../hubspot/api-version.ts';
import type { ContactRoute } from './contact-route.ts';

/** What the path of a single association says, percent-decoded and not checked yet. */
export interface LinkRoute {
  /**
   * `typed`: one type, in the path (v3). `labelled`: the types are in the body (v4). `default`: without a label. `all`: whatever the
   * two have in common.
   */
  readonly form: 'typed' | 'labelled' | 'default' | 'all';
  readonly toType: string;
  readonly toId: string;
  /** Of `typed`. */
  readonly typeId?: string;
}

const DATES = API_VERSIONS.filter((version) => version !== 'v3').join('|');
const PATH = new RegExp(
  `^(/sync)?/crm/(?:(v3|v4)/objects|objects/(${DATES}))/(?:contacts|contact|0-1)/([^/]+)/associations/([^/]+)/([^/]+)(?:/([^/]+))?$`,
);

const VERBS = new Map([
  ['PUT', 'associate'],
  ['DELETE', 'dissociate'],
] as const);

/** Reads method and path of a request about one association of a contact; undefined when HubSpot has no such route. */
export function parseLinkRoute(method: string, path: string, pathId?: string): ContactRoute | undefined {
  const verb = method === 'PUT' || method === 'DELETE' ? VERBS.get(method) : undefined;
  const match = PATH.exec(path);
  if (verb === undefined || match === null) return undefined;
  const [, sync, version, date = 'v3', id = '', ...segments] = match;
  const spoken = parseApiVersion(date);
  const link = readLink(verb, version, segments.map(decodePathSegment));
  if (link === undefined || spoken === undefined) return undefined;
  const inPath = { sync: sync !== undefined, path: path.slice(sync?.length ?? 0), id: pathId ?? decodePathSegment(id) };
  return { ...inPath, version: spoken, verb, shape: 'single', link };
}

/** Paths of v3 and of v4 differ; a dated one may be either. */
function readLink(
  verb: 'associate' | 'dissociate',
  version: string | undefined,
  [first = '', second = '', third = '']: readonly string[],
): LinkRoute | undefined {
  if (third === '') {
    if (version === 'v3') return undefined;
    return { form: verb === 'associate' ? 'labelled' : 'all', toType: first, toId: second };
  }
  if (first === 'default' && version !== 'v3')
    return verb === 'associate' ? { form: 'default', toType: second, toId: third } : undefined;
  return version === 'v4' ? undefined : { form: 'typed', toType: first, toId: second, typeId: third };
}

/** Decoding what is no encoding leaves it as it is. */
export function decodePathSegment(segment = ''): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
