import type { RelayEnvironment } from '../../lib/runtime/config.ts';
import type { RelaySettings } from '../settings.ts';
import type { RelaySecrets } from './relay-secrets.ts';

/** What a function is given that calls HubSpot. */
export type HubSpotEnvironment = Omit<
  Pick<RelayEnvironment, Extract<keyof RelayEnvironment, `HUBSPOT_${string}`>>,
  | 'HUBSPOT_LONGEST_COMMIT_MS'
  | 'HUBSPOT_CALLS_RESERVED'
  | 'HUBSPOT_SEARCHES_PER_SECOND'
  | 'HUBSPOT_ASSOCIATIONS_PER_10_SECONDS'
>;

/** The variables of a function that calls HubSpot: where, how often (calls per rolling 10 s, per environment), how patiently. */
export function hubspotEnvironment(
  settings: RelaySettings,
  secrets: RelaySecrets,
  limits: { readonly callsShare: number; readonly timeoutMs: number },
): HubSpotEnvironment {
  return {
    HUBSPOT_TOKEN_SECRET: secrets.hubspotToken.secretArn,
    HUBSPOT_BASE_URL: settings.hubspotBaseUrl,
    HUBSPOT_API_VERSION: settings.hubspotApiVersion,
    HUBSPOT_CALLS_PER_10_SECONDS: String(settings.hubspotCallsPer10Seconds),
    HUBSPOT_CALLS_SHARE: String(limits.callsShare),
    HUBSPOT_TIMEOUT_MS: String(limits.timeoutMs),
  };
}
