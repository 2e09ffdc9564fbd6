import type { BenchFunction } from './bench-functions.ts';
import type { BenchResult, BenchSuite } from './bench-suite.ts';
import { fixed, renderTable } from './render-table.ts';

/** Sizes of the bundles as they are deployed, beside those of the bare handlers with the same clients. */
export const measureBundles: BenchSuite = async (stage): Promise<BenchResult> => {
  const numbers = [...stage.relay.values()].map(({ name, bytes, clients }) => ({
    name,
    bytes,
    bareBytes: bareOf(stage.bare, clients).bytes,
  }));
  const rows = numbers.map(({ name, bytes, bareBytes }) => [
    name,
    fixed(bytes / 1_000, 0),
    fixed(bareBytes / 1_000, 0),
    fixed(bytes / bareBytes),
  ]);
  return {
    title: 'Bundle sizes (index.mjs)',
    lines: renderTable(['function', 'kB', 'bare kB', 'ratio'], rows),
    numbers,
  };
};

function bareOf(bare: ReadonlyMap<string, BenchFunction>, clients: string): BenchFunction {
  const found = bare.get(clients);
  if (found === undefined) throw new Error(`test/bench/bare has no handler with the clients ${clients}`);
  return found;
}
