import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isValid } from 'ulid';
import { createMint, sequenceAt } from '../../../lib/accept/mint-sequences.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { epochMs } from '../../../lib/runtime/units.ts';
import { NOON } from '../../support/a-contact-write.ts';

const sequencesOf = (base: ReturnType<ReturnType<typeof createMint>>['baseSequence'], total: number) =>
  Array.from({ length: total }, (_, index) => sequenceAt(base, index));

describe('minting', () => {
  test('orders all writes of one process by acceptance, within a millisecond and when the clock goes back', () => {
    const operations = fc.array(fc.tuple(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: -2, max: 2 })), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(operations, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (list, random) => {
        const mint = createMint(() => random);
        let now = NOON;
        const sequences = list.flatMap(([total, step]) => {
          now = epochMs(now + step);
          const { id, baseSequence } = mint(total, now);
          return [id, ...sequencesOf(baseSequence, total)];
        });
        expect(sequences).toEqual([...new Set<string>(sequences)].sort());
        expect(sequences.every((sequence) => isValid(sequence))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('carries when the counted digits are used up', () => {
    const { baseSequence } = createMint(() => 0.999)(1_000, NOON);
    const sequences = sequencesOf(baseSequence, 1_000);
    expect(sequences).toEqual([...new Set(sequences)].sort());
  });

  test('gives two processes different sequences', () => {
    const [one, other] = [createMint(systemRandom), createMint(systemRandom)].map((mint) => mint(1, NOON).baseSequence);
    expect(one).not.toBe(other);
    expect(one?.slice(0, 10)).toBe(other?.slice(0, 10));
  });

  test('draws numbers from 0 up to but not including 1, spread evenly', () => {
    const draws = Array.from({ length: 5_000 }, systemRandom);
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(draws.filter((draw) => draw < 0.5).length / draws.length).toBeCloseTo(0.5, 1);
  });
});
