import type { BenchStage } from './bench-stage.ts';

/** What a suite found: lines for a person, numbers for a file. */
export interface BenchResult {
  readonly title: string;
  readonly lines: readonly string[];
  readonly numbers: unknown;
}

export interface BenchOptions {
  /** Also say where the CPU time goes. */
  readonly profile: boolean;
}

/** One of the things that `npm run bench` measures. */
export type BenchSuite = (stage: BenchStage, options: BenchOptions) => Promise<BenchResult>;
