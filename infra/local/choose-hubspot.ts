import { simulatorToken } from './run-relay.ts';

const realHubSpot = 'https://api.hubapi.com';

/**
 * Decides which HubSpot the relay speaks to: the address in HUBSPOT_BASE_URL (or in the setting `hubspotBaseUrl`), or with a
 * token alone the real one. `undefined` is the simulator.
 */
export function chooseHubSpot(
  environment: Readonly<Record<string, string | undefined>>,
  settings: Readonly<Record<string, string>>,
): { readonly baseUrl: string; readonly token: string } | undefined {
  const token = environment['HUBSPOT_ACCESS_TOKEN'] || undefined;
  const address = environment['HUBSPOT_BASE_URL'] || settings['hubspotBaseUrl'];
  const baseUrl = address ?? (token === undefined ? undefined : realHubSpot);
  if (baseUrl === undefined) return undefined;
  return { baseUrl: baseUrl.replace(/\/+$/, ''), token: token ?? simulatorToken };
}
