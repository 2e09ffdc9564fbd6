import { beforeEach, describe, expect, test } from '@jest/globals';
import type { InvocationResult } from '../../../infra/local/lambda/environment.ts';
import { readSchedule } from '../../../infra/local/schedule/schedule-definition.ts';
import { type RunningSchedule, startSchedules } from '../../../infra/local/schedule/start-schedules.ts';
import type { ResolvedResource } from '../../../infra/local/template/resolve-template.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { minutes } from '../../../lib/runtime/units.ts';
import { NOON } from '../../support/a-contact-write.ts';

const rule = (properties: Record<string, unknown>): ResolvedResource => ({
  logicalId: 'Rule',
  type: 'AWS::Events::Rule',
  properties,
});
const ARN = 'arn:aws:events:us-east-1:000000000000:rule/Rule';

describe('a rule', () => {
  test.each([
    ['rate(1 minute)', 1],
    ['rate(5 minutes)', 5],
    ['rate(2 hours)', 120],
    ['rate(1 day)', 1_440],
  ])('of %s ticks every %d minutes', (ScheduleExpression, every) => {
    const Targets = [
      { Arn: 'f', Id: '0' },
      { Arn: 'g', Id: '1', Input: '{"a":1}' },
    ];
    expect(readSchedule(rule({ ScheduleExpression, Targets }), ARN)).toEqual({
      ruleArn: ARN,
      every: minutes(every),
      targets: [{ functionArn: 'f' }, { functionArn: 'g', input: { a: 1 } }],
    });
  });

  test('that is disabled never ticks', () => {
    expect(readSchedule(rule({ ScheduleExpression: 'rate(1 minute)', State: 'DISABLED' }), ARN)).toBeUndefined();
  });

  test.each([
    { ScheduleExpression: 'cron(0 12 * * ? *)' },
    { EventPattern: { source: ['aws.s3'] } },
    { ScheduleExpression: 'rate(1 minute)', EventPattern: {} },
    {},
  ])('that is no schedule at a rate is refused: %j', (properties) => {
    expect(() => readSchedule(rule(properties), ARN)).toThrow(/rule Rule is no rate\(…\) schedule/);
  });
});

describe('a running schedule', () => {
  let sleepers: (() => void)[];
  let events: unknown[];
  let reports: string[];
  let results: Promise<InvocationResult>[];
  let schedule: RunningSchedule;

  const clock: Clock = {
    now: () => NOON,
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        sleepers.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  const start = (): RunningSchedule => {
    const resources = () => [rule({ ScheduleExpression: 'rate(1 minute)', Targets: [{ Arn: 'f', Id: '0' }] })];
    const invoke = async (event: unknown): Promise<InvocationResult> => {
      events.push(event);
      return (await results.shift()) ?? { kind: 'returned', payload: null };
    };
    const options = {
      names: { arn: () => ARN },
      poolOf: () => ({ invoke }),
      clock,
      report: (line: string) => void reports.push(line),
    };
    const [only] = startSchedules({ resources }, options);
    if (only === undefined) throw new Error('no schedule was started');
    return only;
  };
  /** Lets a minute pass. */
  const pass = async () => {
    sleepers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };

  beforeEach(() => {
    sleepers = [];
    events = [];
    reports = [];
    results = [];
  });

  test('ticks at once, then at its rate, until it is stopped', async () => {
    schedule = start();
    await schedule.firstTick;
    expect(events).toMatchObject([{ source: 'aws.events', resources: [ARN], time: '2026-11-23T12:00:00.000Z' }]);
    await pass();
    await pass();
    expect(events).toHaveLength(3);
    await schedule.stop();
    await pass();
    expect(events).toHaveLength(3);
  });

  test('ticks on while a target is slow, and is stopped only when that has ended', async () => {
    let end = (_: InvocationResult) => {};
    results.push(
      new Promise((resolve) => {
        end = resolve;
      }),
    );
    schedule = start();
    await pass();
    expect(events).toHaveLength(2);
    let isStopped = false;
    const stopping = schedule.stop().then(() => {
      isStopped = true;
    });
    await pass();
    expect(isStopped).toBe(false);
    end({ kind: 'failed', reason: 'it was slow' });
    await stopping;
    expect(reports).toEqual(['f failed: it was slow']);
  });
});
