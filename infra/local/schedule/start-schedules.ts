import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { toIso } from '../../../lib/runtime/units.ts';
import type { FunctionPool } from '../lambda/function-pool.ts';
import { type LocalNames, localAccountId, localRegion } from '../physical-names.ts';
import type { ResolvedTemplate } from '../template/resolve-template.ts';
import { readSchedule, type ScheduleDefinition } from './schedule-definition.ts';

/** What schedules need of the runner. */
export interface ScheduleOptions {
  readonly names: Pick<LocalNames, 'arn'>;
  readonly poolOf: (functionArn: string) => Pick<FunctionPool, 'invoke'>;
  readonly clock: Clock;
  /** Is told of an invocation that failed, in one line. */
  readonly report: (line: string) => void;
}

/** A schedule that runs. */
export interface RunningSchedule {
  /** Resolves when all that the first tick started has ended. */
  readonly firstTick: Promise<void>;
  /** Starts nothing more; resolves when what runs has ended. */
  stop(): Promise<void>;
}

/** Starts the template's schedules. Throws `TemplateError` for a rule that cannot be run here. */
export function startSchedules(
  template: Pick<ResolvedTemplate, 'resources'>,
  options: ScheduleOptions,
): readonly RunningSchedule[] {
  return template
    .resources('AWS::Events::Rule')
    .map((rule) => readSchedule(rule, options.names.arn(rule.logicalId)))
    .filter((schedule) => schedule !== undefined)
    .map((schedule) => start(schedule, options));
}

/** Ticks at once, as one that is deployed has long done, and then at its rate. A slow target does not hold up the next tick. */
function start(schedule: ScheduleDefinition, options: ScheduleOptions): RunningSchedule {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const tick = (): Promise<void> => {
    const ended = Promise.all(schedule.targets.map((target) => invoke(schedule, target, options))).then(
      () => undefined,
    );
    running.add(ended);
    void ended.then(() => running.delete(ended));
    return ended;
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await options.clock.sleep(schedule.every, stopping.signal).catch(() => undefined);
      if (!stopping.signal.aborted) void tick();
    }
  };
  const firstTick = tick();
  const looping = loop();
  return {
    firstTick,
    stop: async () => {
      stopping.abort();
      await looping;
      await Promise.all(running);
    },
  };
}

async function invoke(
  { ruleArn }: ScheduleDefinition,
  { functionArn, input }: ScheduleDefinition['targets'][number],
  { poolOf, clock, report }: ScheduleOptions,
): Promise<void> {
  const event = {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: localAccountId,
    time: toIso(clock.now()),
    region: localRegion,
    resources: [ruleArn],
    detail: {},
  };
  const result = await poolOf(functionArn).invoke(input ?? event);
  if (result.kind !== 'returned') report(`${functionArn} failed: ${result.reason}`);
}
