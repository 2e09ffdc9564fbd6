import { z } from 'zod';
import { type DurationMs, seconds } from '../../../lib/runtime/units.ts';
import type { ResolvedResource } from '../template/resolve-template.ts';
import { TemplateError } from '../template/template-error.ts';

/** How messages of a queue reach a function. */
export interface EventSourceMapping {
  readonly queueArn: string;
  readonly functionArn: string;
  /** Messages per invocation, at most. */
  readonly batchSize: number;
  /** How long after its first message a batch may wait to fill up. */
  readonly window: DurationMs;
  /** Invocations at the same time, at most. */
  readonly maximumConcurrency: number;
  readonly reportsItemFailures: boolean;
}

const mappingProperties = z.looseObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: z.boolean().default(true),
  BatchSize: z.coerce.number().default(10),
  MaximumBatchingWindowInSeconds: z.coerce.number().default(0),
  ScalingConfig: z.looseObject({ MaximumConcurrency: z.coerce.number().default(5) }).default({ MaximumConcurrency: 5 }),
  FunctionResponseTypes: z.array(z.string()).default([]),
  FilterCriteria: z.unknown().optional(),
});

/** Reads an enabled `AWS::Lambda::EventSourceMapping`; `undefined` for a disabled one. Only SQS sources run here. */
export function readEventSourceMapping(resource: ResolvedResource): EventSourceMapping | undefined {
  const properties = mappingProperties.parse(resource.properties);
  if (!properties.EventSourceArn.startsWith('arn:aws:sqs:')) {
    throw new TemplateError(`event source mapping ${resource.logicalId} reads from something else than an SQS queue`);
  }
  if (properties.FilterCriteria !== undefined) {
    throw new TemplateError(
      `event source mapping ${resource.logicalId} has a filter, which the local runner cannot run`,
    );
  }
  if (!properties.Enabled) return undefined;
  return {
    queueArn: properties.EventSourceArn,
    functionArn: properties.FunctionName,
    batchSize: properties.BatchSize,
    window: seconds(properties.MaximumBatchingWindowInSeconds),
    maximumConcurrency: properties.ScalingConfig.MaximumConcurrency,
    reportsItemFailures: properties.FunctionResponseTypes.includes('ReportBatchItemFailures'),
  };
}
