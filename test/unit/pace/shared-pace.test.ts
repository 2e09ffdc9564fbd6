import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { INITIAL_CONTROL } from '../../../lib/pace/pace-state.ts';
import { epochMs, after as later, milliseconds, seconds } from '../../../lib/runtime/units.ts';
import { PaceWorld, START } from './pace-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const seed = fc.integer({ min: 1, max: 2 ** 31 });

describe('the shared pace at saturation', () => {
  test.each([
    [100, 1],
    [190, 2],
    [190, 4],
    [250, 8],
  ])('F1: uses at least 97 %% of %i calls in 10 s and never more, with %i consumers', async (limit, consumers) => {
    const world = new PaceWorld({ seed: limit + consumers, limit });
    for (let n = 0; n < consumers; n += 1) {
      void world.process({ name: `c${n}`, share: 1 }).drain(START + 5 * MINUTE, 12);
    }
    await world.run(5 * MINUTE);
    expect(world.worstWindow()).toBeLessThanOrEqual(limit);
    expect(world.sentBetween(MINUTE, 4 * MINUTE).length / (limit * 18)).toBeGreaterThanOrEqual(0.97);
  });

  test('makes up for a store that takes longer to answer than from one slot to the next', async () => {
    const world = new PaceWorld({ seed: 7, limit: 190, storeDelay: 40 });
    void world.process({ name: 'a', share: 190 }).drain(START + 3 * MINUTE, 12);
    await world.run(3 * MINUTE);
    expect(world.sentBetween(MINUTE, 2 * MINUTE).length / (190 * 6)).toBeGreaterThanOrEqual(0.97);
  });

  test('asks the store less than once for every second call', async () => {
    const world = new PaceWorld({ seed: 5, limit: 190 });
    for (const name of ['a', 'b']) void world.process({ name, share: 95 }).drain(START + 2 * MINUTE, 12);
    await world.run(2 * MINUTE);
    const { take, read, change, create } = world.operations;
    expect(take / world.calls.length).toBeLessThan(0.2);
    expect((take + read + change + create) / world.calls.length).toBeLessThan(0.5);
  });

  test('no consumer is left out, however many there are', async () => {
    const world = new PaceWorld({ seed: 6, limit: 190 });
    const names = Array.from({ length: 20 }, (_, n) => `c${n}`);
    for (const name of names) void world.process({ name, share: 9 }).drain(START + 3 * MINUTE, 12);
    await world.run(3 * MINUTE);
    const counts = names.map((name) => world.calls.filter(({ by }) => by === name).length);
    expect(Math.min(...counts)).toBeGreaterThan(world.calls.length / names.length / 3);
  });

  test('goes on when somebody deletes the item', async () => {
    const world = new PaceWorld({ seed: 7, limit: 190 });
    for (const name of ['a', 'b', 'c']) {
      const process = world.process({ name, share: 63 });
      void process.drain(START + MINUTE, 12);
    }
    await world.run(10 * SECOND);
    await world.store.change({ version: 1, next: epochMs(0), control: INITIAL_CONTROL }, INITIAL_CONTROL, 'somebody');
    await world.run(10 * SECOND);
    world.store.clear();
    await world.run(40 * SECOND);
    expect(world.sentBetween(25 * SECOND, 55 * SECOND).length).toBeGreaterThan(0.9 * 190 * 3);
  });
});

test('F1: no rolling 10 s see more than the limit, whoever comes and goes and however late they wake', async () => {
  const visit = fc.record({
    from: fc.integer({ min: 0, max: 40 * SECOND }),
    length: fc.integer({ min: 10, max: 30 * SECOND }),
    width: fc.integer({ min: 1, max: 30 }),
  });
  const visitor = fc.record({ reserve: fc.constantFrom(0, 0, 9), visits: fc.array(visit, { maxLength: 3 }) });
  await fc.assert(
    fc.asyncProperty(
      seed,
      fc.constantFrom(10, 37, 100, 190),
      fc.constantFrom(5, 15, 120),
      fc.array(visitor, { minLength: 1, maxLength: 6 }),
      async (seed, limit, lateness, visitors) => {
        const world = new PaceWorld({ seed, limit, lateness });
        for (const [n, { reserve, visits }] of visitors.entries()) {
          const process = world.process({ name: `c${n}`, share: 1, reserve });
          for (const { from, length, width } of visits) {
            void world.time.sleep(from).then(() => process.drain(START + from + length, width));
          }
        }
        await world.run(80 * SECOND);
        expect(world.worstWindow()).toBeLessThanOrEqual(limit);
      },
    ),
    { numRuns: 60 },
  );
});

