import type { TemplateResource } from './template/cloudformation-template.ts';
import type { PhysicalNames } from './template/resolve-template.ts';

/** The region and account that the stack is pretended to be in: those that fauxqs and dynalite assume. */
export const localRegion = 'us-east-1';
export const localAccountId = '000000000000';

/** Names and ARNs of the stack's resources, as CloudFormation would have made them up. */
export interface LocalNames extends PhysicalNames {
  readonly name: (logicalId: string) => string;
  readonly arn: (logicalId: string) => string;
}

/** The property in which a template may fix a resource's name, and what its ARN looks like. */
const namedTypes: Readonly<Record<string, { readonly nameProperty: string; readonly arn: (name: string) => string }>> =
  {
    'AWS::DynamoDB::GlobalTable': { nameProperty: 'TableName', arn: (name) => arnOf('dynamodb', `table/${name}`) },
    'AWS::DynamoDB::Table': { nameProperty: 'TableName', arn: (name) => arnOf('dynamodb', `table/${name}`) },
    'AWS::Events::Rule': { nameProperty: 'Name', arn: (name) => arnOf('events', `rule/${name}`) },
    'AWS::Lambda::Function': { nameProperty: 'FunctionName', arn: (name) => arnOf('lambda', `function:${name}`) },
    'AWS::SQS::Queue': { nameProperty: 'QueueName', arn: (name) => arnOf('sqs', name) },
    'AWS::SecretsManager::Secret': { nameProperty: 'Name', arn: (name) => arnOf('secretsmanager', `secret:${name}`) },
  };

/** Gives the names for a stack; queues get a URL under `queueEndpoint`, which the embedded SQS resolves. */
export function createLocalNames(
  stackName: string,
  resources: Readonly<Record<string, TemplateResource>>,
  queueEndpoint: string,
): LocalNames {
  const name = (logicalId: string): string => {
    const resource = resources[logicalId];
    const fixed = resource?.properties[namedTypes[resource.type]?.nameProperty ?? ''];
    return typeof fixed === 'string' ? fixed : `${stackName}-${logicalId}`;
  };
  const arn = (logicalId: string): string => {
    const named = namedTypes[resources[logicalId]?.type ?? ''];
    return named === undefined ? arnOf('local', logicalId) : named.arn(name(logicalId));
  };
  const queueUrl = (logicalId: string): string => `${queueEndpoint}/${localAccountId}/${name(logicalId)}`;
  return {
    name,
    arn,
    ref: (logicalId) => {
      const type = resources[logicalId]?.type ?? '';
      if (type === 'AWS::SQS::Queue') return queueUrl(logicalId);
      if (type === 'AWS::SecretsManager::Secret') return arn(logicalId);
      return namedTypes[type] === undefined ? logicalId : name(logicalId);
    },
    attribute: (logicalId, attribute) => {
      if (attribute === 'Arn') return arn(logicalId);
      if (attribute === 'QueueName') return name(logicalId);
      return attribute === 'QueueUrl' ? queueUrl(logicalId) : undefined;
    },
  };
}

function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${localRegion}:${localAccountId}:${resource}`;
}
