import { API_VERSIONS, type ApiVersion, parseApiVersion } from '../hubspot/api-version.ts';
import type { Verb } from '../operations/contact-write.ts';
import { decodePathSegment, type LinkRoute, parseLinkRoute } from './link-route.ts';

/** What a path and method ask for. */
export interface ContactRoute {
  readonly verb: Verb;
  readonly shape: 'single' | 'batch';
  /** The version that the caller speaks: an answer of HubSpot's is given back in its shape, whatever the relay speaks itself. */
  readonly version: ApiVersion;
  /** The path began with `/sync`: the caller waits for HubSpot's own answer. */
  readonly sync: boolean;
  /** The path without `/sync`: what an idempotency key is scoped to. */
  readonly path: string;
  /** The contact's id in the path of a single write, decoded. */
  readonly id?: string;
  /** The rest of the path of an associate or dissociate. */
  readonly link?: LinkRoute;
}

const DATES = API_VERSIONS.filter((version) => version !== 'v3').join('|');
const PATH = new RegExp(`^(/sync)?/crm/(?:v3/objects|objects/(${DATES}))/contacts(?:/(.+))?$`, 's');
const BATCH = /^batch\/(create|update|upsert|archive)$/;
const DATED = /^(?:\/sync)?\/crm\/objects\/([^/]+)\/contacts(?:\/|$)/;

const VERBS_BY_NAME: Readonly<Record<string, Verb>> = {
  create: 'create',
  update: 'update',
  upsert: 'upsert',
  archive: 'archive',
};

/** What a method does to one contact. */
const VERBS_BY_METHOD: Readonly<Record<string, Verb>> = { PATCH: 'update', DELETE: 'archive' };

/**
 * Reads method and path of a request; undefined when it is none of the write routes, or of a version that the relay does not know.
 *
 * `pathId` is the route's `{id}` as the gateway tells it, decoded once ("API Gateway decodes URL-encoded request parameters", HTTP API
 * routes). Of the path nobody says whether it comes decoded: an id read off it may be decoded twice, and one with a slash be none.
 */
export function parseContactRoute(method: string, path: string, pathId?: string): ContactRoute | undefined {
  const match = PATH.exec(path);
  const link = parseLinkRoute(method, path, pathId);
  if (link !== undefined || match === null) return link;
  const [, sync, date = 'v3', rest] = match;
  const version = parseApiVersion(date);
  if (version === undefined) return undefined;
  const common = { sync: sync !== undefined, version, path: path.slice(sync?.length ?? 0) };
  if (rest === undefined) return method === 'POST' ? { ...common, verb: 'create', shape: 'single' } : undefined;
  if (rest === 'gdpr-delete' && method === 'POST') return { ...common, verb: 'gdpr-delete', shape: 'single' };
  const id = idOf(rest, pathId);
  if (id !== undefined) {
    const verb = VERBS_BY_METHOD[method];
    return verb === undefined ? undefined : { ...common, verb, shape: 'single', id };
  }
  const verb = VERBS_BY_NAME[BATCH.exec(rest)?.[1] ?? ''];
  return method === 'POST' && verb !== undefined ? { ...common, verb, shape: 'batch' } : undefined;
}

/** The id that the rest of a path is, whole; the gateway's word on it where that is about the same. */
function idOf(rest: string, pathId: string | undefined): string | undefined {
  const decoded = decodePathSegment(rest);
  if (pathId !== undefined && (rest === pathId || decoded === pathId)) return pathId;
  return rest.includes('/') ? undefined : decoded;
}

/** Whether a path of contacts names a version that the relay does not know. */
export function isOfUnknownVersion(path: string): boolean {
  const date = DATED.exec(path)?.[1];
  return date !== undefined && parseApiVersion(date) === undefined;
}
