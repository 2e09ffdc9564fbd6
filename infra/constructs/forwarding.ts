import { Construct } from 'constructs';
import { PACE_KEY } from '../../lib/pace/pace-key.ts';
import type { CodeLocation } from '../bundle-handler.ts';
import type { RelaySettings } from '../settings.ts';
import { shareCalls } from '../share-calls.ts';
import { hubspotEnvironment } from './hubspot-environment.ts';
import { RelayFunction } from './relay-function.ts';
import type { RelaySecrets } from './relay-secrets.ts';
import type { RelayTables } from './relay-tables.ts';

export interface ForwardingProps {
  readonly settings: RelaySettings;
  readonly code: CodeLocation;
  readonly tables: RelayTables;
  readonly secrets: RelaySecrets;
}

/** The function that hands every other request to HubSpot at once, inside the shared pace. */
export class Forwarding extends Construct {
  readonly forwardRequest: RelayFunction;

  constructor(scope: Construct, id: string, { settings, code, tables, secrets }: ForwardingProps) {
    super(scope, id);
    this.forwardRequest = new RelayFunction(this, 'ForwardRequest', {
      settings,
      code,
      name: 'forward-request',
      description: 'Forwards requests other than writes to HubSpot',
      timeoutSeconds: settings.forwardTimeoutSeconds,
      memoryMb: settings.forwardMemoryMb,
      environment: {
        CONTACTS_TABLE: tables.contacts.tableName,
        HUBSPOT_CALLS_RESERVED: String(shareCalls(settings).reserved),
        HUBSPOT_SEARCHES_PER_SECOND: String(settings.hubspotSearchesPerSecond),
        HUBSPOT_ASSOCIATIONS_PER_10_SECONDS: String(settings.associationsPer10Seconds),
        GDPR_DELETE: settings.gdprDelete,
        ASSOCIATION_ENVIRONMENTS: String(shareCalls(settings).associationEnvironments),
        FORWARD_ENVIRONMENTS: String(settings.forwardMaxEnvironments),
        ...hubspotEnvironment(settings, secrets, {
          callsShare: shareCalls(settings).forward,
          timeoutMs: settings.forwardHubspotTimeoutMs,
        }),
      },
      permissions: [
        { actions: ['secretsmanager:GetSecretValue'], resources: [secrets.hubspotToken.secretArn] },
        {
          actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
          resources: [tables.contacts.tableArn],
          items: [PACE_KEY],
        },
      ],
    });
  }
}
