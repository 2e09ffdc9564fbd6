import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { PACE_KEY } from '../../lib/pace/pace-key.ts';
import { DEFINITIONS_KEY, REFRESH_KEY } from '../../lib/portal/definitions-key.ts';
import type { CodeLocation } from '../bundle-handler.ts';
import type { RelaySettings } from '../settings.ts';
import { hubspotAccess } from './hubspot-environment.ts';
import { RelayFunction } from './relay-function.ts';
import type { RelaySecrets } from './relay-secrets.ts';
import type { RelayTables } from './relay-tables.ts';

export interface DefinitionsRefreshProps {
  readonly settings: RelaySettings;
  readonly code: CodeLocation;
  readonly tables: RelayTables;
  readonly secrets: RelaySecrets;
}

/**
 * The function that reads the portal's property definitions for the front door, which has no token of HubSpot's. A minute is the
 * shortest that EventBridge's schedules know; most ticks only look whether anything is due.
 */
export class DefinitionsRefresh extends Construct {
  readonly refreshDefinitions: RelayFunction;

  constructor(scope: Construct, id: string, { settings, code, tables, secrets }: DefinitionsRefreshProps) {
    super(scope, id);
    this.refreshDefinitions = new RelayFunction(this, 'RefreshDefinitions', {
      settings,
      code,
      name: 'refresh-definitions',
      description: "Reads the portal's property definitions for the front door",
      timeoutSeconds: settings.refreshTimeoutSeconds,
      memoryMb: settings.refreshMemoryMb,
      environment: {
        CONTACTS_TABLE: tables.contacts.tableName,
        DEFINITIONS_FRESH_MINUTES: String(settings.definitionsFreshMinutes),
        HUBSPOT_API_VERSION: settings.hubspotApiVersion,
        ...hubspotAccess(settings, secrets, settings.refreshHubspotTimeoutMs),
      },
      permissions: [
        { actions: ['secretsmanager:GetSecretValue'], resources: [secrets.hubspotToken.secretArn] },
        {
          actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
          resources: [tables.contacts.tableArn],
          items: [PACE_KEY, REFRESH_KEY],
        },
        { actions: ['dynamodb:PutItem'], resources: [tables.contacts.tableArn], items: [DEFINITIONS_KEY] },
      ],
    });
    new Rule(this, 'EveryMinute', {
      description: "Looks whether the portal's property definitions are due",
      schedule: Schedule.rate(Duration.minutes(1)),
      // A tick that failed is made up for by the next.
      targets: [
        new LambdaFunction(this.refreshDefinitions.lambda, { retryAttempts: 0, maxEventAge: Duration.minutes(1) }),
      ],
    });
  }
}
