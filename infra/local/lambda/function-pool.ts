import { randomUUID } from 'node:crypto';
import type { Environment, InvocationResult } from './environment.ts';

/** A function that can be invoked, with as many environments as it may have. */
export interface FunctionPool {
  /** Runs one event; waits for a free environment first. Never rejects. */
  invoke(event: unknown): Promise<InvocationResult>;
  /** Kills all environments. Invocations that run or wait fail. */
  stop(): Promise<void>;
}

/** Lambda's limit for an event, in bytes. */
const maximumEventBytes = 6 * 1024 * 1024;

/**
 * Keeps up to `cap` environments of one function, started when needed and kept when idle, as Lambda does; beyond the cap
 * events wait in line. Lambda would start more environments instead: on a machine with few cores that only makes all of
 * them slow.
 */
export function createFunctionPool(start: () => Environment, cap: number): FunctionPool {
  const idle: Environment[] = [];
  const all = new Set<Environment>();
  const waiting: ((environment: Environment | undefined) => void)[] = [];
  let stopped = false;

  const startOne = (): Environment => {
    const environment = start();
    all.add(environment);
    return environment;
  };
  const acquire = (): Promise<Environment | undefined> | Environment | undefined => {
    if (stopped) return undefined;
    const kept = takeAlive(idle, all);
    if (kept !== undefined) return kept;
    if (all.size < cap) return startOne();
    return new Promise((resolve) => waiting.push(resolve));
  };
  const release = (environment: Environment): void => {
    if (!environment.isAlive()) all.delete(environment);
    if (stopped) return;
    const next = waiting.shift();
    if (next === undefined) {
      if (environment.isAlive()) idle.push(environment);
      return;
    }
    next(environment.isAlive() ? environment : startOne());
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
      stopped = true;
      for (const next of waiting.splice(0)) next(undefined);
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
