import { describe, expect, test } from '@jest/globals';
import type { PaceObservation } from '../../../lib/pace/pace-observation.ts';
import { tellPaces } from '../../../lib/pace/tell-paces.ts';
import { minutes } from '../../../lib/runtime/units.ts';
import { NOON } from '../../support/a-contact-write.ts';

function aPace() {
  const seen: PaceObservation[] = [];
  return { seen, observe: async (observation: PaceObservation) => void seen.push(observation) };
}

async function told(observation: Omit<PaceObservation, 'startedAt'>) {
  const [own, other] = [aPace(), aPace()];
  await tellPaces({ startedAt: NOON, ...observation }, own, [other]);
  return { own: own.seen, other: other.seen };
}

describe('what a call brought', () => {
  test.each([
    ['a migration', { status: 477, retryAfter: minutes(1) }],
    ["the day's calls used up", { status: 429, policyName: 'DAILY' }],
  ])('is told to all lanes when it is %s', async (_name, seen) => {
    const observation = { startedAt: NOON, ...seen };
    expect(await told(seen)).toEqual({ own: [observation], other: [observation] });
  });

  test.each([
    ["the limit of a lane's own", { status: 429, policyName: 'SECONDLY' }],
    ['a fault', { status: 500 }],
    ['nothing', {}],
  ])('is told to its own lane alone when it is %s', async (_name, seen) => {
    expect(await told(seen)).toEqual({ own: [{ startedAt: NOON, ...seen }], other: [] });
  });

  test('keeps its rate headers to its own lane', async () => {
    const headers = { max: 100 };
    const { own, other } = await told({ status: 477, headers });
    expect([own[0]?.headers, other[0]?.headers]).toEqual([headers, undefined]);
  });
});
