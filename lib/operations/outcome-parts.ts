import type { Outcome } from './outcome.ts';

/** As many outcomes share an item as writes share a message: a message is settled with one write. */
export const OUTCOMES_PER_PART = 100;

/** Sort key of the item that holds the outcomes of a part; the first hundred live in the head itself. */
export const partKey = (part: number): string => (part === 0 ? 'head' : `part#${part}`);

export const partOf = (index: number): number => Math.floor(index / OUTCOMES_PER_PART);

/** Attribute that holds the outcome of a write within its part. A short name: an expression of a hundred must stay under 4 KB. */
export const outcomeAttribute = (index: number): string => `o${index % OUTCOMES_PER_PART}`;

/** Outcomes by part. */
export function groupByPart(outcomes: readonly Outcome[]): ReadonlyMap<number, readonly Outcome[]> {
  return Map.groupBy(outcomes, ({ index }) => partOf(index));
}

/** Attribute that tells who has begun an attempt at a write, and until when; the attempt before it is removed. */
export const attemptAttribute = (index: number, attempt: number): string => `a${index % OUTCOMES_PER_PART}_${attempt}`;
