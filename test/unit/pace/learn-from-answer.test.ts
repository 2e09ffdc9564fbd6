import { describe, expect, test } from '@jest/globals';
import { readRateHeaders } from '../../../lib/hubspot/rate-headers.ts';
import { isProbeOf } from '../../../lib/pace/circuit.ts';
import { callsPerWindowOf, type Lane } from '../../../lib/pace/lane.ts';
import { intervalOf, learnFromAnswer, type Observer } from '../../../lib/pace/learn-from-answer.ts';
import type { PaceObservation } from '../../../lib/pace/pace-observation.ts';
import { closedUntilOf, INITIAL_CONTROL, type PaceControl } from '../../../lib/pace/pace-state.ts';
import { epochMs, milliseconds, minutes, seconds } from '../../../lib/runtime/units.ts';

const NOW = 1_800_000_000_000;
const LIMIT = 190;
const HOUR = 3_600_000;

const at = (time: number, isProbe = false): Observer => ({ isProbe, at: epochMs(time), limit: LIMIT });
const answer = (seen: Partial<PaceObservation> = {}): PaceObservation => ({
  startedAt: epochMs(NOW - 100),
  status: 200,
  ...seen,
});
const noAnswer: PaceObservation = { startedAt: epochMs(NOW - 100) };
const learn = (seen: PaceObservation, control = INITIAL_CONTROL, time = NOW): PaceControl =>
  learnFromAnswer(control, seen, at(time));
const times = (count: number, seen: PaceObservation, control = INITIAL_CONTROL): PaceControl =>
  Array.from({ length: count }).reduce((learned: PaceControl) => learn(seen, learned), control);

describe('an answer that teaches nothing', () => {
  test.each([
    ['a success', answer()],
    ['a refused record', answer({ status: 400 })],
    ['a locked record', answer({ status: 423 })],
    ['a path without a scope', answer({ status: 403 })],
    ['the limit that the settings know', answer({ headers: { max: 190, interval: seconds(10) } })],
  ])('%s changes nothing, and so costs nothing', (_, seen) => {
    expect(learn(seen)).toBe(INITIAL_CONTROL);
  });
});

describe('F2: a pause', () => {
  test.each([
    ['as long as Retry-After says', answer({ status: 429, retryAfter: seconds(7) }), 7_000],
    ['of an unavailable HubSpot too', answer({ status: 503, retryAfter: seconds(3) }), 3_000],
    ['of a window when the 10 s are used up', answer({ status: 429, policyName: 'TEN_SECONDLY_ROLLING' }), 10_000],
    ['of the window that HubSpot counts', answer({ status: 429, headers: { interval: seconds(20) } }), 20_000],
    ['of a second when a second is used up', answer({ status: 429, policyName: 'SECONDLY' }), 1_000],
    ['of a quarter of an hour when the day is used up', answer({ status: 429, policyName: 'DAILY' }), 900_000],
    ['of the time that a migration takes', answer({ status: 477, retryAfter: seconds(3_600) }), 3_600_000],
    ['of a day at most', answer({ status: 477, retryAfter: seconds(10 ** 8) }), 86_400_000],
    ['when the day will be used up', answer({ headers: { daily: 1_000, dailyRemaining: 0 } }), 900_000],
  ])('%s', (_, seen, pause) => {
    expect(closedUntilOf(learn(seen)) - NOW).toBe(pause);
  });

  test('is never shortened by another answer', () => {
    const paused = learn(answer({ status: 429, retryAfter: seconds(30) }));
    expect(closedUntilOf(learn(answer({ status: 429, retryAfter: seconds(1) }), paused)) - NOW).toBe(30_000);
    expect(learn(answer(), paused)).toBe(paused);
  });

  test('of a used-up day ends at midnight, once that is known', () => {
    const daily = { limit: 1_000, remaining: 5, at: epochMs(NOW - 1_000), resetAt: epochMs(NOW - 20 * HOUR) };
    const learned = learn(answer({ status: 429, policyName: 'DAILY' }), { ...INITIAL_CONTROL, daily });
    expect(closedUntilOf(learned)).toBe(NOW + 4 * HOUR);
  });
});

