import { describe, expect, test } from '@jest/globals';
import { type Item, text } from '../../../lib/operations/attribute-values.ts';
import { readItemsByKey } from '../../../lib/operations/read-items-by-key.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const keys = (count: number): Item[] => Array.from({ length: count }, (_, n) => ({ pk: text(`op#${n}`) }));

describe('reading items by key', () => {
  test('comes back for those left over', async () => {
    const sizes: number[] = [];
    const read = async (chunk: readonly Item[]) => {
      sizes.push(chunk.length);
      const kept = Math.ceil(chunk.length / 2);
      return { items: chunk.slice(0, kept), unprocessed: chunk.slice(kept) };
    };
    const clock = createFakeClock();
    const found = await readItemsByKey(keys(10), { clock, read });
    expect(found).toHaveLength(10);
    expect(sizes).toEqual([10, 5, 2, 1]);
    expect(clock.sleeps).toEqual([50, 100, 200]);
  });

  test('asks for a hundred at a time', async () => {
    const sizes: number[] = [];
    const read = async (chunk: readonly Item[]) => {
      sizes.push(chunk.length);
      return { items: chunk, unprocessed: [] };
    };
    expect(await readItemsByKey(keys(250), { clock: createFakeClock(), read })).toEqual(keys(250));
    expect(sizes).toEqual([100, 100, 50]);
  });

  test('gives up after five rounds rather than call something unread absent', async () => {
    const read = async (chunk: readonly Item[]) => ({ items: [], unprocessed: chunk });
    await expect(readItemsByKey(keys(3), { clock: createFakeClock(), read })).rejects.toThrow(
      'left 3 keys unprocessed',
    );
  });
});
