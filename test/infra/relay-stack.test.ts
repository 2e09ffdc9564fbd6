import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { defaultSettings } from '../../infra/settings.ts';
import {
  lambdaNamed,
  logicalIdOf,
  permissionsOf,
  resourceNamed,
  resourcesOf,
  statementsOf,
} from './support/read-template.ts';
import { synthesizeFixture } from './support/synthesize-fixture.ts';

const { app, artifact, template } = synthesizeFixture();

describe('the queues', () => {
  const queue = (part: string) => resourceNamed(template, 'AWS::SQS::Queue', part).Properties;

  test('send a message that kills its consumer from writes to isolation to dead letters', () => {
    expect(queue('Writes')['RedrivePolicy']).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [resourceNamed(template, 'AWS::SQS::Queue', 'Isolation').id, 'Arn'] },
      maxReceiveCount: 2,
    });
    expect(queue('Isolation')['RedrivePolicy']).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [resourceNamed(template, 'AWS::SQS::Queue', 'DeadLetters').id, 'Arn'] },
      maxReceiveCount: 5,
    });
    expect(queue('DeadLetters')['RedrivePolicy']).toBeUndefined();
  });

  test.each([
    ['Writes', 'denyAll', undefined],
    ['Isolation', 'byQueue', 'HubSpotRelay-writes'],
    ['DeadLetters', 'byQueue', 'HubSpotRelay-isolation'],
  ])('let only the queue before redrive into %s', (part, permission, source) => {
    const policy = JSON.stringify(queue(part)['RedriveAllowPolicy']);
    expect(policy).toContain(`"redrivePermission":"${permission}"`);
    if (source !== undefined) expect(policy).toMatch(new RegExp(`:${source}"\\]\\]\\}\\]\\}$`));
  });

  test('hide a message for at least six times the time that the consumer may take, and the window', () => {
    const mapping = resourceNamed(template, 'AWS::Lambda::EventSourceMapping', 'FromWrites').Properties;
    const least =
      6 * lambdaNamed(template, 'DeliverWrites').Timeout + Number(mapping['MaximumBatchingWindowInSeconds']);
    expect(least).toBeGreaterThan(0);
    expect(queue('Writes')['VisibilityTimeout']).toBeGreaterThanOrEqual(least);
    expect(queue('Isolation')['VisibilityTimeout']).toBeGreaterThanOrEqual(least);
  });

  test('keep messages for 14 days, the longest that SQS knows', () => {
    for (const part of ['Writes', 'Isolation', 'DeadLetters']) {
      expect(queue(part)['MessageRetentionPeriod']).toBe(14 * 86_400);
    }
  });

  test.each(['Writes', 'Isolation', 'DeadLetters'])('encrypt %s at rest and refuse what comes without TLS', (part) => {
    expect(queue(part)['SqsManagedSseEnabled']).toBe(true);
    const policy = resourceNamed(template, 'AWS::SQS::QueuePolicy', part).Properties;
    expect(policy['Queues']).toEqual([{ Ref: resourceNamed(template, 'AWS::SQS::Queue', part).id }]);
    expect(policy['PolicyDocument']).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Action: 'sqs:*',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
  });
});