describe('a call at low load', () => {
  test('costs one operation of the store and the time that takes', async () => {
    const world = new PaceWorld({ seed: 3, limit: 190, lateness: 0 });
    const process = world.process({ name: 'a', share: 190 });
    await Promise.all([process.call(), world.run(5 * SECOND)]);
    const before = { ...world.operations };
    const askedAt = world.time.now;
    await Promise.all([process.call(), world.run(5 * SECOND)]);
    expect(world.operations).toEqual({ ...before, take: before.take + 1 });
    expect((world.calls[1]?.sentAt ?? Number.NaN) - askedAt).toBeLessThan(50);
  });

  test('comes off even if the store is slow', async () => {
    const world = new PaceWorld({ seed: 3, limit: 190, lateness: 0, storeDelay: 100 });
    const process = world.process({ name: 'a', share: 190 });
    for (let n = 0; n < 10; n += 1) await Promise.all([process.call(), world.run(5 * SECOND)]);
    for (const [n, { sentAt }] of world.calls.entries()) expect(sentAt - START - n * 5 * SECOND).toBeLessThan(SECOND);
    expect(world.operations.take).toBeLessThan(20);
  });

  test('a slot that is booked ahead is in hand that long before its time, and void when it has gone by', async () => {
    const world = new PaceWorld({ seed: 23, limit: 190, lateness: 0 });
    const { pace, clock } = world.process({ name: 'a', share: 190 });
    const bookings = [0, 1].map(() => pace.book(later(clock.now(), seconds(10)), milliseconds(120)));
    await world.run(40);
    const booked = await Promise.race([bookings[0], 'still waiting']);
    if (typeof booked !== 'object') throw new Error('no slot in hand');
    const started = booked.start().then((mayCall) => ({ mayCall, at: world.time.now }));
    await world.run(SECOND);
    const { mayCall, at } = await started;
    expect(mayCall).toBe(true);
    expect(at - START).toBeGreaterThanOrEqual(120);
    expect(at - START).toBeLessThan(180);
    expect(await (await bookings[1])?.start()).toBe(false);
  });

  test('F3: is refused at once when others have all slots before its deadline', async () => {
    const world = new PaceWorld({ seed: 4, limit: 10, lateness: 0 });
    await world.store.create(epochMs(START + 5 * SECOND), INITIAL_CONTROL, 'others');
    const taken = world.process({ name: 'a', share: 10 }).pace.take(epochMs(START + 3 * SECOND));
    await world.run(200);
    expect(await Promise.race([taken, 'still waiting'])).toBe(false);
  });

  test('F3: is refused at once when nothing comes free before its deadline', async () => {
    const world = new PaceWorld({ seed: 4, limit: 10, lateness: 0 });
    const process = world.process({ name: 'a', share: 10 });
    await Promise.all([process.call(), process.call(), world.run(3 * SECOND)]);
    const deadline = later(process.clock.now(), milliseconds(400));
    const taken = Promise.all([process.pace.take(deadline), process.pace.take(deadline), process.pace.take(deadline)]);
    await world.run(600);
    expect(await taken).toEqual([true, false, false]);
    expect(await process.pace.take(process.clock.now())).toBe(false);
  });
});

test('a backlog does not starve forwarded reads: with a reserve, a slot comes within 4 s', async () => {
  await fc.assert(
    fc.asyncProperty(
      seed,
      fc.constantFrom(100, 190),
      fc.integer({ min: 1, max: 8 }),
      async (seed, limit, consumers) => {
        const world = new PaceWorld({ seed, limit });
        for (let n = 0; n < consumers; n += 1) {
          void world.process({ name: `c${n}`, share: 1 }).drain(START + MINUTE, 20);
        }
        const readers = ['r1', 'r2'].map((name) => world.process({ name, share: 1, reserve: limit * 0.05 }));
        const reads = readers.map(async ({ call, clock }) => {
          const outcomes: boolean[] = [];
          for (let n = 0; n < 20; n += 1) {
            await world.time.sleep(SECOND);
            outcomes.push(await call(later(clock.now(), seconds(4))));
          }
          return outcomes;
        });
        await world.run(2 * MINUTE);
        expect((await Promise.all(reads)).flat()).not.toContain(false);
        expect(world.worstWindow()).toBeLessThanOrEqual(limit);
      },
    ),
    { numRuns: 15 },
  );
});

