import { Construct } from 'constructs';
import type { CodeLocation } from '../bundle-handler.ts';
import type { RelaySettings } from '../settings.ts';
import { shareCalls } from '../share-calls.ts';
import { hubspotEnvironment } from './hubspot-environment.ts';
import { RelayFunction } from './relay-function.ts';
import type { RelaySecrets } from './relay-secrets.ts';

export interface ForwardingProps {
  readonly settings: RelaySettings;
  readonly code: CodeLocation;
  readonly secrets: RelaySecrets;
}

/** The function that hands every other request to HubSpot at once, inside its share of the limit. */
export class Forwarding extends Construct {
  readonly forwardRequest: RelayFunction;

  constructor(scope: Construct, id: string, { settings, code, secrets }: ForwardingProps) {
    super(scope, id);
    this.forwardRequest = new RelayFunction(this, 'ForwardRequest', {
      settings,
      code,
      name: 'forward-request',
      description: 'Forwards requests other than writes to HubSpot',
      timeoutSeconds: settings.forwardTimeoutSeconds,
      memoryMb: settings.forwardMemoryMb,
      reservedConcurrency: settings.forwardMaxEnvironments,
      environment: hubspotEnvironment(settings, secrets, {
        callsShare: shareCalls(settings).forward,
        timeoutMs: settings.forwardHubspotTimeoutMs,
      }),
      permissions: [{ actions: ['secretsmanager:GetSecretValue'], resources: [secrets.hubspotToken.secretArn] }],
    });
  }
}
