import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { RelaySettings } from '../settings.ts';
import type { Delivery } from './delivery.ts';
import type { WriteQueues } from './write-queues.ts';

export interface RelayAlarmsProps {
  readonly settings: RelaySettings;
  readonly queues: WriteQueues;
  readonly delivery: Delivery;
}

/** What a person should know of. Each alarm says in its description what it means for the contacts. */
export class RelayAlarms extends Construct {
  constructor(scope: Construct, id: string, { settings, queues, delivery }: RelayAlarmsProps) {
    super(scope, id);
    const period = Duration.minutes(5);
    const alarms = [
      this.over('DeadLetters', {
        metric: queues.deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
        threshold: 0,
        meaning: `Writes were given up and are kept for ${settings.deadLetterRetentionDays} days: look at their reason and redrive them.`,
      }),
      this.over('OldestMessage', {
        metric: queues.writes.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' }),
        threshold: settings.oldestMessageAlarmSeconds,
        meaning:
          'Writes are queued faster than they are consumed, or not consumed at all. Nothing is lost yet; HubSpot lags behind.',
      }),
      this.over('DeliverErrors', {
        metric: delivery.deliverWrites.lambda.metricErrors({ period, statistic: 'Sum' }),
        threshold: 0,
        meaning:
          'The consumer crashed or timed out. Its writes are tried again, alone if need be; one of them may become a dead letter.',
      }),
    ];
    if (settings.alarmTopicArn === '') return;
    const action = new SnsAction(Topic.fromTopicArn(this, 'Topic', settings.alarmTopicArn));
    for (const alarm of alarms) alarm.addAlarmAction(action);
  }

  private over(id: string, alarm: { readonly metric: Metric; readonly threshold: number; readonly meaning: string }) {
    return new Alarm(this, id, {
      metric: alarm.metric,
      threshold: alarm.threshold,
      alarmDescription: alarm.meaning,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
