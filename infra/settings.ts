import { z } from 'zod';
import { API_VERSIONS } from '../lib/hubspot/api-version.ts';
import { checkSettings } from './check-settings.ts';

/** Settings that cannot be deployed. The message is one sentence for a person: what was wrong, and what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** A whole number in a range, as it comes from a command line. */
const whole = (least: number, most: number, fallback: number) => {
  const wanted = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, wanted)
    .transform(Number)
    .refine((value) => value >= least && value <= most, wanted)
    .default(fallback);
};

/** A fraction, 0 and 1 excluded. */
const fraction = (fallback: number) => {
  const wanted = 'must be a number between 0 and 1, such as 0.1';
  return z
    .string()
    .regex(/^0?\.\d{1,6}$/, wanted)
    .transform(Number)
    .refine((value) => value > 0, wanted)
    .default(fallback);
};

/** One of a few numbers. */
const oneOf = (values: readonly number[], fallback: number) =>
  z
    .string()
    .transform(Number)
    .refine((value) => values.includes(value), `must be one of ${values.join(', ')}`)
    .default(fallback);

/** Text of a given form; `wanted` completes the sentence "it must be …". */
const text = (form: RegExp, wanted: string, fallback: string) =>
  z.string().regex(form, `must be ${wanted}`).default(fallback);

/** The retention times that CloudWatch Logs knows, in days (Logs API, PutRetentionPolicy). */
const LOG_RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 3653];

/** API Gateway gives an integration of an HTTP API 30 s at most, CDK 29: no function behind it may take longer. */
const HTTP_FUNCTION_MOST_SECONDS = 29;
/** SQS keeps no message longer (SQS guide, quotas). */
const RETENTION_MOST_DAYS = 14;

