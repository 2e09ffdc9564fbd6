import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Envelope, MAX_WRITE_BYTES, packMessages } from '../../../lib/accept/pack-messages.ts';
import { MAX_WRITES_PER_MESSAGE, MESSAGE_TARGET_BYTES } from '../../../lib/operations/message.ts';
import { aContactWrite, NOON, operationId } from '../../support/a-contact-write.ts';

const ENVELOPE: Envelope = { v: 1, operationId: operationId(1), verb: 'create', acceptedAt: NOON, attempt: 0 };
const writesOf = (lengths: readonly number[]) =>
  lengths.map((length, index) => aContactWrite(index, { index, properties: { note: 'é"'.repeat(length) } }));
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

describe('packing', () => {
  test('keeps every write, in order, within 100 writes and 64 KiB a message, and no two messages fit one', () => {
    const lengths = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 30_000 })), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(lengths, (list) => {
        const writes = writesOf(list);
        const packed = packMessages(ENVELOPE, writes);
        if (packed.kind !== 'packed') throw new Error('nothing here is too large');
        expect(packed.messages.flatMap((message) => message.writes)).toEqual(writes);
        for (const [position, message] of packed.messages.entries()) {
          expect(message.writes.length).toBeLessThanOrEqual(MAX_WRITES_PER_MESSAGE);
          if (message.writes.length > 1) expect(bytesOf(message)).toBeLessThanOrEqual(MESSAGE_TARGET_BYTES);
          const next = packed.messages[position + 1]?.writes[0];
          if (next === undefined) continue;
          const more = { ...message, writes: [...message.writes, next] };
          expect(more.writes.length > MAX_WRITES_PER_MESSAGE || bytesOf(more) > MESSAGE_TARGET_BYTES).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('refuses a write at one byte over the limit, by its index, and takes it at the limit', () => {
    const empty = bytesOf(aContactWrite(1, { index: 1, properties: { note: '' } }));
    const write = (bytes: number) => aContactWrite(1, { index: 1, properties: { note: 'x'.repeat(bytes - empty) } });
    expect(packMessages(ENVELOPE, [write(MAX_WRITE_BYTES)])).toMatchObject({ kind: 'packed' });
    expect(packMessages(ENVELOPE, [write(MAX_WRITE_BYTES + 1)])).toEqual({ kind: 'tooLarge', indexes: [1] });
  });
});