describe('the event source mappings', () => {
  const mapping = (part: string) => resourceNamed(template, 'AWS::Lambda::EventSourceMapping', part).Properties;

  test('bring the consumer large batches of the writes queue, and take partial failures back', () => {
    expect(mapping('FromWrites')).toMatchObject({
      BatchSize: 1000,
      MaximumBatchingWindowInSeconds: 1,
      ScalingConfig: { MaximumConcurrency: 3 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    expect(logicalIdOf(mapping('FromWrites')['EventSourceArn'])).toBe('QueuesWrites');
  });

  test('bring it isolated messages one by one', () => {
    expect(mapping('FromIsolation')).toMatchObject({
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    expect(logicalIdOf(mapping('FromIsolation')['EventSourceArn'])).toBe('QueuesIsolation');
    expect(mapping('FromIsolation')['FunctionName']).toEqual(mapping('FromWrites')['FunctionName']);
  });
});

describe('the tables', () => {
  test.each([
    ['Operations', ['pk HASH', 'sk RANGE']],
    ['Contacts', ['pk HASH']],
  ])('keep %s beyond the stack, with point-in-time recovery, expiry and no provisioned capacity', (part, keys) => {
    const table = resourceNamed(template, 'AWS::DynamoDB::GlobalTable', part);
    expect(table).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
        KeySchema: keys.map((key) => ({ AttributeName: key.split(' ')[0], KeyType: key.split(' ')[1] })),
      },
    });
  });
});

describe('the secrets', () => {
  test('outlive the stack and are not in the template', () => {
    const secrets = [...resourcesOf(template, 'AWS::SecretsManager::Secret').values()];
    expect(secrets).toHaveLength(2);
    for (const secret of secrets) {
      expect(secret.DeletionPolicy).toBe('Retain');
      expect(Object.keys(secret.Properties)).toEqual(['Description', 'GenerateSecretString']);
    }
    template.allResourcesProperties('AWS::SecretsManager::Secret', { SecretString: Match.absent() });
    expect(JSON.stringify(template.toJSON())).not.toMatch(/pat-[a-z0-9]+-|relay_[A-Za-z0-9_-]{43}|\{\{resolve:/);
  });

  test('begin with keys that open nothing', () => {
    const { GenerateSecretString } = resourceNamed(template, 'AWS::SecretsManager::Secret', 'RelayKeys').Properties;
    expect(GenerateSecretString).toEqual({ SecretStringTemplate: '{"keys":[]}', GenerateStringKey: 'placeholder' });
  });
});

const writing = [
  'dynamodb:BatchGetItem on TablesContacts',
  'dynamodb:GetItem on TablesContacts',
  'dynamodb:GetItem on TablesOperations',
  'dynamodb:PutItem on TablesOperations',
  'dynamodb:Query on TablesOperations',
  'dynamodb:UpdateItem on TablesContacts',
  'dynamodb:UpdateItem on TablesOperations',
  'sqs:SendMessage on QueuesWrites',
];
const FUNCTIONS: readonly { part: string; timeout: number; may: readonly string[]; variables: readonly string[] }[] = [
  ...['CreateContacts', 'UpdateContacts', 'UpsertContacts', 'ArchiveContacts', 'AssociateContacts'].map((part) => ({
    part,
    timeout: 29,
    may: writing,
    variables: [
      'CONTACTS_TABLE',
      'DEFINITIONS_FRESH_MINUTES',
      'LIFECYCLE_POLICY',
      'OPERATIONS_TABLE',
      'OPERATION_TTL_DAYS',
      'PROPERTY_CHECKS',
      'UNIQUE_PROPERTIES',
      'WRITES_QUEUE_URL',
      'WRITE_ID_PROPERTY',
    ],
  })),
  {
    part: 'GdprDeleteContacts',
    timeout: 29,
    may: writing,
    variables: [
      'CONTACTS_TABLE',
      'DEFINITIONS_FRESH_MINUTES',
      'GDPR_DELETE',
      'LIFECYCLE_POLICY',
      'OPERATIONS_TABLE',
      'OPERATION_TTL_DAYS',
      'PROPERTY_CHECKS',
      'UNIQUE_PROPERTIES',
      'WRITES_QUEUE_URL',
      'WRITE_ID_PROPERTY',
    ],
  },
  {
    part: 'ReadOperation',
    timeout: 10,
    may: ['dynamodb:Query on TablesOperations'],
    variables: ['OPERATIONS_TABLE', 'OPERATION_TTL_DAYS'],
  },
  {
    part: 'ForwardRequest',
    timeout: 29,
    may: [
      'dynamodb:GetItem on TablesContacts',
      'dynamodb:UpdateItem on TablesContacts',
      'secretsmanager:GetSecretValue on SecretsHubSpotToken',
    ],
    variables: [
      'ASSOCIATION_ENVIRONMENTS',
      'CONTACTS_TABLE',
      'FORWARD_ENVIRONMENTS',
      'GDPR_DELETE',
      'HUBSPOT_ASSOCIATIONS_PER_10_SECONDS',
      'HUBSPOT_BASE_URL',
      'HUBSPOT_CALLS_PER_10_SECONDS',
      'HUBSPOT_CALLS_RESERVED',
      'HUBSPOT_CALLS_SHARE',
      'HUBSPOT_SEARCHES_PER_SECOND',
      'HUBSPOT_TIMEOUT_MS',
      'HUBSPOT_TOKEN_SECRET',
    ],
  },
  {
    part: 'RefreshDefinitions',
    timeout: 25,
    may: [
      'dynamodb:GetItem on TablesContacts',
      'dynamodb:PutItem on TablesContacts',
      'dynamodb:UpdateItem on TablesContacts',
      'secretsmanager:GetSecretValue on SecretsHubSpotToken',
    ],
    variables: [
      'CONTACTS_TABLE',
      'DEFINITIONS_FRESH_MINUTES',
      'HUBSPOT_API_VERSION',
      'HUBSPOT_BASE_URL',
      'HUBSPOT_CALLS_PER_10_SECONDS',
      'HUBSPOT_TIMEOUT_MS',
      'HUBSPOT_TOKEN_SECRET',
    ],
  },
  {
    part: 'AuthorizeRequest',
    timeout: 5,
    may: ['secretsmanager:GetSecretValue on SecretsRelayKeys'],
    variables: ['RELAY_KEYS_SECRET'],
  },
  {
    part: 'DeliverWrites',
    timeout: 60,
    may: [
      'dynamodb:BatchGetItem on TablesContacts',
      'dynamodb:BatchGetItem on TablesOperations',
      'dynamodb:BatchWriteItem on TablesContacts',
      'dynamodb:DeleteItem on TablesContacts',
      'dynamodb:GetItem on TablesContacts',
      'dynamodb:GetItem on TablesOperations',
      'dynamodb:PutItem on TablesContacts',
      'dynamodb:PutItem on TablesOperations',
      'dynamodb:Query on TablesOperations',
      'dynamodb:UpdateItem on TablesContacts',
      'dynamodb:UpdateItem on TablesOperations',
      'secretsmanager:GetSecretValue on SecretsHubSpotToken',
      'sqs:ChangeMessageVisibility on QueuesIsolation',
      'sqs:ChangeMessageVisibility on QueuesWrites',
      'sqs:DeleteMessage on QueuesIsolation',
      'sqs:DeleteMessage on QueuesWrites',
      'sqs:GetQueueAttributes on QueuesIsolation',
      'sqs:GetQueueAttributes on QueuesWrites',
      'sqs:ReceiveMessage on QueuesIsolation',
      'sqs:ReceiveMessage on QueuesWrites',
      'sqs:SendMessage on QueuesDeadLetters',
      'sqs:SendMessage on QueuesWrites',
    ],
    variables: [
      'ASSOCIATION_ENVIRONMENTS',
      'CONTACTS_TABLE',
      'DEAD_LETTER_QUEUE_URL',
      'HUBSPOT_API_VERSION',
      'HUBSPOT_ASSOCIATIONS_PER_10_SECONDS',
      'HUBSPOT_BASE_URL',
      'HUBSPOT_CALLS_PER_10_SECONDS',
      'HUBSPOT_CALLS_SHARE',
      'HUBSPOT_LONGEST_COMMIT_MS',
      'HUBSPOT_TIMEOUT_MS',
      'HUBSPOT_TOKEN_SECRET',
      'KEYLESS_CREATES_IN_DOUBT',
      'LIFECYCLE_POLICY',
      'OPERATIONS_TABLE',
      'OPERATION_TTL_DAYS',
      'RECORDS_SHARE',
      'WRITES_QUEUE_URL',
      'WRITE_ID_PROPERTY',
    ],
  },
];

describe('the functions', () => {
  test('are those that are looked at here', () => {
    expect(resourcesOf(template, 'AWS::Lambda::Function').size).toBe(FUNCTIONS.length);
    expect(resourcesOf(template, 'AWS::IAM::Role').size).toBe(FUNCTIONS.length);
    expect(resourcesOf(template, 'AWS::IAM::Policy').size).toBe(0);
  });

  test.each(FUNCTIONS)('$part runs on Node 24 and arm64 for at most $timeout s', ({ part, timeout }) => {
    expect(lambdaNamed(template, part)).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: timeout,
    });
  });

  test.each(FUNCTIONS)('$part may do what it must, and nothing else', ({ part, may }) => {
    const lambda = lambdaNamed(template, part);
    const log = permissionsOf(template, lambda).filter((permission) => permission.startsWith('logs:'));
    const rest = permissionsOf(template, lambda).filter((permission) => !permission.startsWith('logs:'));
    expect(rest).toEqual(may);
    expect(log.map((permission) => permission.split(' ')[0])).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(log.every((permission) => permission.endsWith(`${part}Log`))).toBe(true);
  });

  test.each(FUNCTIONS)('$part is told only what it needs', ({ part, variables }) => {
    const told = Object.keys(lambdaNamed(template, part).Environment.Variables).sort();
    expect(told).toEqual([...variables, 'LOG_LEVEL'].sort());
  });

  test('that call HubSpot about associations share its limit for these', () => {
    const environments = (part: string) =>
      Number(lambdaNamed(template, part).Environment.Variables['ASSOCIATION_ENVIRONMENTS']);
    const { writesMaxConcurrency, isolationMaxConcurrency, forwardMaxEnvironments } = defaultSettings;
    const all = writesMaxConcurrency + isolationMaxConcurrency + forwardMaxEnvironments;
    expect([environments('DeliverWrites'), environments('ForwardRequest')]).toEqual([all, all]);
  });

  test('together call HubSpot no oftener than it allows, also while the shared pace is away', () => {
    const share = (part: string) => Number(lambdaNamed(template, part).Environment.Variables['HUBSPOT_CALLS_SHARE']);
    const mappings = [...resourcesOf(template, 'AWS::Lambda::EventSourceMapping').values()];
    const consumers = mappings.reduce(
      (sum, { Properties }) => sum + Number(Object(Properties['ScalingConfig'])['MaximumConcurrency']),
      0,
    );
    const forwarders = defaultSettings.forwardMaxEnvironments;
    const calls = consumers * share('DeliverWrites') + forwarders * share('ForwardRequest');
    const unused = defaultSettings.hubspotCallsPer10Seconds - calls;
    expect(unused).toBeGreaterThanOrEqual(0);
    // Each share is a whole number of calls.
    expect(unused).toBeLessThan(consumers);
  });

  test('each have a log of their own that is not kept for ever', () => {
    const logs = [...resourcesOf(template, 'AWS::Logs::LogGroup').values()];
    expect(logs).toHaveLength(FUNCTIONS.length + 1);
    for (const log of logs) expect(log.Properties['RetentionInDays']).toBe(30);
  });
});

describe('the portal’s definitions', () => {
  const keysOf = (part: string) =>
    statementsOf(template, lambdaNamed(template, part))
      .filter(({ Condition }) => Condition !== undefined)
      .map(({ Action, Condition }) => [
        Action,
        Object(Object(Condition)['ForAllValues:StringEquals'])['dynamodb:LeadingKeys'],
      ]);

  test('are looked after every minute, by one try', () => {
    const { Properties } = resourceNamed(template, 'AWS::Events::Rule', 'EveryMinute');
    expect(Properties).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
    const [target] = Object(Properties['Targets']);
    expect(target).toMatchObject({ RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } });
    expect(logicalIdOf(target.Arn)).toBe('PortalRefreshDefinitionsFunction');
  });

  test('are written by the one function that reads them at HubSpot, and only read by the front door', () => {
    expect(keysOf('RefreshDefinitions')).toEqual([
      [
        ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        ['pace#hubspot', 'portal#refresh'],
      ],
      ['dynamodb:PutItem', ['portal#definitions']],
    ]);
    for (const part of ['CreateContacts', 'UpdateContacts', 'UpsertContacts']) {
      expect(keysOf(part)).toEqual([
        ['dynamodb:GetItem', ['portal#definitions']],
        ['dynamodb:UpdateItem', ['portal#refresh']],
      ]);
    }
  });
});

describe('the front door', () => {
  const routes = [...resourcesOf(template, 'AWS::ApiGatewayV2::Route').values()].map(({ Properties }) => Properties);

  test('has every route, with and without waiting', () => {
    const contacts = ['/crm/v3/objects/contacts', '/crm/objects/{version}/contacts'];
    const wanted = ['', '/sync'].flatMap((base) => [
      ...contacts.flatMap((path) => [
        `POST ${base}${path}`,
        `POST ${base}${path}/batch/create`,
        `PATCH ${base}${path}/{id}`,
        `POST ${base}${path}/batch/update`,
        `POST ${base}${path}/batch/upsert`,
        `DELETE ${base}${path}/{id}`,
        `POST ${base}${path}/batch/archive`,
        `POST ${base}${path}/gdpr-delete`,
      ]),
      ...['/crm/{api}/objects', '/crm/objects/{version}'].flatMap((objects) =>
        ['contacts', 'contact', '0-1'].flatMap((name) => {
          const pair = `${base}${objects}/${name}/{id}/associations/{toType}/{toId}`;
          return [`PUT ${pair}`, `DELETE ${pair}`, `PUT ${pair}/{typeId}`, `DELETE ${pair}/{typeId}`];
        }),
      ),
      `ANY ${base}/crm/{proxy+}`,
    ]);
    const keys = routes.map((route) => String(route['RouteKey'])).sort();
    expect(keys).toEqual([...wanted, 'GET /operations/{operationId}'].sort());
  });

  test.each([
    ['POST /sync/crm/v3/objects/contacts', 'AcceptCreateContactsFunction'],
    ['POST /crm/objects/{version}/contacts/batch/create', 'AcceptCreateContactsFunction'],
    ['PATCH /crm/v3/objects/contacts/{id}', 'AcceptUpdateContactsFunction'],
    ['POST /crm/v3/objects/contacts/batch/update', 'AcceptUpdateContactsFunction'],
    ['POST /crm/v3/objects/contacts/batch/upsert', 'AcceptUpsertContactsFunction'],
    ['DELETE /sync/crm/objects/{version}/contacts/{id}', 'AcceptArchiveContactsFunction'],
    ['POST /crm/v3/objects/contacts/batch/archive', 'AcceptArchiveContactsFunction'],
    ['POST /crm/v3/objects/contacts/gdpr-delete', 'AcceptGdprDeleteContactsFunction'],
    ['POST /sync/crm/objects/{version}/contacts/gdpr-delete', 'AcceptGdprDeleteContactsFunction'],
    ['PUT /crm/{api}/objects/contacts/{id}/associations/{toType}/{toId}', 'AcceptAssociateContactsFunction'],
    [
      'DELETE /sync/crm/objects/{version}/0-1/{id}/associations/{toType}/{toId}/{typeId}',
      'AcceptAssociateContactsFunction',
    ],
    ['ANY /crm/{proxy+}', 'ForwardingForwardRequestFunction'],
    ['GET /operations/{operationId}', 'AcceptReadOperationFunction'],
  ])('leads %s to %s', (key, lambda) => {
    const target = JSON.stringify(routes.find((route) => route['RouteKey'] === key)?.['Target']);
    const integrations = [...resourcesOf(template, 'AWS::ApiGatewayV2::Integration')];
    const found = integrations.filter(([id]) => target.includes(`"${id}"`));
    expect(found.map(([, { Properties }]) => logicalIdOf(Properties['IntegrationUri']))).toEqual([lambda]);
    expect(found[0]?.[1].Properties['PayloadFormatVersion']).toBe('2.0');
  });

  test('asks the authorizer on every route', () => {
    const authorizer = resourceNamed(template, 'AWS::ApiGatewayV2::Authorizer', 'RelayKey').id;
    expect(routes.length).toBeGreaterThan(0);
    for (const route of routes) {
      expect(route).toMatchObject({ AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: authorizer } });
    }
  });

  test('lets requests without a key through to the authorizer, so that they are refused in the right shape', () => {
    expect(resourceNamed(template, 'AWS::ApiGatewayV2::Authorizer', 'RelayKey').Properties).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: [],
    });
  });

  test('limits how many come in, and logs them without paths, headers or bodies', () => {
    const stage = resourceNamed(template, 'AWS::ApiGatewayV2::Stage', 'Stage').Properties;
    expect(stage).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 },
    });
    const format = String(Object(stage['AccessLogSettings'])['Format']);
    expect(JSON.parse(format)).toHaveProperty('route', '$context.routeKey');
    expect(format).not.toMatch(/path|header|body|querystring/i);
  });
});

