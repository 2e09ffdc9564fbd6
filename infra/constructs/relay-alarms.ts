import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { RelaySettings } from '../settings.ts';
import type { AcceptFunctions } from './accept-functions.ts';
import type { Delivery } from './delivery.ts';
import type { RelayFunction } from './relay-function.ts';
import type { WriteQueues } from './write-queues.ts';

export interface RelayAlarmsProps {
  readonly settings: RelaySettings;
  readonly queues: WriteQueues;
  readonly delivery: Delivery;
  readonly accept: AcceptFunctions;
  readonly authorizeRequest: RelayFunction;
  readonly forwardRequest: RelayFunction;
}

/** What a person should know of. Each alarm says in its description what it means for the contacts. */
export class RelayAlarms extends Construct {
  constructor(scope: Construct, id: string, props: RelayAlarmsProps) {
    super(scope, id);
    const { settings, queues, delivery, authorizeRequest, forwardRequest } = props;
    const period = Duration.minutes(5);
    const errorsOf = ({ lambda }: RelayFunction) => lambda.metricErrors({ period, statistic: 'Sum' });
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
        metric: errorsOf(delivery.deliverWrites),
        threshold: 0,
        meaning:
          'The consumer crashed or timed out. Its writes are tried again, alone if need be; one of them may become a dead letter.',
      }),
      this.over('OldestIsolated', {
        metric: queues.isolation.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' }),
        // A message that kills is a dead letter after all its receives; what is older than that, nobody receives.
        threshold:
          settings.isolationMaxReceiveCount * settings.visibilityTimeoutSeconds + settings.oldestMessageAlarmSeconds,
        meaning:
          'Writes that were taken aside after a crash are not consumed. Nothing is lost yet, but neither are they delivered, nor dead letters.',
      }),
      this.over('AuthorizeErrors', {
        metric: errorsOf(authorizeRequest),
        threshold: 0,
        meaning:
          "The authorizer crashed, timed out, or could not read the relay's keys. Those callers got a 500 of API Gateway's, and nothing of theirs was taken.",
      }),
      this.over('DoorErrors', {
        metric: errorsOfAll(doorOf(props.accept), period),
        threshold: 0,
        meaning:
          'A function that takes writes, or tells of them, crashed or timed out. Its callers do not know whether their writes were taken: without an Idempotency-Key a repeat may double them.',
      }),
      this.over('ForwardErrors', {
        metric: errorsOf(forwardRequest),
        threshold: 0,
        meaning:
          'The function that forwards requests crashed or timed out. A change may have been carried out by HubSpot without its caller being told.',
      }),
    ];
    if (settings.alarmTopicArn === '') return;
    const action = new SnsAction(Topic.fromTopicArn(this, 'Topic', settings.alarmTopicArn));
    for (const alarm of alarms) alarm.addAlarmAction(action);
  }

  private over(id: string, alarm: { readonly metric: IMetric; readonly threshold: number; readonly meaning: string }) {
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

const doorOf = (accept: AcceptFunctions): Readonly<Record<string, RelayFunction>> => ({
  create: accept.createContacts,
  update: accept.updateContacts,
  upsert: accept.upsertContacts,
  archive: accept.archiveContacts,
  gdprDelete: accept.gdprDeleteContacts,
  associate: accept.associateContacts,
  read: accept.readOperation,
});

/** The errors of several functions together; one that was not called has none. */
function errorsOfAll(functions: Readonly<Record<string, RelayFunction>>, period: Duration): MathExpression {
  const metrics = Object.entries(functions).map(
    ([name, { lambda }]) => [name, lambda.metricErrors({ period, statistic: 'Sum' })] as const,
  );
  return new MathExpression({
    expression: metrics.map(([name]) => `FILL(${name}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(metrics),
    label: 'Errors',
    period,
  });
}
