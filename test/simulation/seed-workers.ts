import { Worker } from 'node:worker_threads';
import type { Mode, RunStatistics } from './run-seed.ts';
import type { Violation } from './witness.ts';

export interface SeedTask {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly statistics: RunStatistics;
}

export interface WorkerSettings {
  readonly mode: Mode;
  /** Name of a mutation. */
  readonly mutation?: string;
}

export interface SeedRange extends SeedTask {
  readonly workers: number;
  /** Seeds that a worker runs before it reports. */
  readonly chunk: number;
  /** Told of each seed; false ends the run. */
  readonly onReport: (report: SeedReport) => boolean;
}

/** Runs seeds on threads. Rejects when a thread fails, e.g. for a mutation whose passage is gone. */
export async function runSeedsOnWorkers(settings: WorkerSettings, range: SeedRange): Promise<void> {
  const workers = Array.from(
    { length: range.workers },
    () => new Worker(new URL('./seed-worker.ts', import.meta.url), { workerData: settings }),
  );
  try {
    let next = range.from;
    let isOver = false;
    await Promise.all(
      workers.map(async (worker) => {
        while (!isOver && next < range.to) {
          const task: SeedTask = { from: next, to: Math.min(next + range.chunk, range.to) };
          next = task.to;
          for (const report of await runTask(worker, task)) if (!isOver && !range.onReport(report)) isOver = true;
        }
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function runTask(worker: Worker, task: SeedTask): Promise<readonly SeedReport[]> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      end();
    };
    const onMessage = (reports: readonly SeedReport[]) => settle(() => resolve(reports));
    const onError = (error: unknown) => settle(() => reject(error));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.postMessage(task);
  });
}
