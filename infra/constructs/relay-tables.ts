import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, type TablePropsV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';

const kept: Omit<TablePropsV2, 'partitionKey'> = {
  billing: Billing.onDemand(),
  // Seconds since 1970. DynamoDB deletes some days late; that something has expired is decided by who reads it.
  timeToLiveAttribute: 'expiresAt',
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  removalPolicy: RemovalPolicy.RETAIN,
};

/** What the relay remembers: operations with their outcomes, and which contact a key names. Both outlive the stack. */
export class RelayTables extends Construct {
  readonly operations: TableV2;
  readonly contacts: TableV2;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const partitionKey = { name: 'pk', type: AttributeType.STRING };
    const sortKey = { name: 'sk', type: AttributeType.STRING };
    this.operations = new TableV2(this, 'Operations', { ...kept, partitionKey, sortKey });
    this.contacts = new TableV2(this, 'Contacts', { ...kept, partitionKey });
  }
}
