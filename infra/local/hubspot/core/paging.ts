import type { Call } from './call.ts';

/** Links in answers name HubSpot's own host, wherever the answer comes from. */
export const HUBSPOT_URL = 'https://api.hubapi.com';

/** `paging` of a GET: the same query again, from a place further on. */
export function nextPage(call: Call, after: string): object {
  const query = new URLSearchParams(call.query);
  query.set('after', after);
  return { next: { after, link: `${HUBSPOT_URL}${call.pathname}?${query}` } };
}