test('what forwarded reads do not use, a backlog gets, and what they want above their reserve they share', async () => {
  const world = new PaceWorld({ seed: 8, limit: 190 });
  void world.process({ name: 'backlog', share: 1 }).drain(START + 2 * MINUTE, 20);
  for (let n = 0; n < 8; n += 1) {
    void world.process({ name: `r${n}`, share: 1, reserve: 18 }).drain(START + 2 * MINUTE, 60);
  }
  await world.run(2 * MINUTE);
  const backlog = world.calls.filter(({ by }) => by === 'backlog').length / world.calls.length;
  expect(backlog).toBeGreaterThan(0.1);
  expect(backlog).toBeLessThan(0.9);
});

/** Sending may go on so long after HubSpot's word was heard: 30 ms to the store, news up to 250 ms old, clocks, lateness. */
const HEARSAY = 320;

describe('when HubSpot says wait', () => {
  test('F2: nobody calls before Retry-After is over, and all go on afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(
        seed,
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom('TEN_SECONDLY_ROLLING', 'SECONDLY', 'DAILY', undefined),
        async (seed, wait, policyName) => {
          let refusedAt: number | undefined;
          const world = new PaceWorld({
            seed,
            limit: 190,
            answers: (at) => {
              if (at < START + 20 * SECOND || refusedAt !== undefined) return { status: 200 };
              refusedAt = at;
              return { status: 429, retryAfter: seconds(wait), ...(policyName !== undefined && { policyName }) };
            },
          });
          for (const name of ['a', 'b', 'c', 'd', 'e']) {
            const process = world.process({ name, share: 38 });
            void process.drain(START + 2 * MINUTE, 10);
          }
          await world.run(2 * MINUTE);
          const refused = world.calls.find(({ arrivedAt }) => arrivedAt === refusedAt);
          const heardAt = refused?.answeredAt ?? Number.NaN;
          const end = (refusedAt ?? Number.NaN) + wait * SECOND;
          const early = world.calls.filter(({ sentAt }) => sentAt > heardAt + HEARSAY && sentAt < end);
          expect(early).toHaveLength(0);
          expect(world.calls.filter(({ sentAt }) => sentAt >= end).length).toBeGreaterThan(1_000);
          expect(world.worstWindow()).toBeLessThanOrEqual(190);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('a caller is told until when, and refused at once if that is too late for it', async () => {
    const world = new PaceWorld({ seed: 9, limit: 190, answers: () => ({ status: 429, retryAfter: seconds(30) }) });
    const { pace, clock, call } = world.process({ name: 'a', share: 190 });
    expect(pace.closedUntil()).toBeUndefined();
    await Promise.all([call(), world.run(2 * SECOND)]);
    expect((pace.closedUntil() ?? 0) - clock.now()).toBeGreaterThan(27 * SECOND);
    expect(await pace.take(later(clock.now(), seconds(20)))).toBe(false);
  });

  test('a lower limit holds for all', async () => {
    const world = new PaceWorld({
      seed: 10,
      limit: 190,
      answers: (at) => ({ status: 200, headers: { max: at < START + 20 * SECOND ? 190 : 100 } }),
    });
    for (const name of ['a', 'b']) void world.process({ name, share: 95 }).drain(START + 2 * MINUTE, 10);
    await world.run(2 * MINUTE);
    expect(world.worstWindow(START + 21 * SECOND)).toBeLessThanOrEqual(100);
    expect(world.sentBetween(MINUTE, 2 * MINUTE).length).toBeGreaterThan(560);
  });
});

describe('when HubSpot is down', () => {
  test('F2: the circuit lets nobody through but one probe at a time, and closes again', async () => {
    await fc.assert(
      fc.asyncProperty(
        seed,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 20, max: 200 }),
        async (seed, n, length) => {
          const end = START + (20 + length) * SECOND;
          const world = new PaceWorld({
            seed,
            limit: 190,
            answers: (at) => (at >= START + 20 * SECOND && at < end ? { status: 503 } : { status: 200 }),
          });
          for (let consumer = 0; consumer < n; consumer += 1) {
            void world.process({ name: `c${consumer}`, share: 1 }).drain(end + 7 * MINUTE, 10);
          }
          await world.time.runUntil(end + 7 * MINUTE);
          // Five failures, at 18 calls a second, are heard of within 2 s.
          const probes = world.calls.filter(({ sentAt }) => sentAt > START + 22 * SECOND && sentAt < end);
          for (const [position, probe] of probes.entries()) {
            expect(probe.sentAt - (probes[position - 1]?.answeredAt ?? START)).toBeGreaterThan(14 * SECOND);
          }
          const resumed = world.calls.filter(({ sentAt }) => sentAt >= end)[0]?.sentAt ?? Number.NaN;
          expect(resumed - end).toBeLessThanOrEqual(5 * MINUTE + SECOND);
          expect(world.calls.filter(({ sentAt }) => sentAt > resumed).length).toBeGreaterThan(1_000);
          expect(world.worstWindow()).toBeLessThanOrEqual(190);
        },
      ),
      { numRuns: 6 },
    );
  });

  test('five failures at once are five, and the others learn of them', async () => {
    const world = new PaceWorld({ seed: 11, limit: 190 });
    const [one, other] = ['one', 'other'].map((name) => world.process({ name, share: 95 }));
    const startedAt = epochMs(START);
    for (let n = 0; n < 5; n += 1) void one?.pace.observe({ startedAt, status: 500 });
    await world.run(SECOND);
    const taken = other?.pace.take(epochMs(START + 10 * SECOND));
    await world.run(SECOND);
    expect(await taken).toBe(false);
    expect(other?.pace.closedUntil()).toBeGreaterThan(START + 14 * SECOND);
  });

  test('a probe whose caller died is not the last', async () => {
    let isUp = false;
    const world = new PaceWorld({ seed: 12, limit: 190, answers: () => (isUp ? { status: 200 } : {}) });
    const dying = world.process({ name: 'a', share: 95 });
    void dying.drain(START + 10 * SECOND, 10);
    await world.run(20 * SECOND);
    const probe = dying.pace.take(epochMs(START + MINUTE));
    await world.run(20 * SECOND);
    expect(await probe).toBe(true);
    isUp = true;
    const probedAt = world.time.now;
    const before = world.calls.length;
    void world.process({ name: 'b', share: 95 }).drain(START + 5 * MINUTE, 10);
    await world.run(5 * MINUTE);
    const next = world.calls[before]?.sentAt ?? Number.NaN;
    expect(next - probedAt).toBeGreaterThan(90 * SECOND);
    expect(next - probedAt).toBeLessThan(122 * SECOND);
  });

  test('a probe that its caller leaves is the next one to ask', async () => {
    const world = new PaceWorld({ seed: 21, limit: 190 });
    const [one, other] = ['one', 'other'].map((name) => world.process({ name, share: 95 }));
    for (let n = 0; n < 5; n += 1) void one?.pace.observe({ startedAt: epochMs(START), status: 500 });
    await world.run(20 * SECOND);
    const probe = one?.pace.book(epochMs(START + MINUTE), milliseconds(0));
    await world.run(SECOND);
    void (await probe)?.leave();
    await world.run(SECOND);
    const next = other?.pace.take(epochMs(START + MINUTE));
    await world.run(3 * SECOND);
    expect(await next).toBe(true);
  });

  test('F3: a probe whose caller is not ready before its deadline is left to the next one', async () => {
    const world = new PaceWorld({ seed: 22, limit: 190 });
    const [one, other] = ['one', 'other'].map((name) => world.process({ name, share: 95 }));
    for (let n = 0; n < 5; n += 1) void one?.pace.observe({ startedAt: epochMs(START), status: 500 });
    await world.run(20 * SECOND);
    const probe = one?.pace.book(epochMs(START + 22 * SECOND), milliseconds(0));
    await world.run(3 * SECOND);
    const started = (await probe)?.start();
    await world.run(SECOND);
    expect(await started).toBe(false);
    const next = other?.pace.take(epochMs(START + MINUTE));
    await world.run(3 * SECOND);
    expect(await next).toBe(true);
  });

  test('F2: without the store, each probes by itself, and finds the store again', async () => {
    const down = { from: START + 10 * SECOND, to: START + 3 * MINUTE };
    const world = new PaceWorld({
      seed: 22,
      limit: 190,
      answers: () => ({}),
      storeIsDown: (at) => at >= down.from && at < down.to,
    });
    const processes = ['a', 'b', 'c'].map((name) => world.process({ name, share: 63 }));
    for (const { drain } of processes) void drain(START + 10 * MINUTE, 10);
    await world.run(10 * MINUTE);
    // 15, 30, 60, 120 and 240 s between an environment's own probes; the five failures that opened it for all, and a few on the way.
    const alone = world.calls.filter(({ sentAt }) => sentAt >= down.from && sentAt < down.to);
    expect(alone.length).toBeLessThanOrEqual(3 * 5);
    // Together again: one probe at a time, up to five minutes apart.
    const together = world.calls.filter(({ sentAt }) => sentAt >= down.to + 10 * SECOND);
    expect(together.length).toBeLessThanOrEqual(4);
    expect(together.length).toBeGreaterThan(0);
  });

  test('single failures do not open it', async () => {
    let calls = 0;
    const world = new PaceWorld({ seed: 13, limit: 190, answers: () => ({ status: ++calls % 5 === 0 ? 200 : 500 }) });
    void world.process({ name: 'a', share: 190 }).drain(START + 30 * SECOND, 1);
    await world.run(30 * SECOND);
    expect(world.calls.length).toBeGreaterThan(60);
  });
});

