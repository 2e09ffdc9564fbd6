/** HubSpot's path for one of the relay's, or why there is none. */
export type HubSpotPath =
  | { readonly kind: 'path'; readonly path: string }
  /** It would leave `/crm/`: the relay's token opens more of HubSpot than its callers are to reach. */
  | { readonly kind: 'bad-path' }
  /** A date version that cannot be, such as 2026-13. */
  | { readonly kind: 'bad-version' };

/** Dated paths are `/crm/{area}/{YYYY-MM}/…`, also with a suffix such as `-beta` (versioning guide). */
const DATED = /^\d{4}-\d/;
const DATE_VERSION = /^\d{4}-(0[1-9]|1[0-2])(-|$)/;

/** Takes `/sync` away and encodes each segment anew. */
export function hubspotPath(path: string): HubSpotPath {
  const segments = path
    .replace(/^\/sync(?=\/)/, '')
    .split('/')
    .map(decodeSegment);
  if (segments[0] !== '' || segments[1] !== 'crm') return { kind: 'bad-path' };
  if (segments.some((segment) => segment === undefined || segment === '.' || segment === '..')) {
    return { kind: 'bad-path' };
  }
  const version = segments[3] ?? '';
  if (DATED.test(version) && !DATE_VERSION.test(version)) return { kind: 'bad-version' };
  return { kind: 'path', path: segments.map((segment) => encodeURIComponent(segment ?? '')).join('/') };
}

/** HTTP APIs hand paths on decoded, other front ends do not: both come out the same. */
function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
