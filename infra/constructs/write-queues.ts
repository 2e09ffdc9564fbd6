import { Duration, Stack } from 'aws-cdk-lib';
import { Queue, QueueEncryption, type QueueProps, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { RelaySettings } from '../settings.ts';

/**
 * The way of a write: writes -> isolation -> dead letters (delivery.md, rule 25).
 *
 * A message that kills its consumer takes a batch with it; after `writesMaxReceiveCount` such receives all of the batch goes
 * to the isolation queue, where each message is alone. There the innocent are delivered, and the culprit becomes the one dead letter.
 */
export class WriteQueues extends Construct {
  readonly writes: Queue;
  readonly isolation: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, settings: RelaySettings) {
    super(scope, id);
    const visibilityTimeout = Duration.seconds(settings.visibilityTimeoutSeconds);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...this.named('dead-letters'),
      ...this.onlyFrom('isolation'),
      retentionPeriod: Duration.days(settings.deadLetterRetentionDays),
    });
    this.isolation = new Queue(this, 'Isolation', {
      ...this.named('isolation'),
      ...this.onlyFrom('writes'),
      visibilityTimeout,
      retentionPeriod: Duration.days(settings.isolationRetentionDays),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: settings.isolationMaxReceiveCount },
    });
    this.writes = new Queue(this, 'Writes', {
      ...this.named('writes'),
      redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
      visibilityTimeout,
      retentionPeriod: Duration.days(settings.writesRetentionDays),
      deadLetterQueue: { queue: this.isolation, maxReceiveCount: settings.writesMaxReceiveCount },
    });
  }

  private named(name: string): QueueProps {
    return { queueName: this.nameOf(name), encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
  }

  /**
   * Lets only one queue redrive into this one. The source is told by its name: by reference each of the two queues would have
   * to exist before the other. That is why the queues have names at all.
   */
  private onlyFrom(name: string): QueueProps {
    const arn = Stack.of(this).formatArn({ service: 'sqs', resource: this.nameOf(name) });
    const source = Queue.fromQueueArn(this, `Source-${name}`, arn);
    return { redriveAllowPolicy: { redrivePermission: RedrivePermission.BY_QUEUE, sourceQueues: [source] } };
  }

  private nameOf(name: string): string {
    return `${Stack.of(this).stackName}-${name}`;
  }
}
