import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { CodeLocation } from '../bundle-handler.ts';
import { ISOLATION_BATCH_SIZE, type RelaySettings } from '../settings.ts';
import { shareCalls } from '../share-calls.ts';
import { hubspotEnvironment } from './hubspot-environment.ts';
import { type Permission, RelayFunction } from './relay-function.ts';
import type { RelaySecrets } from './relay-secrets.ts';
import type { RelayTables } from './relay-tables.ts';
import type { WriteQueues } from './write-queues.ts';

export interface DeliveryProps {
  readonly settings: RelaySettings;
  readonly code: CodeLocation;
  readonly tables: RelayTables;
  readonly queues: WriteQueues;
  readonly secrets: RelaySecrets;
}

/**
 * The consumer and its two sources: the writes queue in large batches, the isolation queue one by one.
 *
 * Its concurrency is bounded at the sources: a reserved concurrency would let SQS receive messages for which no
 * environment is free, and count those receives against them.
 */
export class Delivery extends Construct {
  readonly deliverWrites: RelayFunction;

  constructor(scope: Construct, id: string, props: DeliveryProps) {
    super(scope, id);
    const { settings, code, tables, queues, secrets } = props;
    const shares = shareCalls(settings);
    this.deliverWrites = new RelayFunction(this, 'DeliverWrites', {
      settings,
      code,
      name: 'deliver-writes',
      description: 'Delivers queued writes to HubSpot',
      timeoutSeconds: settings.deliverTimeoutSeconds,
      memoryMb: settings.deliverMemoryMb,
      environment: {
        OPERATIONS_TABLE: tables.operations.tableName,
        CONTACTS_TABLE: tables.contacts.tableName,
        WRITES_QUEUE_URL: queues.writes.queueUrl,
        DEAD_LETTER_QUEUE_URL: queues.deadLetters.queueUrl,
        WRITE_ID_PROPERTY: settings.writeIdProperty,
        KEYLESS_CREATES_IN_DOUBT: settings.keylessCreatesInDoubt,
        LIFECYCLE_POLICY: settings.lifecyclePolicy,
        OPERATION_TTL_DAYS: String(settings.operationTtlDays),
        HUBSPOT_API_VERSION: settings.hubspotApiVersion,
        HUBSPOT_LONGEST_COMMIT_MS: String(settings.hubspotLongestCommitSeconds * 1000),
        HUBSPOT_ASSOCIATIONS_PER_10_SECONDS: String(settings.associationsPer10Seconds),
        ASSOCIATION_ENVIRONMENTS: String(shares.associationEnvironments),
        RECORDS_SHARE: String(shares.deliverRecords),
        ...hubspotEnvironment(settings, secrets, {
          callsShare: shares.deliver,
          timeoutMs: settings.hubspotTimeoutMs,
        }),
      },
      permissions: permissions(props),
    });
    new EventSourceMapping(this, 'FromWrites', {
      target: this.deliverWrites.lambda,
      eventSourceArn: queues.writes.queueArn,
      batchSize: settings.batchSize,
      maxBatchingWindow: Duration.seconds(settings.batchWindowSeconds),
      maxConcurrency: settings.writesMaxConcurrency,
      reportBatchItemFailures: true,
    });
    new EventSourceMapping(this, 'FromIsolation', {
      target: this.deliverWrites.lambda,
      eventSourceArn: queues.isolation.queueArn,
      batchSize: ISOLATION_BATCH_SIZE,
      maxConcurrency: settings.isolationMaxConcurrency,
      reportBatchItemFailures: true,
    });
  }
}

function permissions({ tables, queues, secrets }: DeliveryProps): readonly Permission[] {
  return [
    {
      actions: [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
        'dynamodb:PutItem',
      ],
      resources: [tables.operations.tableArn],
    },
    {
      actions: [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:PutItem',
        'dynamodb:BatchWriteItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
      ],
      resources: [tables.contacts.tableArn],
    },
    { actions: ['sqs:SendMessage'], resources: [queues.writes.queueArn, queues.deadLetters.queueArn] },
    {
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
      resources: [queues.writes.queueArn, queues.isolation.queueArn],
    },
    { actions: ['secretsmanager:GetSecretValue'], resources: [secrets.hubspotToken.secretArn] },
  ];
}
