import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { passOn, shareOut } from '../../../lib/deliver/pass-on.ts';
import type { OpenMessage } from '../../../lib/deliver/receive-messages.ts';
import { aContactWrite, aMessage } from '../../support/a-contact-write.ts';
import { createInMemoryWriteQueue } from '../../support/in-memory-write-queue.ts';

const messagesOf = (sizes: readonly number[]): OpenMessage[] =>
  sizes.map((size, n) => ({
    messageId: `m${n}`,
    receipt: `r${n}`,
    message: aMessage(
      n,
      'upsert',
      Array.from({ length: size }, (_, index) => aContactWrite(index)),
    ),
  }));
const recordsOf = (messages: readonly OpenMessage[]) =>
  messages.reduce((sum, { message }) => sum + message.writes.length, 0);

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('A consumer that receives more than it can deliver', () => {
  test('works on the first messages, at most twice its share, and leaves the others: none is lost, none doubled', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 40 }), chance, (each, share, drawn) => {
        const messages = messagesOf(each);
        const { kept, surplus } = shareOut(messages, share, () => drawn);
        expect([...kept, ...surplus]).toEqual(messages);
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(1, messages.length));
        if (kept.length > 1) expect(recordsOf(kept)).toBeLessThanOrEqual(2 * share);
        if (surplus.length > 0) expect(recordsOf(messages)).toBeGreaterThan(share);
      }),
    );
  });

  test('keeps between once and twice its share, so that not all are done at the same time', () => {
    const messages = messagesOf(Array.from({ length: 50 }, () => 1));
    const keptAt = (drawn: number) => shareOut(messages, 10, () => drawn).kept.length;
    expect([keptAt(0), keptAt(0.5), keptAt(0.999)]).toEqual([10, 15, 19]);
  });

  test('sends the others on as they are, takes them off the queue, and says which were not confirmed', async () => {
    const queue = createInMemoryWriteQueue();
    queue.failAt([1]);
    const surplus = messagesOf([1, 2, 3]);
    expect(await passOn(surplus, queue)).toEqual(['m1']);
    expect(queue.sent).toEqual([{ message: surplus[0]?.message }, { message: surplus[2]?.message }]);
    expect(queue.acknowledged).toEqual(['r0', 'r2']);
  });
});
