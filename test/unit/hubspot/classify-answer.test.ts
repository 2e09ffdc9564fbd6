import { expect, test } from '@jest/globals';
import { classifyAnswer } from '../../../lib/hubspot/classify-answer.ts';
import { seconds } from '../../../lib/runtime/units.ts';

const answered = (status: number, body: unknown = {}, more = {}) =>
  classifyAnswer({ kind: 'answered', status, body, ...more });

test.each([400, 409, 413, 414, 422])('%i is about the records', (status) => {
  expect(answered(status, { category: 'VALIDATION_ERROR' })).toMatchObject({ kind: 'refused', status });
});

test.each([401, 403, 405, 415])('%i is about the token or the deployment, never about a record', (status) => {
  expect(answered(status).kind).toBe('stopped');
});

test('404 blames a record only when HubSpot says that an object was not found', () => {
  expect(answered(404, { category: 'OBJECT_NOT_FOUND' }).kind).toBe('refused');
  expect(answered(404, 'no such path').kind).toBe('stopped');
});

test.each([500, 502, 503, 504, 521, 523, 524])('D9: %i may come after HubSpot wrote', (status) => {
  expect(answered(status).kind).toBe('unknown');
});

test('D9: success without a body that lists results is unknown', () => {
  expect(answered(200, null).kind).toBe('unknown');
  expect(answered(201, { results: 'none' }).kind).toBe('unknown');
});

test.each([
  [429, { policyName: 'TEN_SECONDLY_ROLLING' }, 'rate-limit'],
  [429, { policyName: 'DAILY' }, 'daily-limit'],
  [477, {}, 'migration'],
  [423, {}, 'locked'],
])('%i %j is deferred, and keeps Retry-After', (status, body, reason) => {
  expect(answered(status, body, { retryAfter: seconds(7) })).toEqual({ kind: 'deferred', reason, retryAfter: 7_000 });
});

test('what was never sent is simply deferred', () => {
  expect(classifyAnswer({ kind: 'unsent', cause: 'ECONNREFUSED' })).toEqual({
    kind: 'deferred',
    reason: 'unreachable',
  });
});

test('D9: an answer lost after sending is neither success nor failure', () => {
  expect(classifyAnswer({ kind: 'unanswered', cause: 'ECONNRESET' })).toEqual({ kind: 'unknown', cause: 'ECONNRESET' });
});
