import { encodeTime, incrementBase32 } from 'ulid';
import type { OperationId, Sequence } from '../operations/contact-write.ts';
import type { Random } from '../runtime/random.ts';
import type { EpochMs } from '../runtime/units.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;
/** The digits that counting works on: 20 bits, over a million, so that a carry beyond them is rare. */
const COUNTER_LENGTH = 4;
const COUNTER_SIZE = 32 ** COUNTER_LENGTH;

/** The names of a new operation and of its writes. */
export interface Minted {
  readonly id: OperationId;
  readonly baseSequence: Sequence;
}

/** Mints the id of an operation and the sequences of its `total` writes, at the time `now`. */
export type MintSequences = (total: number, now: EpochMs) => Minted;

/**
 * Makes a mint of monotonic ULIDs. An operation takes a run of them: its id, then one for each write. The next operation of the
 * same process starts after that run, even within a millisecond or when the clock was set back, so that two operations
 * never share a sequence (a fence equal to a write's own sequence means "delivered already").
 */
export function createMint(random: Random): MintSequences {
  let last = '';
  return (total, now) => {
    const time = encodeTime(now, TIME_LENGTH);
    const id = time > last.slice(0, TIME_LENGTH) ? time + randomDigits(random) : advance(last, 1);
    last = advance(id, total);
    return { id: id as OperationId, baseSequence: advance(id, 1) as Sequence };
  };
}

/** The sequence of the write `index` of an operation: its base, counted up. A repeat makes the same sequences. */
export const sequenceAt = (base: Sequence, index: number): Sequence => advance(base, index) as Sequence;

/** Counts a ULID up by `steps` in one go. */
function advance(ulid: string, steps: number): string {
  const rest = ulid.slice(0, -COUNTER_LENGTH);
  const counter = decodeDigits(ulid.slice(-COUNTER_LENGTH)) + steps;
  return counter < COUNTER_SIZE
    ? rest + encodeTime(counter, COUNTER_LENGTH)
    : incrementBase32(rest) + encodeTime(counter - COUNTER_SIZE, COUNTER_LENGTH);
}

function decodeDigits(digits: string): number {
  let value = 0;
  for (const digit of digits) value = value * 32 + ALPHABET.indexOf(digit);
  return value;
}

function randomDigits(random: Random): string {
  let digits = '';
  for (let position = 0; position < RANDOM_LENGTH; position++) digits += ALPHABET[Math.floor(random() * 32)];
  return digits;
}