const settingsSchema = z.strictObject({
  /** The CloudFormation stack; its name begins the queues' names, so that two relays can live in one account. */
  stackName: text(/^[A-Za-z][A-Za-z0-9-]{0,60}$/, 'letters, digits and hyphens, a letter first', 'HubSpotRelay'),

  /** Seconds that one invocation of the consumer may take: it works off its batch and, when HubSpot is down, holds it (delivery.md, rule 25). */
  deliverTimeoutSeconds: whole(11, 900, 60),
  /** MB of the consumer, far more than it needs: Lambda gives a whole vCPU at 1,769 MB, and a record takes about 1 ms of it. */
  deliverMemoryMb: whole(256, 10_240, 1769),
  /** Seconds of the functions that take writes: a caller may wait 25 s (`Prefer: wait`), and the rest is for storing and sending. */
  acceptTimeoutSeconds: whole(5, HTTP_FUNCTION_MOST_SECONDS, 29),
  /** MB of the functions that take writes. */
  acceptMemoryMb: whole(128, 10_240, 512),
  /** Seconds of the function that reads operations: one query, with the SDK's retries. */
  readTimeoutSeconds: whole(3, HTTP_FUNCTION_MOST_SECONDS, 10),
  /** MB of the function that reads operations. */
  readMemoryMb: whole(128, 10_240, 512),
  /** Seconds of the function that forwards other requests: waiting for a slot of the pace, then HubSpot's own time. */
  forwardTimeoutSeconds: whole(5, HTTP_FUNCTION_MOST_SECONDS, 29),
  /** MB of the function that forwards other requests. */
  forwardMemoryMb: whole(128, 10_240, 512),
  /** Seconds of the authorizer: API Gateway waits 10 s for one, callers should not. A Secrets Manager that hangs takes 3.1 s of them at most. */
  authorizeTimeoutSeconds: whole(1, 10, 5),
  /** MB of the authorizer: a hash and a comparison. */
  authorizeMemoryMb: whole(128, 10_240, 256),
  /** Seconds for which API Gateway may reuse an authorizer's answer. 0 asks every time, and lets a request without a key be refused in HubSpot's error shape. */
  authorizerCacheSeconds: whole(0, 3600, 0),

  /** Seconds that SQS gathers messages for one invocation: the price of full calls, paid by every write as latency. */
  batchWindowSeconds: whole(0, 300, 1),
  /** Messages to an invocation: at one write each, ten full calls of 100 (Lambda takes up to 10,000). */
  batchSize: whole(1, 10_000, 1000),
  /** Consumers of the writes queue at a time: HubSpot takes 1,900 records/s in full calls, a vCPU brings about 900. Lambda knows no 1 (Lambda guide, MaximumConcurrency 2-1000). */
  writesMaxConcurrency: whole(2, 1000, 3),
  /** Consumers of the isolation queue at a time. */
  isolationMaxConcurrency: whole(2, 1000, 2),
  /** Seconds that a received message is invisible: 6 x 60 s + 1 s, what the Lambda guide asks for (6 x function timeout + window). */
  visibilityTimeoutSeconds: whole(1, 43_200, 361),
  /** Receives on the writes queue before a message is taken aside: the second one tells a crash from a coincidence (delivery.md, rule 25). */
  writesMaxReceiveCount: whole(1, 1000, 2),
  /** Receives of a message alone before it is a dead letter: it crashed its consumer with nobody else there to blame. Nobody says whether SQS counts those on the writes queue along: 3 are left if so. */
  isolationMaxReceiveCount: whole(1, 1000, 5),
  /** Days that the writes queue keeps a message; an outage of HubSpot may last as long. */
  writesRetentionDays: whole(1, RETENTION_MOST_DAYS, 14),
  /** Days that the isolation queue keeps a message, counted from its first sending: a native move keeps the old time. */
  isolationRetentionDays: whole(1, RETENTION_MOST_DAYS, 14),
  /** Days that a dead letter is kept, counted likewise. */
  deadLetterRetentionDays: whole(1, RETENTION_MOST_DAYS, 14),

  /** Days that operations and idempotency keys are kept: longer than a message can live (14 queued + 14 as a dead letter = 28). */
  operationTtlDays: whole(1, 3650, 30),
  /** Days that log lines are kept. */
  logRetentionDays: oneOf(LOG_RETENTION_DAYS, 30),
  /** The least severe log lines that are written. */
  logLevel: text(/^(DEBUG|INFO|WARN|ERROR)$/, 'DEBUG, INFO, WARN or ERROR', 'INFO'),

  /** Where HubSpot is. Plain http is for a simulator on this machine only: a token goes there. */
  hubspotBaseUrl: text(
    /^(https:\/\/[^\s/?#@]+|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?)$/,
    'an https address without a path (http only on 127.0.0.1)',
    'https://api.hubapi.com',
  ),
  /** The version of HubSpot's API that the relay speaks in calls of its own (deliveries, property definitions); callers may use any of them. From 2026-09 on HubSpot enforces the account's validation rules on writes. */
  hubspotApiVersion: z.enum(API_VERSIONS, `must be one of ${API_VERSIONS.join(', ')}`).default('v3'),
  /** Calls that HubSpot takes from this app in any rolling 10 s: 100 (Free, Starter), 190 (Professional, Enterprise), 250 (with the API limit increase). Less leaves room for other users of the token. */
  hubspotCallsPer10Seconds: whole(10, 10_000, 190),
  /** Searches that HubSpot takes from the account in any rolling second, counted apart from all other calls (search guide: 5). Less leaves room for the account's other apps. */
  hubspotSearchesPerSecond: whole(1, 100, 5),
  /** Batch calls on associations, the relay's own and forwarded ones, in any rolling 10 s, which HubSpot counts apart from all other calls too: 100 (Free, Starter), 150 (Professional, Enterprise), 200 (with the API limit increase). */
  associationsPer10Seconds: whole(1, 10_000, 100),
  /** Part of `hubspotCallsPer10Seconds` that is set aside for forwarded requests, so that a backlog of writes does not starve readers. */
  forwardShare: fraction(0.1),
  /** Forwarding functions at a time that the fixed shares reckon with, by which each environment paces itself while the store of the shared pace is away. */
  forwardMaxEnvironments: whole(1, 100, 2),
  /** Milliseconds after which the consumer gives up a call to HubSpot. */
  hubspotTimeoutMs: whole(100, 890_000, 30_000),
  /** Seconds for which HubSpot may still be at work on a call whose answer was lost: it gives up after 100 s with status 524 (error handling guide), and a margin. The contact rests that long after the invocation's deadline. */
  hubspotLongestCommitSeconds: whole(1, 900, 120),
  /** Milliseconds after which a forwarded request is given up: the 29 s of an HTTP API less 9 s of waiting for a slot. */
  forwardHubspotTimeoutMs: whole(100, 28_000, 20_000),
  /** Comma-separated unique properties of the portal, beside `email`, that `idProperty` may name. */
  uniqueProperties: text(/^([a-z0-9_]{1,100}(,[a-z0-9_]{1,100})*)?$/, "HubSpot's internal names, comma-separated", ''),
  /** A unique property of the portal that is the relay's alone, such as `relay_write_id` (`npm run hubspot:provision` makes it). Each create writes its own id into it, so that HubSpot refuses to carry one out twice. Empty: no such property. */
  writeIdProperty: text(/^([a-z][a-z0-9_]{0,99})?$/, "a property's internal name, such as relay_write_id", ''),
  /** What becomes of a create without an e-mail whose answer was lost, where there is no `writeIdProperty`: `dead-letter` leaves it to a person, `repeat` may make two contacts of it. */
  keylessCreatesInDoubt: text(/^(dead-letter|repeat)$/, 'dead-letter or repeat', 'dead-letter'),

  /** Whether people may be deleted for good (`/gdpr-delete`), which nobody can undo, HubSpot included. Relay keys need the scope `gdpr-delete` for it. */
  gdprDelete: text(/^(on|off)$/, 'on or off', 'off'),

  /** What becomes of a property that the portal does not have, or of a value that does not fit it: `refuse` the request, `drop` the property and warn, or `off`, leave it to HubSpot. A request may say otherwise (`Prefer: handling=strict`, `handling=lenient`). */
  propertyChecks: text(/^(refuse|drop|off)$/, 'refuse, drop or off', 'refuse'),
  /** What becomes of a lifecycle stage that lies before the contact's own, which HubSpot does not take: `forward` leaves it at that and says so in the outcome, `allow-backward` clears the stage and sets it, two more calls; `ignore` takes no stage from anybody. A request may say otherwise (`Prefer: lifecycle=…`). */
  lifecyclePolicy: text(/^(forward|allow-backward|ignore)$/, 'forward, allow-backward or ignore', 'forward'),
  /** Minutes for which the portal's property definitions count as fresh: only then a name or option that they do not hold is refused. They are read again a minute earlier, three calls each time; longer means that new properties are refused for longer. */
  definitionsFreshMinutes: whole(2, 1440, 5),
  /** Milliseconds after which a reading of the definitions is given up: three lists at a time, of up to a thousand properties. */
  refreshHubspotTimeoutMs: whole(100, 890_000, 10_000),
  /** Seconds of the function that reads them: HubSpot's 10 s, 5 s of waiting for a slot, and the store. */
  refreshTimeoutSeconds: whole(11, 50, 25),
  /** MB of that function. */
  refreshMemoryMb: whole(128, 10_240, 256),

  /** Requests a second that the front door takes in the long run: a Lambda account's usual 1,000 environments at a fraction of a second each. */
  throttleRatePerSecond: whole(1, 10_000, 1000),
  /** Requests that may come at once. */
  throttleBurst: whole(1, 5000, 2000),

  /** Seconds that the oldest queued message may be old before an alarm: a deferred write is a new message within 900 s, so twice that means that nobody consumes. */
  oldestMessageAlarmSeconds: whole(60, 1_209_600, 1800),
  /** SNS topic that hears of alarms; empty means that they are only shown. */
  alarmTopicArn: text(/^(arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w-]+)?$/, 'the ARN of an SNS topic', ''),
});

/** Every number of the deployment; change one with `-c name=value` (cdk) or `--set name=value` (local runner). */
export type RelaySettings = Readonly<z.output<typeof settingsSchema>>;

/** Messages to an invocation of the isolation queue's consumer. No setting: a message that kills must be alone. */
export const ISOLATION_BATCH_SIZE = 1;

/** The names that `parseSettings` knows. */
export const settingNames: readonly string[] = Object.keys(settingsSchema.shape);

/** What is deployed when nothing is said. */
export const defaultSettings: RelaySettings = settingsSchema.parse({});

/**
 * Settings with some values changed, e.g. `parseSettings({ batchSize: '500' })`.
 *
 * @throws SettingsError when a name is unknown, a value is not of its kind, or the values contradict each other.
 */
export function parseSettings(overrides: Readonly<Record<string, string>>): RelaySettings {
  const parsed = settingsSchema.safeParse(overrides);
  if (!parsed.success)
    throw new SettingsError(parsed.error.issues.map((issue) => explain(issue, overrides)).join('; '));
  const faults = checkSettings(parsed.data);
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return parsed.data;
}

function explain(issue: z.core.$ZodIssue, overrides: Readonly<Record<string, string>>): string {
  if (issue.code === 'unrecognized_keys') {
    return `there is no setting ${issue.keys.join(', ')}: the settings are ${settingNames.join(', ')}`;
  }
  const name = issue.path.join('.');
  return `setting ${name} ${issue.message}, not "${overrides[name] ?? ''}"`;
}
