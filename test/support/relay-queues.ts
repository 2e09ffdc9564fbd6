import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { RunningTemplate } from '../../infra/local/run-template.ts';

/** How many messages a queue holds, by what they wait for. */
export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** The queues of a running relay, seen from outside through SQS's own API. */
export interface RelayQueues {
  /** `part` names one queue: `Writes`, `Isolation` or `DeadLetters`. */
  depth(part: string): Promise<QueueDepth>;
  close(): void;
}

export const emptyQueue: QueueDepth = { visible: 0, inFlight: 0, delayed: 0 };

/** Gives a view of a running relay's queues. */
export function createRelayQueues(relay: Pick<RunningTemplate, 'endpoints' | 'queueUrl'>): RelayQueues {
  const client = new SQSClient({
    endpoint: relay.endpoints.sqs,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return {
    depth: async (part) => {
      const { Attributes: attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: relay.queueUrl(part), AttributeNames: ['All'] }),
      );
      return {
        visible: Number(attributes['ApproximateNumberOfMessages']),
        inFlight: Number(attributes['ApproximateNumberOfMessagesNotVisible']),
        delayed: Number(attributes['ApproximateNumberOfMessagesDelayed']),
      };
    },
    close: () => client.destroy(),
  };
}
