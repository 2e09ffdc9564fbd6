import type { RelayEnvironment } from '../../lib/runtime/config.ts';
import type { RelaySettings } from '../settings.ts';
import type { RelaySecrets } from './relay-secrets.ts';

/** What a function is given that calls HubSpot. */
export type HubSpotAccess = Omit<
  Pick<RelayEnvironment, Extract<keyof RelayEnvironment, `HUBSPOT_${string}`>>,
  | 'HUBSPOT_API_VERSION'
  | 'HUBSPOT_LONGEST_COMMIT_MS'
  | 'HUBSPOT_CALLS_RESERVED'
  | 'HUBSPOT_SEARCHES_PER_SECOND'
  | 'HUBSPOT_ASSOCIATIONS_PER_10_SECONDS'
  | 'HUBSPOT_CALLS_SHARE'
>;

/** What a function is given that calls HubSpot also while the store of the shared pace is away. */
export type HubSpotEnvironment = HubSpotAccess & Pick<RelayEnvironment, 'HUBSPOT_CALLS_SHARE'>;

/** The variables of a function that calls HubSpot: where, how often (calls per rolling 10 s, per environment), how patiently. */
export function hubspotEnvironment(
  settings: RelaySettings,
  secrets: RelaySecrets,
  limits: { readonly callsShare: number; readonly timeoutMs: number },
): HubSpotEnvironment {
  return {
    ...hubspotAccess(settings, secrets, limits.timeoutMs),
    HUBSPOT_CALLS_SHARE: String(limits.callsShare),
  };
}

/** The same for a function that has no share of its own. */
export function hubspotAccess(settings: RelaySettings, secrets: RelaySecrets, timeoutMs: number): HubSpotAccess {
  return {
    HUBSPOT_TOKEN_SECRET: secrets.hubspotToken.secretArn,
    HUBSPOT_BASE_URL: settings.hubspotBaseUrl,
    HUBSPOT_CALLS_PER_10_SECONDS: String(settings.hubspotCallsPer10Seconds),
    HUBSPOT_TIMEOUT_MS: String(timeoutMs),
  };
}
