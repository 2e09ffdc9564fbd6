import { classifyRequest } from './classify-request.ts';

/**
 * Whether HubSpot may take a request for a GDPR delete, whatever it calls the object and the version: any segment of that name counts, in
 * any case of letters, with blanks around it or behind an encoded slash. What is refused needlessly can be done in HubSpot; what is let
 * through cannot be undone.
 */
export const isGdprDelete = (method: string, hubspotPath: string): boolean =>
  !classifyRequest(method, hubspotPath).isRead &&
  /(^|\/)\s*gdpr-delete\s*(\/|;|$)/i.test(decodeURIComponent(hubspotPath));