describe('the alarms', () => {
  test.each([
    ['DeadLetters', 'ApproximateNumberOfMessagesVisible', 0],
    ['OldestMessage', 'ApproximateAgeOfOldestMessage', 1800],
    ['DeliverErrors', 'Errors', 0],
    ['OldestIsolated', 'ApproximateAgeOfOldestMessage', 3605],
    ['AuthorizeErrors', 'Errors', 0],
    ['ForwardErrors', 'Errors', 0],
  ])('ring for %s', (part, metric, threshold) => {
    const { Properties } = resourceNamed(template, 'AWS::CloudWatch::Alarm', part);
    expect(Properties).toMatchObject({ MetricName: metric, Threshold: threshold, TreatMissingData: 'notBreaching' });
    expect(Properties['AlarmActions']).toBeUndefined();
  });
});

test('one alarm rings for every function behind the door, and every function has one', () => {
  const alarms = [...resourcesOf(template, 'AWS::CloudWatch::Alarm').values()];
  const watched = JSON.stringify(alarms);
  const functions = [...resourcesOf(template, 'AWS::Lambda::Function').keys()];
  // A tick that fails is made up for by the next; what it leaves undone is logged as definitions-unread.
  const unwatched = functions.filter((id) => !watched.includes(`"${id}"`));
  expect(unwatched).toEqual([expect.stringContaining('RefreshDefinitions')]);
  const { Properties } = resourceNamed(template, 'AWS::CloudWatch::Alarm', 'DoorErrors');
  expect(Properties).toMatchObject({ Threshold: 0, TreatMissingData: 'notBreaching' });
  const metrics = Array.isArray(Properties['Metrics']) ? Properties['Metrics'] : [];
  expect(metrics.filter(({ MetricStat: stat }) => stat?.Metric.MetricName === 'Errors')).toHaveLength(7);
});

test('every alarm says what it means for the contacts or their senders', () => {
  for (const { Properties } of resourcesOf(template, 'AWS::CloudWatch::Alarm').values()) {
    expect(String(Properties['AlarmDescription']).length).toBeGreaterThan(60);
  }
});

test('the outputs say where to call, where to put the secrets, and what to redrive where', () => {
  expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
    'ApiUrl',
    'DeadLetterQueueArn',
    'DeadLetterQueueUrl',
    'HubSpotTokenSecret',
    'IsolationQueueUrl',
    'RelayKeysSecret',
    'WritesQueueArn',
    'WritesQueueUrl',
  ]);
});

test('nothing has to be looked up in an account', () => {
  expect(artifact.assembly.manifest.missing ?? []).toEqual([]);
  expect(artifact.environment).toMatchObject({ account: 'unknown-account', region: 'unknown-region' });
});

test("AWS's checks find nothing that is not acknowledged with a reason", () => {
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  const findings = violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath ?? 'an unknown place'}`),
  );
  expect(findings).toEqual([]);
});
