import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { epochMs, after as later, milliseconds, seconds } from '../../../lib/runtime/units.ts';
import { PaceWorld, START } from './pace-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const SEARCHES_PER_SECOND = 5;
const seed = fc.integer({ min: 1, max: 2 ** 31 });

const aSearcher = (world: PaceWorld, name: string, share = 1) =>
  world.process({ name, share, lane: 'search', limit: SEARCHES_PER_SECOND });

describe('searches', () => {
  test('F1: stay within five in any rolling second, whoever comes and goes, and take nothing from the others', async () => {
    const visit = fc.record({
      from: fc.integer({ min: 0, max: 20 * SECOND }),
      length: fc.integer({ min: 10, max: 20 * SECOND }),
      width: fc.integer({ min: 1, max: 10 }),
    });
    await fc.assert(
      fc.asyncProperty(
        seed,
        fc.constantFrom(5, 15, 60),
        fc.array(fc.array(visit, { maxLength: 3 }), { minLength: 1, maxLength: 5 }),
        async (seed, lateness, searchers) => {
          const world = new PaceWorld({ seed, limit: 100, lateness });
          void world.process({ name: 'backlog', share: 100 }).drain(START + 40 * SECOND, 12);
          for (const [n, visits] of searchers.entries()) {
            const searcher = aSearcher(world, `s${n}`);
            for (const { from, length, width } of visits) {
              void world.time.sleep(from).then(() => searcher.drain(START + from + length, width));
            }
          }
          await world.run(45 * SECOND);
          expect(world.worstWindow(0, 'search', SECOND)).toBeLessThanOrEqual(SEARCHES_PER_SECOND);
          expect(world.worstWindow()).toBeLessThanOrEqual(100);
          const backlog = world.sentBetween(10 * SECOND, 40 * SECOND).filter(({ lane }) => lane === 'main');
          expect(backlog.length).toBeGreaterThan(0.95 * 300);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('use at least three quarters of their limit', async () => {
    const world = new PaceWorld({ seed: 31, limit: 190 });
    for (const name of ['a', 'b', 'c']) void aSearcher(world, name).drain(START + MINUTE, 4);
    await world.run(MINUTE);
    expect(world.sentBetween(10 * SECOND, 50 * SECOND).length).toBeGreaterThan(0.75 * 40 * SEARCHES_PER_SECOND);
  });

  test('F1: stay within their limit while the store is away, and when it comes back', async () => {
    await fc.assert(
      fc.asyncProperty(seed, fc.integer({ min: 100, max: 60 * SECOND }), async (seed, length) => {
        const world = new PaceWorld({
          seed,
          limit: 190,
          storeIsDown: (at) => at >= START + 10 * SECOND && at < START + 10 * SECOND + length,
        });
        for (const name of ['a', 'b']) void aSearcher(world, name, 2).drain(START + 2 * MINUTE, 5);
        await world.run(2 * MINUTE);
        expect(world.worstWindow(0, 'search', SECOND)).toBeLessThanOrEqual(SEARCHES_PER_SECOND);
        expect(world.sentBetween(95 * SECOND, 2 * MINUTE).length).toBeGreaterThan(25);
      }),
      { numRuns: 8 },
    );
  });

  test('without a share of the limit make no calls while the store is away', async () => {
    const world = new PaceWorld({ seed: 32, limit: 190, storeIsDown: () => true });
    void aSearcher(world, 'a', 0).drain(START + MINUTE, 3);
    await world.run(MINUTE);
    expect(world.calls).toHaveLength(0);
  });

  test('F2: that HubSpot refuses pause searches everywhere, and nothing else', async () => {
    let refusedAt: number | undefined;
    const world = new PaceWorld({
      seed: 33,
      limit: 100,
      answers: (at, lane) => {
        if (lane !== 'search' || at < START + 20 * SECOND || refusedAt !== undefined) return { status: 200 };
        refusedAt = at;
        return { status: 429, policyName: 'SECONDLY', retryAfter: seconds(15) };
      },
    });
    void world.process({ name: 'backlog', share: 100 }).drain(START + MINUTE, 12);
    for (const name of ['a', 'b', 'c']) void aSearcher(world, name).drain(START + MINUTE, 4);
    await world.run(MINUTE);
    const heardAt = world.calls.find(({ arrivedAt }) => arrivedAt === refusedAt)?.answeredAt ?? Number.NaN;
    const pause = world.sentBetween(heardAt + 320 - START, (refusedAt ?? 0) + 15 * SECOND - START);
    expect(pause.filter(({ lane }) => lane === 'search')).toHaveLength(0);
    expect(pause.length).toBeGreaterThan(120);
    const afterwards = world.sentBetween((refusedAt ?? 0) + 15 * SECOND - START, MINUTE);
    expect(afterwards.filter(({ lane }) => lane === 'search').length).toBeGreaterThan(30);
  });

  test('F2: keep the pauses that others were told of, within a quarter of a second', async () => {
    let refusedAt: number | undefined;
    const world = new PaceWorld({
      seed: 34,
      limit: 190,
      answers: (at, lane) => {
        if (lane !== 'main' || at < START + 20 * SECOND || refusedAt !== undefined) return { status: 200 };
        refusedAt = at;
        return { status: 477, retryAfter: seconds(20) };
      },
    });
    void world.process({ name: 'backlog', share: 190 }).drain(START + MINUTE, 12);
    for (const name of ['a', 'b']) void aSearcher(world, name).drain(START + MINUTE, 4);
    await world.run(MINUTE);
    const heardAt = world.calls.find(({ arrivedAt }) => arrivedAt === refusedAt)?.answeredAt ?? Number.NaN;
    expect(world.sentBetween(heardAt + 320 - START, (refusedAt ?? 0) + 20 * SECOND - START)).toHaveLength(0);
    const afterwards = world.sentBetween((refusedAt ?? 0) + 20 * SECOND - START, MINUTE);
    expect(afterwards.filter(({ lane }) => lane === 'search').length).toBeGreaterThan(30);
  });

  test('F2: share the circuit: one probe at a time, of whichever lane, opens all again', async () => {
    const end = START + 50 * SECOND;
    const world = new PaceWorld({
      seed: 35,
      limit: 190,
      answers: (at) => (at >= START + 10 * SECOND && at < end ? { status: 503 } : { status: 200 }),
    });
    for (const name of ['a', 'b']) void aSearcher(world, name).drain(START + 3 * MINUTE, 4);
    void world.process({ name: 'writer', share: 190 }).drain(START + 3 * MINUTE, 12);
    await world.run(3 * MINUTE);
    const probes = world.calls.filter(({ sentAt }) => sentAt > START + 13 * SECOND && sentAt < end);
    for (const [position, probe] of probes.entries()) {
      expect(probe.sentAt - (probes[position - 1]?.answeredAt ?? START)).toBeGreaterThan(10 * SECOND);
    }
    const after = world.sentBetween(2 * MINUTE, 3 * MINUTE);
    expect(after.filter(({ lane }) => lane === 'search').length).toBeGreaterThan(150);
    expect(after.filter(({ lane }) => lane === 'main').length).toBeGreaterThan(900);
    expect(world.worstWindow(0, 'search', SECOND)).toBeLessThanOrEqual(SEARCHES_PER_SECOND);
  });

  test('that come alone find HubSpot again by themselves', async () => {
    let isUp = false;
    const world = new PaceWorld({ seed: 36, limit: 190, answers: () => (isUp ? { status: 200 } : { status: 503 }) });
    const searcher = aSearcher(world, 'a');
    void searcher.drain(START + 3 * MINUTE, 4);
    await world.run(20 * SECOND);
    expect(searcher.pace.closedUntil()).toBeDefined();
    isUp = true;
    await world.run(2 * MINUTE);
    expect(world.sentBetween(MINUTE, 2 * MINUTE).length).toBeGreaterThan(100);
  });

  test('F3: are refused at once when nothing comes free in time', async () => {
    const world = new PaceWorld({ seed: 37, limit: 190, lateness: 0 });
    const { call, pace, clock } = aSearcher(world, 'a');
    await Promise.all([call(), world.run(2 * SECOND)]);
    const deadline = later(clock.now(), milliseconds(400));
    const taken = Promise.all([1, 2, 3, 4].map(() => pace.take(epochMs(deadline))));
    await world.run(500);
    expect((await taken).filter(Boolean).length).toBeLessThanOrEqual(2);
  });
});

test('F1: batches of associations stay within their own limit, beside a backlog at the other', async () => {
  const world = new PaceWorld({ seed: 38, limit: 190 });
  for (const name of ['a', 'b']) {
    const forwarder = world.process({ name, share: 50, lane: 'associations', limit: 100 });
    void forwarder.drain(START + MINUTE, 10);
  }
  void world.process({ name: 'backlog', share: 190 }).drain(START + MINUTE, 12);
  await world.run(MINUTE);
  expect(world.worstWindow(0, 'associations')).toBeLessThanOrEqual(100);
  expect(world.worstWindow(0, 'main')).toBeLessThanOrEqual(190);
  const used = world.sentBetween(10 * SECOND, 50 * SECOND);
  expect(used.filter(({ lane }) => lane === 'associations').length).toBeGreaterThan(0.9 * 400);
  expect(used.filter(({ lane }) => lane === 'main').length).toBeGreaterThan(0.95 * 760);
});
