import { describe, expect, test } from '@jest/globals';
import type { InvocationResult } from '../../../infra/local/lambda/environment.ts';
import { environmentLimits } from '../../../infra/local/lambda/environment-limits.ts';
import { createFunctionPool } from '../../../infra/local/lambda/function-pool.ts';
import { type Clock, systemClock } from '../../../lib/runtime/clock.ts';
import { after, type DurationMs, epochMs, milliseconds } from '../../../lib/runtime/units.ts';

/** A pool over environments that answer only when told to; `dies` ends the environment with its answer. */
function aPool(usual: number, most = usual, clock: Clock = systemClock) {
  const running: { environment: number; event: string; answer: (result: InvocationResult, dies?: boolean) => void }[] =
    [];
  let started = 0;
  const pool = createFunctionPool(
    () => {
      started += 1;
      const environment = started;
      let alive = true;
      return {
        isAlive: () => alive,
        invoke: (event) =>
          new Promise((resolve) => {
            running.push({
              environment,
              event,
              answer: (result, dies = false) => {
                alive = !dies;
                resolve(result);
              },
            });
          }),
        stop: async () => {
          alive = false;
        },
      };
    },
    { usual, most },
    clock,
  );
  return { pool, running };
}

const done: InvocationResult = { kind: 'returned', payload: null };
/** Lets what was started by resolved promises come to its next wait. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a pool of environments', () => {
  test('uses an idle environment again before it starts another', async () => {
    const { pool, running } = aPool(3);
    const first = pool.invoke(1);
    await settled();
    running[0]?.answer(done);
    await first;
    void pool.invoke(2);
    await settled();
    expect(running.map(({ environment }) => environment)).toEqual([1, 1]);
  });

  test('runs no more than its cap at once and takes waiting events in order', async () => {
    const { pool, running } = aPool(2);
    for (const event of [1, 2, 3, 4]) void pool.invoke(event);
    await settled();
    expect(running.map(({ event }) => event)).toEqual(['1', '2']);
    running[1]?.answer(done);
    await settled();
    running[2]?.answer(done);
    await settled();
    expect(running.map(({ environment, event }) => [environment, event])).toEqual([
      [1, '1'],
      [2, '2'],
      [2, '3'],
      [2, '4'],
    ]);
  });

  test('replaces an environment that died, also for an event that waits', async () => {
    const { pool, running } = aPool(1);
    const first = pool.invoke(1);
    void pool.invoke(2);
    await settled();
    running[0]?.answer({ kind: 'failed', reason: 'crashed' }, true);
    expect(await first).toEqual({ kind: 'failed', reason: 'crashed' });
    await settled();
    expect(running.map(({ environment, event }) => [environment, event])).toEqual([
      [1, '1'],
      [2, '2'],
    ]);
  });

  test('fails what waits when it is stopped', async () => {
    const { pool } = aPool(1);
    void pool.invoke(1);
    const waiting = pool.invoke(2);
    await settled();
    await pool.stop();
    expect(await waiting).toMatchObject({ kind: 'failed' });
    expect(await pool.invoke(3)).toMatchObject({ kind: 'failed' });
  });
});

test('a pool grows one by one, up to its most, only for events that have waited long', async () => {
  let now = epochMs(0);
  const pauses: (() => void)[] = [];
  const pass = async (duration: DurationMs) => {
    now = after(now, duration);
    for (const end of pauses.splice(0)) end();
    await settled();
  };
  const clock: Clock = { now: () => now, sleep: () => new Promise((resolve) => pauses.push(resolve)) };
  const { pool, running } = aPool(1, 3, clock);
  for (const event of [1, 2, 3, 4]) void pool.invoke(event);
  await settled();
  const counts = [];
  for (const wait of [500, 500, 500, 500]) {
    await pass(milliseconds(wait));
    counts.push(running.length);
  }
  expect(counts).toEqual([1, 2, 3, 3]);
});

test.each([
  [
    'the default, and slowly more, where no queue feeds it',
    { queueConcurrency: 0, reserved: undefined, byDefault: 3 },
    { usual: 3, most: 20 },
  ],
  [
    'what its queues may use and no more',
    { queueConcurrency: 4, reserved: undefined, byDefault: 3 },
    { usual: 4, most: 4 },
  ],
  ['never more than is reserved', { queueConcurrency: 0, reserved: 2, byDefault: 3 }, { usual: 2, most: 2 }],
  [
    'no more than the machine bears for a large reservation',
    { queueConcurrency: 0, reserved: 100, byDefault: 3 },
    { usual: 3, most: 20 },
  ],
])('a function gets %s', (_, wanted, limits) => {
  expect(environmentLimits(wanted)).toEqual(limits);
});
