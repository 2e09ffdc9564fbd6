import type { Random } from '../../lib/runtime/random.ts';

/** A source of numbers in [0, 1) that gives the same ones for the same seed, on every machine (the mulberry32 generator). */
export function createSeededRandom(seed: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Another source, whose numbers do not depend on how many were drawn from this one afterwards. */
export const forkRandom = (random: Random): Random => createSeededRandom(Math.floor(random() * 2 ** 32));

/** True with the given probability; nothing is drawn for what cannot happen, so that a fault that is off leaves no trace. */
export const happens = (random: Random, probability: number): boolean => probability > 0 && random() < probability;

/** A number from `low` (inclusive) to `high` (exclusive). */
export const drawBetween = (random: Random, low: number, high: number): number => low + random() * (high - low);

/** A whole number from `low` to `high`, both inclusive. */
export const drawWhole = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1));

/** One of `choices`; throws when there are none. */
export function drawOne<T>(random: Random, choices: readonly T[]): T {
  const chosen = choices[Math.floor(random() * choices.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

/** The items in another order. */
export function shuffle<T>(random: Random, items: readonly T[]): T[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
