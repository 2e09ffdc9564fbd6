import { parseContactRoute } from '../accept/contact-route.ts';

/** Dated paths name their version elsewhere; which one does not matter here. */
const DATED = /^\/crm\/objects\/[^/]+\//;

/**
 * Whether a request that reached the forwarder is one of the relay's own contact writes in another spelling: with a slash at the end, two in
 * a row, or letters encoded that need it not. HubSpot may take it for the same; forwarded, it would pass by the queue and its order.
 * `path` is as it reached the relay, `hubspotPath` as HubSpot would get it.
 */
export function isStrayWrite(method: string, path: string, hubspotPath: string): boolean {
  const plain = hubspotPath.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '');
  return isWrite(method, plain) && !isWrite(method, path.replace(/^\/sync(?=\/)/, ''));
}

const isWrite = (method: string, path: string): boolean =>
  parseContactRoute(method, path.replace(DATED, '/crm/v3/objects/')) !== undefined;
