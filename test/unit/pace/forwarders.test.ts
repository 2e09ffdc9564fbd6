import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { epochMs, after as later, seconds } from '../../../lib/runtime/units.ts';
import { PaceWorld, START } from './pace-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const seed = fc.integer({ min: 1, max: 2 ** 31 });

describe('forwarded requests', () => {
  test('to an endpoint that fails hold up no delivery', async () => {
    const world = new PaceWorld({
      seed: 41,
      limit: 190,
      answers: (_at, _lane, by) => (by === 'reader' ? { status: 504 } : { status: 200 }),
    });
    void world.process({ name: 'reader', share: 9, reserve: 19, isForwarder: true }).drain(START + 2 * MINUTE, 4);
    const writer = world.process({ name: 'writer', share: 34 });
    const waits: number[] = [];
    const write = async () => {
      for (let n = 0; n < 20; n += 1) {
        await world.time.sleep(5 * SECOND);
        const askedAt = world.time.now;
        expect(await writer.call()).toBe(true);
        waits.push(world.time.now - askedAt);
      }
    };
    await Promise.all([write(), world.run(2 * MINUTE)]);
    expect(waits).toHaveLength(20);
    expect(Math.max(...waits)).toBeLessThan(2 * SECOND);
  });

  test('do not take the probe: deliveries find HubSpot again at once, whatever readers meet meanwhile', async () => {
    let isUp = false;
    const world = new PaceWorld({
      seed: 42,
      limit: 190,
      answers: (_at, _lane, by) => (by === 'reader' || !isUp ? {} : { status: 200 }),
    });
    void world.process({ name: 'reader', share: 9, reserve: 19, isForwarder: true }).drain(START + 3 * MINUTE, 8);
    void world.process({ name: 'writer', share: 34 }).drain(START + 3 * MINUTE, 4);
    await world.run(10 * SECOND);
    isUp = true;
    await world.run(MINUTE);
    const written = world.sentBetween(16 * SECOND, 26 * SECOND).filter(({ by }) => by === 'writer');
    expect(written.length).toBeGreaterThan(50);
  });

  test('F2: wait while HubSpot is left alone, and are made again when that is over, though nobody looks', async () => {
    const world = new PaceWorld({ seed: 43, limit: 190 });
    const writer = world.process({ name: 'writer', share: 34 });
    const reader = world.process({ name: 'reader', share: 9, reserve: 19, isForwarder: true });
    for (let n = 0; n < 5; n += 1) void writer.pace.observe({ startedAt: epochMs(START), status: 500 });
    await world.run(SECOND);
    const early = reader.pace.take(later(reader.clock.now(), seconds(5)));
    await world.run(SECOND);
    expect(await early).toBe(false);
    expect((reader.pace.closedUntil() ?? 0) - START).toBeGreaterThan(14 * SECOND);
    await world.run(15 * SECOND);
    const inTime = [1, 2].map(() => reader.call(later(reader.clock.now(), seconds(5))));
    await world.run(5 * SECOND);
    expect(await Promise.all(inTime)).toEqual([true, true]);
    const probe = writer.pace.take(later(writer.clock.now(), seconds(5)));
    await world.run(2 * SECOND);
    expect(await probe).toBe(true);
    expect(await reader.pace.closedUntil()).toBeUndefined();
  });

  test('F1: stay within the limit together with the probes beside them, and after the last one', async () => {
    await fc.assert(
      fc.asyncProperty(
        seed,
        fc.constantFrom(10, 20, 100),
        fc.array(fc.integer({ min: 16, max: 60 }), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (seed, limit, returns, isBackAtLast) => {
          let isUp = false;
          const world = new PaceWorld({
            seed,
            limit,
            answers: (_at, _lane, by) => ({ status: by === 'writer' && !isUp ? 503 : 200 }),
          });
          const writer = world.process({ name: 'writer', share: 1 });
          for (let n = 0; n < 5; n += 1) void writer.pace.observe({ startedAt: epochMs(START), status: 503 });
          await world.run(SECOND);
          for (const name of ['reader1', 'reader2']) {
            void world
              .process({ name, share: 1, reserve: limit / 10, isForwarder: true })
              .drain(START + 5 * MINUTE, 20);
          }
          // The circuit is half open for a while: whoever has writes comes back for them late.
          for (const [position, pause] of returns.entries()) {
            await world.run(pause * SECOND);
            isUp = isBackAtLast && position === returns.length - 1;
            void writer.call(later(writer.clock.now(), seconds(1)));
          }
          await world.run(30 * SECOND);
          expect(world.worstWindow()).toBeLessThanOrEqual(limit);
          expect(world.calls.filter(({ by }) => by === 'writer').length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
