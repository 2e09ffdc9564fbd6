/*
 * Two items in the table of contacts, beside its contacts (`key#…`, `id#…`) and the pace (`pace#…`): one HubSpot account a relay.
 */

/** The definitions themselves: read by every function of the front door once a minute, so that it is read and not written. */
export const DEFINITIONS_KEY = 'portal#definitions';
/** Who refreshes them, when they were refreshed, and whether somebody wishes for it: small, since it is written every minute. */
export const REFRESH_KEY = 'portal#refresh';
