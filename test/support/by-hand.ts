import type { HubSpotCore } from '../../infra/local/hubspot/core/core.ts';

/**
 * What a person does to contacts in HubSpot's own pages: `path` is what follows `/crm/v3/objects/contacts`. Returns the contact's id, empty where
 * HubSpot answers with none; throws when it refuses.
 */
export function byHand(core: HubSpotCore, method: string, path: string, properties?: Record<string, string>): string {
  const headers = { 'content-type': 'application/json' };
  const body = properties === undefined ? '' : JSON.stringify({ properties });
  const answer = core.asPerson({ method, path: `/crm/v3/objects/contacts${path}`, headers, body });
  if (answer.status >= 300) throw new Error(answer.body);
  return answer.body === '' ? '' : JSON.parse(answer.body).id;
}
