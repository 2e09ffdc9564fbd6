/** Names of the environment variables that `infra/` gives to functions; only `lib/runtime` reads them. */
export interface RelayEnvironment {
  readonly OPERATIONS_TABLE: string;
  readonly CONTACTS_TABLE: string;
  readonly WRITES_QUEUE_URL: string;
  readonly DEAD_LETTER_QUEUE_URL: string;
  /** Secret: HubSpot's access token, as plain text. */
  readonly HUBSPOT_TOKEN_SECRET: string;
  /** Secret: `{"keys":[{"name":"…","sha256":"<hex>","scopes":["read","write","forward","gdpr-delete"]}]}`; no scopes means the first three. */
  readonly RELAY_KEYS_SECRET: string;
  /** `true` when API Gateway keeps what the authorizer answers. */
  readonly AUTHORIZATIONS_ARE_CACHED: string;
  readonly HUBSPOT_BASE_URL: string;
  /** `v3` or a date version such as `2026-03`. */
  readonly HUBSPOT_API_VERSION: string;
  /** Calls to HubSpot in any rolling 10 s, for the whole relay. */
  readonly HUBSPOT_CALLS_PER_10_SECONDS: string;
  /** How many of them a forwarder may make ahead of a backlog. */
  readonly HUBSPOT_CALLS_RESERVED: string;
  /** What each environment may make by itself while the store of the shared pace is away, in calls per rolling 10 s. */
  readonly HUBSPOT_CALLS_SHARE: string;
  /** Searches in any rolling second, for the whole relay. */
  readonly HUBSPOT_SEARCHES_PER_SECOND: string;
  /** Batch calls on associations in any rolling 10 s, for the whole relay. */
  readonly HUBSPOT_ASSOCIATIONS_PER_10_SECONDS: string;
  /** Consumers and forwarders at a time, as the fixed shares of those calls reckon with them. */
  readonly ASSOCIATION_ENVIRONMENTS: string;
  /** Forwarders at a time, as fixed shares reckon with them. */
  readonly FORWARD_ENVIRONMENTS: string;
  /** Records that a consumer brings to HubSpot in one invocation when all are at work. */
  readonly RECORDS_SHARE: string;
  /** Milliseconds after which a call to HubSpot is given up. */
  readonly HUBSPOT_TIMEOUT_MS: string;
  /** Milliseconds for which HubSpot may still be at work on a call whose answer was lost. */
  readonly HUBSPOT_LONGEST_COMMIT_MS: string;
  /** Comma-separated unique properties, beside `email`, that `idProperty` may name. */
  readonly UNIQUE_PROPERTIES: string;
  /** The unique property that creates write their write id into; empty when the portal has none. */
  readonly WRITE_ID_PROPERTY: string;
  /** `dead-letter` or `repeat`. */
  readonly KEYLESS_CREATES_IN_DOUBT: string;
  /** `refuse`, `drop` or `off`: what becomes of properties that HubSpot would refuse. */
  readonly PROPERTY_CHECKS: string;
  /** Minutes for which the portal's definitions count as fresh. */
  readonly DEFINITIONS_FRESH_MINUTES: string;
  /** `forward`, `allow-backward` or `ignore`: what becomes of lifecycle stages. */
  readonly LIFECYCLE_POLICY: string;
  /** `on` or `off`: whether people may be deleted for good. */
  readonly GDPR_DELETE: string;
  readonly OPERATION_TTL_DAYS: string;
  readonly LOG_LEVEL: string;
}

/** Reads one variable; a missing one is a fault of the deployment and is named. */
export function requireVariable(name: keyof RelayEnvironment, environment = process.env): string {
  const value = environment[name];
  if (value === undefined || value === '') throw new Error(`environment variable ${name} is not set`);
  return value;
}

/** Reads one variable that may be missing or empty. */
export const readVariable = (name: keyof RelayEnvironment, environment = process.env): string | undefined =>
  environment[name] || undefined;

/** Reads one variable that is a positive whole number. */
export function requireNumber(name: keyof RelayEnvironment, environment = process.env): number {
  const value = Number(requireVariable(name, environment));
  if (!Number.isFinite(value) || value <= 0) throw new Error(`environment variable ${name} is not a positive number`);
  return value;
}

/** Reads a comma-separated list; unset means none. */
export function readList(name: keyof RelayEnvironment, environment = process.env): readonly string[] {
  return (environment[name] ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
