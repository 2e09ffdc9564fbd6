import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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
  /** False: no contact is archived. */
  readonly archives?: boolean;
  /** False: no run has a lifecycle scenario. */
  readonly lifecycle?: boolean;
  /** False: nobody is deleted for good. */
  readonly deletions?: boolean;
  /** False: no contact is associated. */
  readonly associations?: boolean;
  /** False: each contact has one e-mail and one id. */
  readonly identities?: boolean;
  /** True: contacts change their e-mails. */
  readonly renames?: boolean;
  /** True: contacts have several names in runs with archives, too. */
  readonly archivedNames?: boolean;
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

const SEED_WORKER = fileURLToPath(new URL('./seed-worker.ts', import.meta.url));

/**
 * Runs seeds in processes of their own. Rejects when one fails, e.g. for a mutation whose passage is gone. Threads that come and
 * go would do as well, were it not for V8: where the processor has memory protection keys, they now and then take all of
 * Node with them ("Check failed: jit_page.has_value()").
 */
export async function runSeedsOnWorkers(settings: WorkerSettings, range: SeedRange): Promise<void> {
  const workers = Array.from({ length: range.workers }, () =>
    fork(SEED_WORKER, [JSON.stringify(settings)], { serialization: 'advanced', execArgv: [] }),
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
    for (const worker of workers) if (worker.connected) worker.disconnect();
  }
}

function runTask(worker: ChildProcess, task: SeedTask): Promise<readonly SeedReport[]> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      worker.off('message', onMessage);
      worker.off('exit', onExit);
      end();
    };
    const onMessage = (answer: unknown) => settle(() => resolve(answer as readonly SeedReport[]));
    const onExit = (code: number | null) => settle(() => reject(new Error(`a seed worker ended with ${code}`)));
    worker.on('message', onMessage);
    worker.on('exit', onExit);
    worker.send(task);
  });
}
