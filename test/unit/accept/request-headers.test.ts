import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashKey, parseIdempotencyKey } from '../../../lib/accept/idempotency-key.ts';
import { parseWait } from '../../../lib/accept/parse-prefer.ts';

describe('Prefer', () => {
  test.each([
    [undefined, 0],
    ['', 0],
    ['wait=10', 10],
    ['wait = 10', 10],
    ['WAIT=10', 10],
    ['wait="10"', 10],
    ['wait=0', 0],
    ['wait=25', 25],
    ['wait=26', 25],
    ['wait=99999999999999999999', 25],
    ['wait', 0],
    ['wait=', 0],
    ['wait=-1', 0],
    ['wait=1.5', 0],
    ['wait=ten', 0],
    ['wait=1 0', 0],
    ['respond-async, wait=10', 10],
    ['respond-async; x="a, wait=3", wait=10; y=1', 10],
    ['foo="a\\", wait=3", wait=10', 10],
    ['wait=5, wait=10', 5],
    ['wait=x, wait=10', 0],
    ['waiting=5', 0],
    [', ,wait=7', 7],
  ])('%j asks to wait %d s', (header, expected) => expect(parseWait(header)).toBe(expected * 1_000));

  test('is read without error whatever it says, and never asks for more than 25 s', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^(wait|[a-z"=;,\\ 0-9])*$/)), (header) => {
        const wait = parseWait(header);
        expect(wait >= 0 && wait <= 25_000 && Number.isInteger(wait)).toBe(true);
      }),
    );
  });
});

describe('Idempotency-Key', () => {
  test('is the same quoted as bare', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!#-~]{1,255}$/), (key) => {
        const quoted = `"${key.replace(/[\\"]/g, '\\$&')}"`;
        expect(parseIdempotencyKey(key)).toEqual({ kind: 'key', key });
        expect(parseIdempotencyKey(quoted)).toEqual({ kind: 'key', key });
      }),
    );
  });

  test('is never taken when it is empty, too long or holds anything but visible ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        const parsed = parseIdempotencyKey(header);
        if (parsed.kind === 'key') expect(parsed.key).toMatch(/^[\x21-\x7e]{1,255}$/);
      }),
    );
    expect(parseIdempotencyKey('k'.repeat(255)).kind).toBe('key');
    expect(parseIdempotencyKey('k'.repeat(256)).kind).toBe('malformed');
    expect(parseIdempotencyKey('""').kind).toBe('malformed');
    expect(parseIdempotencyKey(undefined).kind).toBe('none');
  });

  test('is hashed so that no two scopes run together', () => {
    const scope = { principal: 'a', method: 'POST', path: '/p' };
    const hashes = [
      hashKey(scope, 'k'),
      hashKey({ ...scope, principal: 'aPOST', method: '' }, 'k'),
      hashKey({ ...scope, path: '/pk' }, ''),
    ];
    expect(new Set(hashes).size).toBe(3);
  });
});
