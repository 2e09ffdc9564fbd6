import type { FaultList } from './fault.ts';

/**
 * Whether the query asks for a dry run, `dryRun=true`; anything but one `true` or `false` is a fault. In any case of letters: who
 * writes `dryrun=true` must not find out that it was no dry run.
 */
export function parseDryRun(query: string, faults: FaultList): boolean {
  const given = [...new URLSearchParams(query)].filter(([name]) => name.toLowerCase() === 'dryrun');
  const [first] = given;
  if (first === undefined) return false;
  const [, value] = first;
  if (given.length === 1 && (value === 'true' || value === 'false')) return value === 'true';
  faults.add({ code: 'INVALID_DRY_RUN', message: 'dryRun must be true or false, once', in: 'dryRun' });
  return false;
}
