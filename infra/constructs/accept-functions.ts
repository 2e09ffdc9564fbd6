import { Construct } from 'constructs';
import { DEFINITIONS_KEY, REFRESH_KEY } from '../../lib/portal/definitions-key.ts';
import type { RelayEnvironment } from '../../lib/runtime/config.ts';
import type { CodeLocation } from '../bundle-handler.ts';
import type { RelaySettings } from '../settings.ts';
import { RelayFunction } from './relay-function.ts';
import type { RelayTables } from './relay-tables.ts';
import type { WriteQueues } from './write-queues.ts';

export interface AcceptFunctionsProps {
  readonly settings: RelaySettings;
  readonly code: CodeLocation;
  readonly tables: RelayTables;
  readonly queues: WriteQueues;
}

/** The functions that take writes, and the one that tells what became of them. They never talk to HubSpot. */
export class AcceptFunctions extends Construct {
  readonly createContacts: RelayFunction;
  readonly updateContacts: RelayFunction;
  readonly upsertContacts: RelayFunction;
  readonly archiveContacts: RelayFunction;
  readonly gdprDeleteContacts: RelayFunction;
  readonly associateContacts: RelayFunction;
  readonly readOperation: RelayFunction;

  constructor(scope: Construct, id: string, props: AcceptFunctionsProps) {
    super(scope, id);
    this.createContacts = acceptFunction(this, 'CreateContacts', 'create-contacts', 'Queues creates', props);
    this.updateContacts = acceptFunction(this, 'UpdateContacts', 'update-contacts', 'Queues updates', props);
    this.upsertContacts = acceptFunction(this, 'UpsertContacts', 'upsert-contacts', 'Queues upserts', props);
    this.archiveContacts = acceptFunction(this, 'ArchiveContacts', 'archive-contacts', 'Queues archives', props);
    const setting = { GDPR_DELETE: props.settings.gdprDelete };
    const [name, what] = ['gdpr-delete-contacts', 'Queues GDPR deletes'];
    this.gdprDeleteContacts = acceptFunction(this, 'GdprDeleteContacts', name, what, props, setting);
    this.associateContacts = acceptFunction(
      this,
      'AssociateContacts',
      'associate-contacts',
      'Queues associations',
      props,
    );
    this.readOperation = readFunction(this, props);
  }
}

function acceptFunction(
  scope: Construct,
  id: string,
  name: string,
  what: string,
  props: AcceptFunctionsProps,
  more: Readonly<Partial<RelayEnvironment>> = {},
) {
  const { settings, code, tables, queues } = props;
  return new RelayFunction(scope, id, {
    settings,
    code,
    name,
    description: `${what} of contacts`,
    timeoutSeconds: settings.acceptTimeoutSeconds,
    memoryMb: settings.acceptMemoryMb,
    environment: {
      OPERATIONS_TABLE: tables.operations.tableName,
      CONTACTS_TABLE: tables.contacts.tableName,
      WRITES_QUEUE_URL: queues.writes.queueUrl,
      UNIQUE_PROPERTIES: settings.uniqueProperties,
      WRITE_ID_PROPERTY: settings.writeIdProperty,
      PROPERTY_CHECKS: settings.propertyChecks,
      DEFINITIONS_FRESH_MINUTES: String(settings.definitionsFreshMinutes),
      LIFECYCLE_POLICY: settings.lifecyclePolicy,
      OPERATION_TTL_DAYS: String(settings.operationTtlDays),
      ...more,
    },
    permissions: [
      {
        actions: ['dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:Query'],
        resources: [tables.operations.tableArn],
      },
      { actions: ['dynamodb:GetItem'], resources: [tables.contacts.tableArn], items: [DEFINITIONS_KEY] },
      { actions: ['dynamodb:UpdateItem'], resources: [tables.contacts.tableArn], items: [REFRESH_KEY] },
      // A dry run tells whom the relay knows.
      { actions: ['dynamodb:BatchGetItem'], resources: [tables.contacts.tableArn] },
      { actions: ['sqs:SendMessage'], resources: [queues.writes.queueArn] },
    ],
  });
}

function readFunction(scope: Construct, { settings, code, tables }: AcceptFunctionsProps) {
  return new RelayFunction(scope, 'ReadOperation', {
    settings,
    code,
    name: 'read-operation',
    description: 'Tells what became of an operation',
    timeoutSeconds: settings.readTimeoutSeconds,
    memoryMb: settings.readMemoryMb,
    environment: {
      OPERATIONS_TABLE: tables.operations.tableName,
      OPERATION_TTL_DAYS: String(settings.operationTtlDays),
    },
    permissions: [{ actions: ['dynamodb:Query'], resources: [tables.operations.tableArn] }],
  });
}
