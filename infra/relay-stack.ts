import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { CodeLocation } from './bundle-handler.ts';
import { AcceptFunctions } from './constructs/accept-functions.ts';
import { DefinitionsRefresh } from './constructs/definitions-refresh.ts';
import { Delivery } from './constructs/delivery.ts';
import { Forwarding } from './constructs/forwarding.ts';
import { FrontDoor } from './constructs/front-door.ts';
import { RelayAlarms } from './constructs/relay-alarms.ts';
import { RelaySecrets } from './constructs/relay-secrets.ts';
import { RelayTables } from './constructs/relay-tables.ts';
import { WriteQueues } from './constructs/write-queues.ts';
import type { RelaySettings } from './settings.ts';

export interface RelayStackProps extends StackProps {
  readonly settings: RelaySettings;
  readonly code: CodeLocation;
}

/** All of the relay: what comes in is stored and queued, what is queued is delivered. */
export class RelayStack extends Stack {
  constructor(scope: Construct, { settings, code, ...props }: RelayStackProps) {
    super(scope, settings.stackName, {
      description: 'HubSpot Relay: a durable front door for HubSpot contacts',
      ...props,
    });
    const tables = new RelayTables(this, 'Tables');
    const queues = new WriteQueues(this, 'Queues', settings);
    const secrets = new RelaySecrets(this, 'Secrets');
    const accept = new AcceptFunctions(this, 'Accept', { settings, code, tables, queues });
    const { forwardRequest } = new Forwarding(this, 'Forwarding', { settings, code, tables, secrets });
    const delivery = new Delivery(this, 'Delivery', { settings, code, tables, queues, secrets });
    new DefinitionsRefresh(this, 'Portal', { settings, code, tables, secrets });
    const door = new FrontDoor(this, 'FrontDoor', { settings, code, secrets, accept, forwardRequest });
    const { authorizeRequest } = door;
    new RelayAlarms(this, 'Alarms', { settings, queues, delivery, accept, authorizeRequest, forwardRequest });

    this.tell('ApiUrl', door.url, "The relay's base URL, in place of HubSpot's");
    this.tell('HubSpotTokenSecret', secrets.hubspotToken.secretName, "Put HubSpot's access token here");
    this.tell('RelayKeysSecret', secrets.relayKeys.secretName, 'Put the hashes of relay keys here');
    this.tell('WritesQueueUrl', queues.writes.queueUrl, 'Writes on their way');
    this.tell('IsolationQueueUrl', queues.isolation.queueUrl, 'Writes that crashed a consumer, or were in its batch');
    this.tell('DeadLetterQueueUrl', queues.deadLetters.queueUrl, 'Writes that were given up');
    this.tell('DeadLetterQueueArn', queues.deadLetters.queueArn, 'From where dead letters are redriven');
    this.tell('WritesQueueArn', queues.writes.queueArn, 'To where dead letters are redriven');
  }

  private tell(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description });
  }
}
