import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../../lib/runtime/clock.ts';
import { between, type EpochMs, milliseconds, seconds } from '../../../lib/runtime/units.ts';
import type { Environment, InvocationResult } from './environment.ts';
import type { EnvironmentLimits } from './environment-limits.ts';

/** A function that can be invoked, with as many environments as it may have. */
export interface FunctionPool {
  /** Runs one event; waits for a free environment first. Never rejects. */
  invoke(event: unknown): Promise<InvocationResult>;
  /** Kills all environments. Invocations that run or wait fail. */
  stop(): Promise<void>;
}

/** An event in line for an environment; it is taken with nothing when the pool stops. */
interface Waiting {
  readonly since: EpochMs;
  readonly take: (environment: Environment | undefined) => void;
}

/** Lambda's limit for an event, in bytes. */
const maximumEventBytes = 6 * 1024 * 1024;

/** An event that has waited this long is behind environments that wait themselves, not behind work. */
const patience = seconds(1);
/** One environment more at a time: a start costs as much as a hundred events. */
const growthPause = milliseconds(500);

/**
 * Keeps environments of one function, started when needed and kept when idle, as Lambda does. Beyond the usual number
 * events wait in line, where Lambda would start more environments at once; only for an event that has waited long another
 * one is started, up to the most.
 */
export function createFunctionPool(
  start: () => Environment,
  limits: EnvironmentLimits,
  clock: Clock = systemClock,
): FunctionPool {
  const idle: Environment[] = [];
  const all = new Set<Environment>();
  const waiting: Waiting[] = [];
  const stopping = new AbortController();
  let isGrowing = false;

  const startOne = (): Environment => {
    const environment = start();
    all.add(environment);
    return environment;
  };
  const grow = async (): Promise<void> => {
    if (isGrowing) return;
    isGrowing = true;
    while (waiting.length > 0 && all.size < limits.most && !stopping.signal.aborted) {
      await clock.sleep(growthPause, stopping.signal).catch(() => undefined);
      const [longest] = waiting;
      const isParked = longest !== undefined && between(longest.since, clock.now()) >= patience;
      if (isParked && all.size < limits.most) waiting.shift()?.take(startOne());
    }
    isGrowing = false;
  };
  const acquire = (): Promise<Environment | undefined> | Environment | undefined => {
    if (stopping.signal.aborted) return undefined;
    const kept = takeAlive(idle, all);
    if (kept !== undefined) return kept;
    if (all.size < limits.usual) return startOne();
    return new Promise((take) => {
      waiting.push({ since: clock.now(), take });
      void grow();
    });
  };
  const release = (environment: Environment): void => {
    if (!environment.isAlive()) all.delete(environment);
    if (stopping.signal.aborted) return;
    const next = waiting.shift();
    if (next === undefined) {
      if (environment.isAlive()) idle.push(environment);
      return;
    }
    next.take(environment.isAlive() ? environment : startOne());
  };

  return {
    invoke: async (event) => {
      const json = JSON.stringify(event);
      if (Buffer.byteLength(json) > maximumEventBytes) return { kind: 'too-large', reason: 'the event is over 6 MB' };
      const environment = await acquire();
      if (environment === undefined) return { kind: 'failed', reason: 'the runner is stopping' };
      const result = await environment.invoke(json, randomUUID());
      release(environment);
      return result;
    },
    stop: async () => {
      stopping.abort();
      for (const next of waiting.splice(0)) next.take(undefined);
      await Promise.all([...all].map((environment) => environment.stop()));
    },
  };
}

/** The most recently used idle environment that still lives; those that died while idle are forgotten. */
function takeAlive(idle: Environment[], all: Set<Environment>): Environment | undefined {
  for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) {
    if (kept.isAlive()) return kept;
    all.delete(kept);
  }
  return undefined;
}
