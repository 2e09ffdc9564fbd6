import { findMutation } from './mutations.ts';
import type { SeedReport, SeedTask, WorkerSettings } from './seed-workers.ts';
import { applySourceEdits } from './source-edit.ts';

/** A process that runs seeds until its parent leaves it; what is imported after the edits is the edited code. */
const settings = JSON.parse(process.argv[2] ?? '{}') as WorkerSettings;
const mutation = settings.mutation === undefined ? undefined : findMutation(settings.mutation);
applySourceEdits(mutation?.edits ?? []);
const { runSeed } = await import('./run-seed.ts');

process.on('message', async (task) => {
  const { from, to } = task as SeedTask;
  const reports: SeedReport[] = [];
  for (let seed = from; seed < to; seed += 1) {
    const { violations, statistics } = await runSeed(seed, {
      mode: settings.mode,
      ...(settings.associations !== undefined && { associations: settings.associations }),
      ...(settings.archives !== undefined && { archives: settings.archives }),
      ...(settings.lifecycle !== undefined && { lifecycle: settings.lifecycle }),
      ...(settings.deletions !== undefined && { deletions: settings.deletions }),
      ...(settings.identities !== undefined && { identities: settings.identities }),
      ...(settings.renames !== undefined && { renames: settings.renames }),
      ...(settings.archivedNames !== undefined && { archivedNames: settings.archivedNames }),
      ...(mutation?.ports !== undefined && { mutation: mutation.ports }),
    });
    reports.push({ seed, violations, statistics });
  }
  if (process.connected) process.send?.(reports);
});