describe('when the store is down', () => {
  test('F1: never more calls than the limit before, during and after, and never none for long', async () => {
    await fc.assert(
      fc.asyncProperty(
        seed,
        fc.integer({ min: 1, max: 6 }),
        fc.oneof(fc.integer({ min: 100, max: 10 * SECOND }), fc.integer({ min: 10 * SECOND, max: 90 * SECOND })),
        async (seed, consumers, length) => {
          const world = new PaceWorld({
            seed,
            limit: 190,
            storeIsDown: (at) => at >= START + 20 * SECOND && at < START + 20 * SECOND + length,
          });
          for (let n = 0; n < consumers; n += 1) {
            const process = world.process({ name: `c${n}`, share: Math.floor(190 / consumers) });
            void process.drain(START + 3 * MINUTE, 10);
          }
          await world.run(3 * MINUTE);
          expect(world.worstWindow()).toBeLessThanOrEqual(190);
          for (let from = 0; from < 150 * SECOND; from += 5 * SECOND) {
            expect(world.sentBetween(from, from + 20 * SECOND).length).toBeGreaterThan(0);
          }
          expect(world.sentBetween(140 * SECOND, 160 * SECOND).length).toBeGreaterThan(350);
        },
      ),
      { numRuns: 15 },
    );
  });

  test('F1: a store that fails every tenth request costs some speed and no more', async () => {
    const faults = new PaceWorld({ seed: 99, limit: 1 });
    const world = new PaceWorld({ seed: 14, limit: 190, storeIsDown: () => faults.random() < 0.05 });
    for (const name of ['a', 'b']) void world.process({ name, share: 95 }).drain(START + 3 * MINUTE, 10);
    await world.run(3 * MINUTE);
    expect(world.worstWindow()).toBeLessThanOrEqual(190);
    expect(world.sentBetween(MINUTE, 2 * MINUTE).length).toBeGreaterThan(0.7 * 190 * 6);
  });

  test('one that cannot reach it alone goes over the limit by no more than its static share', async () => {
    const world = new PaceWorld({ seed: 17, limit: 190, storeIsDown: (_, name) => name === 'cut off' });
    for (const name of ['a', 'b', 'cut off']) void world.process({ name, share: 63 }).drain(START + 2 * MINUTE, 10);
    await world.run(2 * MINUTE);
    expect(world.worstWindow()).toBeLessThanOrEqual(190 + 63);
  });

  test('the static shares are used to the full', async () => {
    const world = new PaceWorld({ seed: 15, limit: 190, storeIsDown: () => true });
    for (const name of ['a', 'b']) void world.process({ name, share: 95 }).drain(START + 2 * MINUTE, 10);
    await world.run(2 * MINUTE);
    expect(world.worstWindow()).toBeLessThanOrEqual(190);
    expect(world.sentBetween(MINUTE, 2 * MINUTE).length).toBeGreaterThan(0.9 * 190 * 6);
  });

  test('F1: shared slots begin when the last static call has left the window', async () => {
    const world = new PaceWorld({
      seed: 20,
      limit: 190,
      storeIsDown: (at) => at >= START + 20 * SECOND && at < START + 50 * SECOND,
    });
    void world.process({ name: 'a', share: 190 }).drain(START + 2 * MINUTE, 15);
    await world.run(2 * MINUTE);
    const [first] = world.sentBetween(53 * SECOND, 2 * MINUTE);
    const last = world.sentBetween(0, 53 * SECOND).at(-1);
    expect((first?.sentAt ?? 0) - (last?.sentAt ?? 0)).toBeGreaterThan(10 * SECOND);
    expect((first?.sentAt ?? 0) - (last?.sentAt ?? 0)).toBeLessThan(11 * SECOND);
  });

  test('F1: who is back first, and made no calls meanwhile, waits for those who did', async () => {
    const world = new PaceWorld({
      seed: 18,
      limit: 190,
      storeIsDown: (at, name) => at >= START + 20 * SECOND && at < START + (name === 'late' ? 50 : 51) * SECOND,
    });
    for (const name of ['a', 'b', 'c']) void world.process({ name, share: 63 }).drain(START + 2 * MINUTE, 15);
    const late = world.process({ name: 'late', share: 1 });
    void world.time.sleep(45 * SECOND).then(() => late.drain(START + 2 * MINUTE, 15));
    await world.run(2 * MINUTE);
    expect(world.worstWindow()).toBeLessThanOrEqual(190);
  });

  test('a pause is told to all when the store is back, even by those who wait for no slot', async () => {
    const world = new PaceWorld({ seed: 19, limit: 190, storeIsDown: (at) => at < START + 10 * SECOND });
    const [one, other] = ['one', 'other'].map((name) => world.process({ name, share: 95 }));
    void one?.pace.take(epochMs(START + 2 * SECOND));
    await world.run(3 * SECOND);
    void one?.pace.observe({ startedAt: epochMs(START), status: 429, retryAfter: seconds(60) });
    await world.run(9 * SECOND);
    expect(await one?.pace.take(epochMs(START + 20 * SECOND))).toBe(false);
    await world.run(SECOND);
    const taken = other?.pace.take(epochMs(START + 40 * SECOND));
    await world.run(5 * SECOND);
    expect(await taken).toBe(false);
  });

  test('a pause that HubSpot asked for holds, and is told to all when the store is back', async () => {
    let refusedAt: number | undefined;
    const world = new PaceWorld({
      seed: 16,
      limit: 190,
      storeIsDown: (at) => at >= START + 20 * SECOND && at < START + 50 * SECOND,
      answers: (at) => {
        if (at < START + 40 * SECOND || refusedAt !== undefined) return { status: 200 };
        refusedAt = at;
        return { status: 429, retryAfter: seconds(60) };
      },
    });
    const one = world.process({ name: 'one', share: 95 });
    void one.drain(START + 2 * MINUTE, 5);
    await world.run(52 * SECOND);
    const other = world.process({ name: 'other', share: 95 });
    void world.time.sleep(SECOND).then(() => other.drain(START + 2 * MINUTE, 5));
    await world.run(2 * MINUTE);
    const end = (refusedAt ?? Number.NaN) + 60 * SECOND;
    const heardAt = world.calls.find(({ arrivedAt }) => arrivedAt === refusedAt)?.answeredAt ?? Number.NaN;
    expect(world.sentBetween(heardAt - START, end - START)).toHaveLength(0);
    expect(world.sentBetween(end - START, 2 * MINUTE).length).toBeGreaterThan(100);
  });
});
