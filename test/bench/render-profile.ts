import { type Bucket, type CpuProfile, summariseProfile } from './cpu-profile.ts';
import { fixed, renderTable } from './render-table.ts';

const SHOWN = 14;

/** A profile as tables, in milliseconds per request or record. */
export function renderProfile(
  profile: CpuProfile,
  bundleDirectory: string,
  per: { readonly count: number; readonly unit: string },
): string[] {
  const { layers, packages, functions } = summariseProfile(profile, bundleDirectory);
  const total = layers.reduce((sum, { ms }) => sum + ms, 0);
  const table = (title: string, buckets: readonly Bucket[]): string[] => [
    '',
    ...renderTable(
      [title, `ms per ${per.unit}`, 'share'],
      buckets
        .slice(0, SHOWN)
        .map(({ label, ms }) => [label, fixed(ms / per.count, 4), `${fixed((100 * ms) / total, 1)} %`]),
    ),
  ];
  return [...table('who', layers), ...table('package', packages), ...table('function', functions)];
}
