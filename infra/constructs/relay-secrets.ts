import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/**
 * HubSpot's token and the hashes of the relay's keys.
 *
 * Both are made with values that open nothing (a random word that HubSpot never issued; an empty list of keys) and are filled by a
 * person after the first deployment, so that no secret is ever in a template, a repository or a build log. They outlive the stack.
 */
export class RelaySecrets extends Construct {
  readonly hubspotToken: Secret;
  readonly relayKeys: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.hubspotToken = new Secret(this, 'HubSpotToken', {
      description: "HubSpot's access token for the relay, as plain text",
      generateSecretString: { excludePunctuation: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.relayKeys = new Secret(this, 'RelayKeys', {
      description: 'Keys that may use the relay: {"keys":[{"name":"...","sha256":"...","scopes":[...]}]}',
      // CloudFormation generates into one field only; nobody reads this one.
      generateSecretString: { secretStringTemplate: '{"keys":[]}', generateStringKey: 'placeholder' },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.hubspotToken).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        "HubSpot has no call that rotates a private app's token: a person rotates it in HubSpot and puts it here.",
    });
    Validations.of(this.relayKeys).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Holds hashes of keys that callers hold: rotating means handing out a key, which a person does with relay-key.',
    });
  }
}
