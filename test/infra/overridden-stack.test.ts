import { expect, test } from '@jest/globals';
import { lambdaNamed, resourceNamed, resourcesOf } from './support/read-template.ts';
import { synthesizeFixture } from './support/synthesize-fixture.ts';

const { template } = synthesizeFixture({
  stackName: 'OtherRelay',
  authorizerCacheSeconds: '300',
  alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:alarms',
  hubspotCallsPer10Seconds: '100',
  hubspotApiVersion: '2026-03',
  uniqueProperties: 'erp_id',
  writeIdProperty: 'relay_write_id',
  propertyChecks: 'drop',
  lifecyclePolicy: 'allow-backward',
  definitionsFreshMinutes: '60',
});

test('a cached authorizer is asked once for each key', () => {
  expect(resourceNamed(template, 'AWS::ApiGatewayV2::Authorizer', 'RelayKey').Properties).toMatchObject({
    AuthorizerResultTtlInSeconds: 300,
    IdentitySource: ['$request.header.Authorization'],
  });
  expect(lambdaNamed(template, 'AuthorizeRequest').Environment.Variables).toMatchObject({
    AUTHORIZATIONS_ARE_CACHED: 'true',
  });
});

test('every alarm is told to the topic', () => {
  for (const { Properties } of resourcesOf(template, 'AWS::CloudWatch::Alarm').values()) {
    expect(Properties['AlarmActions']).toEqual(['arn:aws:sns:eu-west-1:111122223333:alarms']);
  }
});

test('a second relay has queues of its own', () => {
  const names = [...resourcesOf(template, 'AWS::SQS::Queue').values()].map(({ Properties }) => Properties['QueueName']);
  expect(names.sort()).toEqual(['OtherRelay-dead-letters', 'OtherRelay-isolation', 'OtherRelay-writes']);
});

test('settings reach the functions that need them', () => {
  expect(lambdaNamed(template, 'DeliverWrites').Environment.Variables).toMatchObject({
    HUBSPOT_API_VERSION: '2026-03',
    HUBSPOT_CALLS_PER_10_SECONDS: '100',
    HUBSPOT_CALLS_SHARE: '18',
    LIFECYCLE_POLICY: 'allow-backward',
  });
  expect(lambdaNamed(template, 'UpsertContacts').Environment.Variables).toMatchObject({
    UNIQUE_PROPERTIES: 'erp_id',
    WRITE_ID_PROPERTY: 'relay_write_id',
    PROPERTY_CHECKS: 'drop',
    LIFECYCLE_POLICY: 'allow-backward',
    DEFINITIONS_FRESH_MINUTES: '60',
  });
  expect(lambdaNamed(template, 'RefreshDefinitions').Environment.Variables).toMatchObject({
    HUBSPOT_API_VERSION: '2026-03',
    DEFINITIONS_FRESH_MINUTES: '60',
  });
  expect(lambdaNamed(template, 'ForwardRequest').Environment.Variables).toMatchObject({ HUBSPOT_CALLS_SHARE: '5' });
});
