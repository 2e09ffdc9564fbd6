import { expect, test } from '@jest/globals';
import { boundConcurrency } from '../../../lib/runtime/bound-concurrency.ts';

/** Work that ends when it is told to. */
function aJob() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let hasBegun = false;
  const work = () => {
    hasBegun = true;
    return promise;
  };
  return { work, end: resolve, fail: reject, hasBegun: () => hasBegun };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('no more than the limit are under way, and the next begins when one ends, in the order of coming', async () => {
  const pass = boundConcurrency(2);
  const jobs = Array.from({ length: 4 }, aJob);
  const results = jobs.map(({ work }) => pass(work));
  const begun = () => jobs.map(({ hasBegun }) => hasBegun());
  expect(begun()).toEqual([true, true, false, false]);
  jobs[1]?.end('second');
  await turn();
  expect(begun()).toEqual([true, true, true, false]);
  for (const [n, { end }] of jobs.entries()) end(`job ${n}`);
  expect(await Promise.all(results)).toEqual(['job 0', 'second', 'job 2', 'job 3']);
});

test('work that fails gives its place to the next, and its error to its caller', async () => {
  const pass = boundConcurrency(1);
  const [first, second] = [aJob(), aJob()];
  const failed = pass(first.work);
  const done = pass(second.work);
  first.fail(new Error('away'));
  await expect(failed).rejects.toThrow('away');
  second.end('done');
  expect(await done).toBe('done');
});

test('places that are free again are used again', async () => {
  const pass = boundConcurrency(1);
  for (let n = 0; n < 3; n += 1) expect(await pass(async () => n)).toBe(n);
});