describe('a lane that HubSpot limits by itself', () => {
  const learnIn = (lane: Lane, seen: PaceObservation, control = INITIAL_CONTROL): PaceControl =>
    learnFromAnswer(control, seen, { ...at(NOW), lane });
  const others: Readonly<Record<'search' | 'associations', readonly Lane[]>> = {
    search: ['main', 'associations'],
    associations: ['main', 'search'],
  };

  test.each([
    ['search', 'for a second', { policyName: 'SECONDLY' }, 1_000],
    ['search', 'as long as Retry-After says', { policyName: 'SECONDLY', retryAfter: seconds(7) }, 7_000],
    ['search', 'for a window when no policy is named', {}, 10_000],
    ['associations', 'for a window', { policyName: 'TEN_SECONDLY_ROLLING' }, 10_000],
  ] as const)('F2: %s above its limit pauses %s, alone', (lane, _, seen, pause) => {
    const learned = learnIn(lane, answer({ status: 429, ...seen }));
    expect(closedUntilOf(learned, lane) - NOW).toBe(pause);
    for (const other of others[lane]) expect(closedUntilOf(learned, other)).toBe(0);
    expect(learnIn(lane, answer({ status: 429, policyName: 'SECONDLY', retryAfter: seconds(1) }), learned)).toBe(
      learned,
    );
  });

  test.each([
    ['a day that is used up', answer({ status: 429, policyName: 'DAILY' }), 900_000],
    ['the limit of all others', answer({ status: 429, policyName: 'TEN_SECONDLY_ROLLING' }), 10_000],
    ['a migration', answer({ status: 477, retryAfter: seconds(60) }), 60_000],
    ['a HubSpot that asks for a pause', answer({ status: 503, retryAfter: seconds(3) }), 3_000],
  ])('F2: %s, heard of by a search, pauses everybody', (_, seen, pause) => {
    const learned = learnIn('search', seen);
    for (const lane of ['main', 'search', 'associations'] as const) {
      expect(closedUntilOf(learned, lane) - NOW).toBe(pause);
    }
  });

  test('is closed while all are', () => {
    const learned = learn(answer({ status: 429, retryAfter: seconds(30) }), learnIn('search', answer({ status: 429 })));
    expect(closedUntilOf(learned, 'search') - NOW).toBe(30_000);
  });

  test('says nothing of the limit of the others', () => {
    expect(learnIn('search', answer({ headers: { max: 5, interval: milliseconds(1_000) } }))).toBe(INITIAL_CONTROL);
  });

  test('has slots so far apart that its own window never holds more than its limit', () => {
    expect(intervalOf(INITIAL_CONTROL, callsPerWindowOf('search', 5))).toBeCloseTo(1_300 / 5);
    expect(intervalOf(INITIAL_CONTROL, callsPerWindowOf('associations', 100))).toBe(103);
    expect(callsPerWindowOf('main', 190)).toBe(190);
  });
});

describe('the circuit', () => {
  test.each([
    ['a server error', answer({ status: 500 })],
    ['a gateway that waits in vain', answer({ status: 524 })],
    ['no answer', noAnswer],
    ['a token that HubSpot does not take', answer({ status: 401 })],
  ])('opens at the fifth in a row of: %s', (_, seen) => {
    expect(times(4, seen).circuit).toEqual({ kind: 'closed', failures: 4 });
    expect(times(5, seen).circuit).toEqual({ kind: 'open', until: NOW + 15_000, round: 0 });
  });

  test('starts to count anew after an answer', () => {
    expect(learn(answer({ status: 404 }), times(4, noAnswer)).circuit).toEqual({ kind: 'closed', failures: 0 });
  });

  const open = times(5, noAnswer);
  const probe = { owner: 'me', since: epochMs(NOW - 500), end: epochMs(NOW + 60_000) };
  const halfOpenAfter = (round: number): PaceControl => ({
    ...INITIAL_CONTROL,
    circuit: { kind: 'open', until: epochMs(NOW - 1_000), round, probe },
  });
  const halfOpen = halfOpenAfter(0);

  test('stays open whatever calls bring that were made before', () => {
    expect(learn(answer(), open)).toBe(open);
    expect(learn(noAnswer, open)).toBe(open);
    expect(learn(answer({ startedAt: epochMs(NOW - 501) }), halfOpen)).toBe(halfOpen);
    expect(learn(answer(), halfOpen)).toBe(halfOpen);
  });

  test('knows its probe: the first call of its owner since it was taken', () => {
    const { circuit } = halfOpen;
    expect(isProbeOf('me', answer(), circuit)).toBe(true);
    expect(isProbeOf('me', answer({ startedAt: epochMs(NOW - 501) }), circuit)).toBe(false);
    expect(isProbeOf('another', answer(), circuit)).toBe(false);
    expect(isProbeOf('me', answer(), open.circuit)).toBe(false);
  });

  test('closes with the answer to its probe, which keeps its distance from the next call', () => {
    const closed = learnFromAnswer(halfOpen, answer(), at(NOW, true));
    expect(closed.circuit).toEqual({ kind: 'closed', failures: 0 });
    expect(closed.notBefore).toBe(NOW - 100 + 54.211);
  });

  test('waits twice as long after each probe that failed, and no more than five minutes', () => {
    const waits = Array.from(
      { length: 12 },
      (_, round) => closedUntilOf(learnFromAnswer(halfOpenAfter(round), noAnswer, at(NOW, true))) - NOW,
    );
    expect(waits.slice(0, 5)).toEqual([30_000, 60_000, 120_000, 240_000, 300_000]);
    expect(Math.max(...waits)).toBe(300_000);
  });
});

