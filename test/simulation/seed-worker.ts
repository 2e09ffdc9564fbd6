import { parentPort, workerData } from 'node:worker_threads';
import { findMutation } from './mutations.ts';
import type { SeedReport, SeedTask, WorkerSettings } from './seed-workers.ts';
import { applySourceEdits } from './source-edit.ts';

/** A thread that runs seeds; what is imported after the edits is the edited code. */
const settings: WorkerSettings = workerData;
const mutation = settings.mutation === undefined ? undefined : findMutation(settings.mutation);
applySourceEdits(mutation?.edits ?? []);
const { runSeed } = await import('./run-seed.ts');

parentPort?.on('message', async ({ from, to }: SeedTask) => {
  const reports: SeedReport[] = [];
  for (let seed = from; seed < to; seed += 1) {
    const { violations, statistics } = await runSeed(seed, {
      mode: settings.mode,
      ...(mutation?.ports !== undefined && { mutation: mutation.ports }),
    });
    reports.push({ seed, violations, statistics });
  }
  parentPort?.postMessage(reports);
});
