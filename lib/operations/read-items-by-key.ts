import type { Clock } from '../runtime/clock.ts';
import { milliseconds } from '../runtime/units.ts';
import type { Item } from './attribute-values.ts';

/** BatchGetItem takes so many keys. */
const KEYS_PER_CALL = 100;
/** Five rounds with pauses of 50 ms to 400 ms ride out a table that is being split. */
const ROUNDS = 5;
const FIRST_PAUSE = 50;

/** One BatchGetItem: what it found, and the keys that it left for later. */
export interface ReadByKey {
  readonly clock: Clock;
  read(keys: readonly Item[]): Promise<{ readonly items: readonly Item[]; readonly unprocessed: readonly Item[] }>;
}

/** Reads any number of items, coming back for those that DynamoDB left unprocessed. Throws when some are left in the end. */
export async function readItemsByKey(keys: readonly Item[], { clock, read }: ReadByKey): Promise<readonly Item[]> {
  const found: Item[] = [];
  let left = keys;
  for (let round = 0; left.length > 0; round++) {
    if (round === ROUNDS) throw new Error(`DynamoDB left ${left.length} keys unprocessed after ${ROUNDS} rounds`);
    if (round > 0) await clock.sleep(milliseconds(FIRST_PAUSE * 2 ** (round - 1)));
    const answers = await Promise.all(chunk(left).map(read));
    for (const { items } of answers) found.push(...items);
    left = answers.flatMap(({ unprocessed }) => unprocessed);
  }
  return found;
}

function chunk(keys: readonly Item[]): Item[][] {
  const chunks: Item[][] = [];
  for (let start = 0; start < keys.length; start += KEYS_PER_CALL)
    chunks.push(keys.slice(start, start + KEYS_PER_CALL));
  return chunks;
}
