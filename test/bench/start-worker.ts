import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type CpuProfile, cpuProfile } from './cpu-profile.ts';

/** What a run of events cost. */
export interface RunReport {
  readonly results: readonly unknown[];
  /** CPU time of the process, user and system, in milliseconds. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** A process that holds one function's bundle. */
export interface Worker {
  /** Calls the handler with each event, one after the other. Rejects when one throws. */
  run(events: readonly unknown[]): Promise<RunReport>;
  /** Requests that a run sends, by operation: `UpdateItem`, `SendMessage`, `HubSpot`, …. */
  count(events: readonly unknown[]): Promise<Readonly<Record<string, number>>>;
  /** The same under V8's sampling profiler, which itself costs time. */
  profile(events: readonly unknown[]): Promise<CpuProfile>;
  stop(): Promise<void>;
}

const report = z.union([
  z.object({ error: z.string() }),
  z.object({
    results: z.array(z.unknown()),
    cpuMs: z.number(),
    wallMs: z.number(),
    profile: z.optional(z.unknown()),
    operations: z.optional(z.record(z.string(), z.number())),
  }),
]);

/** Starts it with the environment of a function; `LAMBDA_TASK_ROOT` names the bundle. */
export function startWorker(variables: Readonly<Record<string, string>>, output: number): Worker {
  const child = fork(fileURLToPath(new URL('./worker.mjs', import.meta.url)), [], {
    env: { ...variables },
    execArgv: [],
    stdio: ['ignore', output, output, 'ipc'],
    serialization: 'advanced',
  });
  const exited = once(child, 'exit');
  const call = async (events: readonly unknown[], mode: 'plain' | 'profiled' | 'counted') => {
    const answer = Promise.race([once(child, 'message'), exited.then(() => [{ error: 'its process ended' }])]);
    child.send({ events, mode });
    const [message] = await answer;
    const parsed = report.parse(message);
    if ('error' in parsed) throw new Error(`the handler failed: ${parsed.error}`);
    return parsed;
  };
  return {
    run: (events) => call(events, 'plain'),
    count: async (events) => (await call(events, 'counted')).operations ?? {},
    profile: async (events) => cpuProfile.parse((await call(events, 'profiled')).profile),
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