describe('a forwarded request', () => {
  const forwarded = (seen: PaceObservation, control = INITIAL_CONTROL): PaceControl =>
    learnFromAnswer(control, seen, { ...at(NOW), isForwarder: true });
  const refused = answer({ status: 401 });
  const often = (count: number, seen: PaceObservation, control = INITIAL_CONTROL): PaceControl =>
    Array.from({ length: count }).reduce((learned: PaceControl) => forwarded(seen, learned), control);

  test.each([
    ['a server error', answer({ status: 500 })],
    ['a gateway that waits in vain', answer({ status: 504 })],
    ['an unavailable endpoint that asks for a pause', answer({ status: 503, retryAfter: seconds(60) })],
    ['a locked record', answer({ status: 423, retryAfter: seconds(2) })],
    ['no answer', noAnswer],
  ])('says nothing of HubSpot with %s, however often', (_, seen) => {
    expect(often(50, seen)).toBe(INITIAL_CONTROL);
  });

  test.each([
    ['the limit of 10 s', answer({ status: 429, policyName: 'TEN_SECONDLY_ROLLING' })],
    ['a Retry-After of a limit', answer({ status: 429, retryAfter: seconds(7) })],
    ['a used-up day', answer({ status: 429, policyName: 'DAILY' })],
    ['a day that will be used up', answer({ headers: { daily: 1_000, dailyRemaining: 0 } })],
    ['a migration', answer({ status: 477, retryAfter: seconds(60) })],
    ['a lower limit', answer({ headers: { max: 100 } })],
  ])('teaches all callers %s', (_, seen) => {
    expect(forwarded(seen)).toEqual(learn(seen));
    expect(forwarded(seen)).not.toBe(INITIAL_CONTROL);
  });

  test('F2: opens the circuit when the token is refused five times in a row', () => {
    expect(often(4, refused).circuit).toEqual({ kind: 'closed', failures: 0, refusals: 4 });
    expect(often(5, refused).circuit).toEqual({ kind: 'open', until: NOW + 15_000, round: 0 });
  });

  test.each([
    ['an answer to another forwarded request', (control: PaceControl) => forwarded(answer({ status: 404 }), control)],
    ['an answer to a call of the relay’s own', (control: PaceControl) => learn(answer(), control)],
  ])('with a refused token is forgotten after %s', (_, answered) => {
    expect(answered(often(4, refused)).circuit).toEqual({ kind: 'closed', failures: 0 });
  });

  test('does not count with the failures of the relay’s own calls, nor end their row', () => {
    const failed = times(4, noAnswer);
    expect(forwarded(answer(), failed)).toBe(failed);
    expect(forwarded(refused, failed).circuit).toEqual({ kind: 'closed', failures: 4, refusals: 1 });
    expect(learn(noAnswer, forwarded(answer(), failed)).circuit.kind).toBe('open');
  });

  test('neither closes an open circuit nor keeps it open', () => {
    const open = times(5, noAnswer);
    for (const seen of [answer(), noAnswer, refused, answer({ status: 503 })]) expect(forwarded(seen, open)).toBe(open);
  });
});

test('while the circuit is open slots are twice as far apart: the probe, which has none, finds room', () => {
  expect(intervalOf(times(5, noAnswer), LIMIT)).toBe(2 * intervalOf(INITIAL_CONTROL, LIMIT));
});

describe('a limit below that of the settings', () => {
  const lowered = learn(answer({ headers: { max: 100 } }));
  const later = (time: number, max: number) => learn(answer({ headers: { max } }), lowered, NOW + time);

  test('holds after one window', () => {
    expect(intervalOf(lowered, LIMIT)).toBe(103);
    expect(lowered.notBefore).toBe(NOW + 10_300);
  });

  test('is believed over a higher one for ten minutes', () => {
    expect(later(minutes(9), 190)).toBe(lowered);
    expect(intervalOf(later(minutes(10), 190), LIMIT)).toBe(54.211);
    expect(intervalOf(later(minutes(10), 150), LIMIT)).toBeCloseTo(68.667);
  });

  test('is noted again while it is seen, though seldom', () => {
    expect(later(minutes(4), 100)).toBe(lowered);
    expect(later(minutes(5), 100).ceiling?.seenAt).toBe(NOW + 300_000);
  });

  test('may count another time than 10 s', () => {
    const bySecond = learn(answer({ headers: { max: 5, interval: milliseconds(1_000) } }));
    expect(intervalOf(bySecond, LIMIT)).toBeGreaterThanOrEqual(1_300 / 5);
  });
});

describe('rate headers', () => {
  test('are read as far as they are there', () => {
    const headers = new Headers({
      'X-HubSpot-RateLimit-Max': '190',
      'X-HubSpot-RateLimit-Interval-Milliseconds': '10000',
      'X-HubSpot-RateLimit-Daily': '650000',
      'X-HubSpot-RateLimit-Daily-Remaining': '649999',
    });
    expect(readRateHeaders((name) => headers.get(name))).toEqual({
      max: 190,
      interval: 10_000,
      daily: 650_000,
      dailyRemaining: 649_999,
    });
    expect(readRateHeaders(() => undefined)).toEqual({});
  });

  test.each(['', '-1', '1.5', 'many', '1e3', '0'])('a limit of "%s" is none', (max) => {
    expect(readRateHeaders((name) => (name.endsWith('-max') ? max : null))).toEqual({});
  });
});
