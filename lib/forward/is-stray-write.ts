import { parseContactRoute } from '../accept/contact-route.ts';

/** Dated paths name their version elsewhere; which one does not matter here. Those of associations may have the form of v3 or of v4. */
const DATED = /^\/crm\/objects\/[^/]+\//;
const FORMS = ['/crm/v3/objects/', '/crm/v4/objects/'] as const;

/**
 * Whether HubSpot may take a request that reached the forwarder for one of the relay's own contact writes: spelled as it is, those never come
 * here, but the gateway takes for another path what has a slash at the end, two in a row, or letters or slashes encoded that need it not.
 * Forwarded, it would pass by the queue and its order. `hubspotPath` is as HubSpot would get it.
 */
export function isStrayWrite(method: string, hubspotPath: string): boolean {
  // An encoded slash may part segments, or be part of an id.
  return [hubspotPath, decodeURIComponent(hubspotPath)].some((path) =>
    isWrite(method, path.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '')),
  );
}

const isWrite = (method: string, path: string): boolean =>
  FORMS.some((form) => parseContactRoute(method, path.replace(DATED, form)) !== undefined);
