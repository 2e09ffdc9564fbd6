import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readContextOverrides } from '../../infra/read-context-overrides.ts';
import { defaultSettings, parseSettings, SettingsError, settingNames } from '../../infra/settings.ts';
import { shareCalls } from '../../infra/share-calls.ts';

/** The sentences of a refusal. */
function refusalOf(overrides: Record<string, string>): string {
  try {
    parseSettings(overrides);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('settings', () => {
  test('are the defaults when nothing is said', () => {
    expect(parseSettings({})).toEqual(defaultSettings);
  });

  test('are changed one by one', () => {
    expect(parseSettings({ batchSize: '500', forwardShare: '.25', uniqueProperties: 'erp_id,crm_id' })).toEqual({
      ...defaultSettings,
      batchSize: 500,
      forwardShare: 0.25,
      uniqueProperties: 'erp_id,crm_id',
    });
  });

  test('of an unknown name are refused with the names that exist', () => {
    expect(refusalOf({ batchSizes: '500' })).toBe(
      `there is no setting batchSizes: the settings are ${settingNames.join(', ')}`,
    );
  });

  test.each([
    [{ batchSize: '10001' }, 'setting batchSize must be a whole number from 1 to 10000, not "10001"'],
    [
      { writeIdProperty: 'Relay Id' },
      'setting writeIdProperty must be a property\'s internal name, such as relay_write_id, not "Relay Id"',
    ],
    [{ writeIdProperty: 'email' }, "setting writeIdProperty must be a property of the relay's own, not email"],
    [
      { writeIdProperty: 'erp_id', uniqueProperties: 'crm_id,erp_id' },
      "setting writeIdProperty must be a property of the relay's own, not erp_id",
    ],
    [{ keylessCreatesInDoubt: 'guess' }, 'setting keylessCreatesInDoubt must be dead-letter or repeat, not "guess"'],
    [
      { lifecyclePolicy: 'backward' },
      'setting lifecyclePolicy must be forward, allow-backward or ignore, not "backward"',
    ],
    [{ propertyChecks: 'warn' }, 'setting propertyChecks must be refuse, drop or off, not "warn"'],
    [
      { definitionsFreshMinutes: '1' },
      'setting definitionsFreshMinutes must be a whole number from 2 to 1440, not "1"',
    ],
    [{ batchSize: 'many' }, 'setting batchSize must be a whole number from 1 to 10000, not "many"'],
    [{ batchSize: '' }, 'setting batchSize must be a whole number from 1 to 10000, not ""'],
    [{ batchSize: '1e3' }, 'setting batchSize must be a whole number from 1 to 10000, not "1e3"'],
    [{ writesMaxConcurrency: '1' }, 'setting writesMaxConcurrency must be a whole number from 2 to 1000, not "1"'],
    [
      { isolationMaxConcurrency: '1' },
      'setting isolationMaxConcurrency must be a whole number from 2 to 1000, not "1"',
    ],
    [
      { authorizerCacheSeconds: '3601' },
      'setting authorizerCacheSeconds must be a whole number from 0 to 3600, not "3601"',
    ],
    [{ writesRetentionDays: '15' }, 'setting writesRetentionDays must be a whole number from 1 to 14, not "15"'],
    [{ acceptTimeoutSeconds: '30' }, 'setting acceptTimeoutSeconds must be a whole number from 5 to 29, not "30"'],
    [{ forwardShare: '1' }, 'setting forwardShare must be a number between 0 and 1, such as 0.1, not "1"'],
    [{ hubspotApiVersion: 'v4' }, 'setting hubspotApiVersion must be one of v3, 2025-09, 2026-03, 2026-09, not "v4"'],
    [
      { hubspotApiVersion: '2026-04' },
      'setting hubspotApiVersion must be one of v3, 2025-09, 2026-03, 2026-09, not "2026-04"',
    ],
    [{ logLevel: 'loud' }, 'setting logLevel must be DEBUG, INFO, WARN or ERROR, not "loud"'],
    [
      { uniqueProperties: 'ERP id' },
      `setting uniqueProperties must be HubSpot's internal names, comma-separated, not "ERP id"`,
    ],
    [{ alarmTopicArn: 'mine' }, 'setting alarmTopicArn must be the ARN of an SNS topic, not "mine"'],
    [
      { hubspotBaseUrl: 'http://hubspot.example.com' },
      'setting hubspotBaseUrl must be an https address without a path (http only on 127.0.0.1), not "http://hubspot.example.com"',
    ],
    [
      { logRetentionDays: '31' },
      'setting logRetentionDays must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 3653, not "31"',
    ],
  ])('of a wrong kind are refused: %p', (overrides, sentence) => {
    expect(refusalOf(overrides)).toBe(sentence);
  });

  test.each([
    [
      { deliverTimeoutSeconds: '61' },
      'setting visibilityTimeoutSeconds must be at least 367 (6 x deliverTimeoutSeconds + batchWindowSeconds), not 361',
    ],
    [
      { batchWindowSeconds: '2' },
      'setting visibilityTimeoutSeconds must be at least 362 (6 x deliverTimeoutSeconds + batchWindowSeconds), not 361',
    ],
    [
      { batchWindowSeconds: '0', batchSize: '11' },
      'setting batchWindowSeconds must be at least 1 when batchSize is over 10',
    ],
    [
      { isolationRetentionDays: '13' },
      'setting isolationRetentionDays must be at least writesRetentionDays (14), not 13',
    ],
    [
      { deadLetterRetentionDays: '13' },
      'setting deadLetterRetentionDays must be at least as long as messages are queued (14), not 13',
    ],
    [
      { operationTtlDays: '28' },
      'setting operationTtlDays must be over 28, the days that a message can live queued and as a dead letter, not 28',
    ],
    [
      { refreshHubspotTimeoutMs: '15001' },
      'setting refreshHubspotTimeoutMs must be at most 15000 (refreshTimeoutSeconds less 10 s for a slot and for storing), not 15001',
    ],
    [
      { authorizeTimeoutSeconds: '3' },
      'setting authorizeTimeoutSeconds must be at least 4 (3.1 s for reading a secret), not 3',
    ],
    [
      { forwardTimeoutSeconds: '6', forwardHubspotTimeoutMs: '500' },
      'setting forwardTimeoutSeconds must be at least 7 (6.1 s for reading a secret, a call to HubSpot and the answer), not 6',
    ],
    [
      { acceptTimeoutSeconds: '6' },
      'setting acceptTimeoutSeconds must be at least 7 (6.3 s for a DynamoDB that does not answer), not 6',
    ],
    [
      { readTimeoutSeconds: '3' },
      'setting readTimeoutSeconds must be at least 7 (6.3 s for a DynamoDB that does not answer), not 3',
    ],
    [
      { throttleRatePerSecond: '10000', throttleBurst: '999' },
      'setting throttleBurst must be at least 1000 (what throttleRatePerSecond brings in 100 ms), not 999',
    ],
    [
      { hubspotTimeoutMs: '50000' },
      'setting hubspotTimeoutMs must be under 50000 (deliverTimeoutSeconds less 10 s for settling), not 50000',
    ],
    [
      { forwardTimeoutSeconds: '20' },
      'setting forwardHubspotTimeoutMs must be at most 18000 (forwardTimeoutSeconds less 2 s for the answer), not 20000',
    ],
    [
      { hubspotCallsPer10Seconds: '19' },
      'setting hubspotCallsPer10Seconds (19) must leave every environment a call: each of 5 consumers would get 3, each of 2 forwarders 0',
    ],
  ])('that do not fit together are refused: %p', (overrides, sentence) => {
    expect(refusalOf(overrides)).toBe(sentence);
  });

  test.each([
    { deliverTimeoutSeconds: '61', visibilityTimeoutSeconds: '367' },
    { batchWindowSeconds: '0', batchSize: '10' },
    { operationTtlDays: '29' },
    { authorizeTimeoutSeconds: '4' },
    { forwardTimeoutSeconds: '7', forwardHubspotTimeoutMs: '5000' },
    { acceptTimeoutSeconds: '7', readTimeoutSeconds: '7' },
    { throttleRatePerSecond: '10000', throttleBurst: '1000' },
    { hubspotTimeoutMs: '49999' },
    { hubspotCallsPer10Seconds: '20' },
  ])('are taken at the edge: %p', (overrides) => {
    expect(refusalOf(overrides)).toBe('accepted');
  });

  test('say all that is wrong at once', () => {
    expect(refusalOf({ batchSize: '0', logLevel: 'loud' })).toBe(
      'setting batchSize must be a whole number from 1 to 10000, not "0"; setting logLevel must be DEBUG, INFO, WARN or ERROR, not "loud"',
    );
  });
});

describe("HubSpot's limit (F1)", () => {
  test.each([
    [100, { deliver: 18, deliverRecords: 3_600, forward: 5 }],
    [190, { deliver: 34, deliverRecords: 6_800, forward: 9 }],
    [250, { deliver: 45, deliverRecords: 9_000, forward: 12 }],
  ])('of %d calls is divided in whole calls', (limit, shares) => {
    expect(shareCalls({ ...defaultSettings, hubspotCallsPer10Seconds: limit })).toMatchObject(shares);
  });

  test('is never exceeded by the sum of the shares', () => {
    const count = (most: number) => fc.integer({ min: 1, max: most });
    fc.assert(
      fc.property(
        count(300),
        count(50),
        count(50),
        count(20),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (...drawn) => {
          const [limit, writes, isolation, forwarders, forwardShare] = drawn;
          const { deliver, forward } = shareCalls({
            ...defaultSettings,
            hubspotCallsPer10Seconds: limit,
            writesMaxConcurrency: writes,
            isolationMaxConcurrency: isolation,
            forwardMaxEnvironments: forwarders,
            forwardShare,
          });
          expect(deliver * (writes + isolation) + forward * forwarders).toBeLessThanOrEqual(limit);
          expect(Number.isInteger(deliver) && Number.isInteger(forward)).toBe(true);
        },
      ),
    );
  });
});

describe('CDK context', () => {
  test("gives settings and leaves CDK's own keys alone", () => {
    const context = {
      '@aws-cdk/core:flag': true,
      'aws:cdk:bundling-stacks': ['**'],
      'cli-telemetry': false,
      batchSize: 500,
    };
    expect(readContextOverrides(context)).toEqual({ batchSize: '500' });
  });

  test('keeps a misspelt setting, so that it is refused', () => {
    expect(readContextOverrides({ batchSiz: '500' })).toEqual({ batchSiz: '500' });
  });
});
