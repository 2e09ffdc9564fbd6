import { CreateQueueCommand, GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { ResolvedResource } from '../template/resolve-template.ts';
import { TemplateError } from '../template/template-error.ts';
import { localClient } from './local-client.ts';

/** A queue as SQS's CreateQueue wants it. */
export interface QueueDefinition {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const queueProperties = z.looseObject({
  FifoQueue: z.boolean().default(false),
  RedrivePolicy: z.looseObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.coerce.number() }).optional(),
});
/** CloudFormation has them as numbers, SQS as texts. */
const plainAttributes = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
];

/** Reads an `AWS::SQS::Queue`; throws `TemplateError` for a FIFO queue, which fauxqs does not play faithfully. */
export function readQueue(resource: ResolvedResource, name: string): QueueDefinition {
  const { FifoQueue, RedrivePolicy } = queueProperties.parse(resource.properties);
  if (FifoQueue) {
    throw new TemplateError(`queue ${resource.logicalId} is a FIFO queue, which the local runner cannot run`);
  }
  const plain = plainAttributes.filter((attribute) => resource.properties[attribute] !== undefined);
  return {
    name,
    attributes: {
      ...Object.fromEntries(plain.map((attribute) => [attribute, String(resource.properties[attribute])])),
      ...(RedrivePolicy && { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
    },
  };
}

/** Creates queues, and gives those that a data directory already holds the attributes of today's template. */
export async function createQueues(url: string, queues: readonly QueueDefinition[]): Promise<void> {
  const client = new SQSClient(localClient(url));
  try {
    for (const { name, attributes } of queues) {
      const known = await client.send(new GetQueueUrlCommand({ QueueName: name })).catch(() => undefined);
      if (known === undefined) await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
      else {
        const today = { RedrivePolicy: '', ...attributes };
        await client.send(new SetQueueAttributesCommand({ QueueUrl: known.QueueUrl, Attributes: today }));
      }
    }
  } finally {
    client.destroy();
  }
}
