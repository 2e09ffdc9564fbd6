import type { HubSpotCore } from '../../infra/local/hubspot/core/core.ts';
import type { HubSpotClient } from '../../lib/hubspot/hubspot-answer.ts';

/** The simulator's rules as a HubSpot client, without a network between: no fault strikes, nothing takes time. */
export const coreHubSpotClient = (core: HubSpotCore): HubSpotClient => ({
  async call({ method, path, body }) {
    const headers = { authorization: `Bearer ${core.settings().token}`, 'content-type': 'application/json' };
    const answer = core.handle({ method, path, headers, body: body === undefined ? '' : JSON.stringify(body) });
    return {
      kind: 'answered',
      status: answer.status,
      body: answer.body === '' ? undefined : JSON.parse(answer.body),
    };
  },
});
