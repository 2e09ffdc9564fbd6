import { z } from 'zod';
import { type DurationMs, minutes } from '../../../lib/runtime/units.ts';
import type { ResolvedResource } from '../template/resolve-template.ts';
import { TemplateError } from '../template/template-error.ts';

/** A schedule and what it starts. */
export interface ScheduleDefinition {
  readonly ruleArn: string;
  readonly every: DurationMs;
  readonly targets: readonly { readonly functionArn: string; readonly input?: unknown }[];
}

const ruleProperties = z.looseObject({
  ScheduleExpression: z.string().optional(),
  EventPattern: z.unknown().optional(),
  State: z.string().default('ENABLED'),
  Targets: z.array(z.looseObject({ Arn: z.string(), Input: z.string().optional() })).default([]),
});

/** `rate(5 minutes)` (EventBridge guide, rate expressions). */
const RATE = /^rate\((\d+) (minute|hour|day)s?\)$/;
const MINUTES_IN = { minute: 1, hour: 60, day: 1_440 } as const;

/** Reads an enabled `AWS::Events::Rule` with a rate; `undefined` for a disabled one. Throws `TemplateError` for any other rule. */
export function readSchedule(resource: ResolvedResource, ruleArn: string): ScheduleDefinition | undefined {
  const { ScheduleExpression, EventPattern, State, Targets } = ruleProperties.parse(resource.properties);
  const rate = RATE.exec(ScheduleExpression ?? '');
  if (rate === null || EventPattern !== undefined) {
    throw new TemplateError(`rule ${resource.logicalId} is no rate(…) schedule, and the local runner runs no others`);
  }
  if (State === 'DISABLED') return undefined;
  const unit = rate[2] === 'day' || rate[2] === 'hour' ? rate[2] : 'minute';
  return {
    ruleArn,
    every: minutes(Number(rate[1]) * MINUTES_IN[unit]),
    targets: Targets.map(({ Arn, Input }) => ({
      functionArn: Arn,
      ...(Input !== undefined && { input: JSON.parse(Input) as unknown }),
    })),
  };
}
