import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FaultList } from '../../../lib/accept/fault.ts';
import { hashKey, parseIdempotencyKey } from '../../../lib/accept/idempotency-key.ts';
import { parseDryRun } from '../../../lib/accept/parse-dry-run.ts';
import { parseHandling, parseLifecycle, parseWait } from '../../../lib/accept/parse-prefer.ts';

describe('Prefer: wait', () => {
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

describe('Prefer: handling', () => {
  test.each([
    [undefined, undefined],
    ['wait=10', undefined],
    ['handling=strict', 'strict'],
    ['handling=lenient', 'lenient'],
    ['Handling = "Lenient"', 'lenient'],
    ['wait=10, handling=lenient; x=1', 'lenient'],
    ['handling=lenient, handling=strict', 'lenient'],
    ['handling=loose, handling=strict', undefined],
    ['handling', undefined],
    ['x="handling=lenient"', undefined],
  ])('%j wants its faults handled %s', (header, expected) => expect(parseHandling(header)).toBe(expected));
});

describe('Prefer: lifecycle', () => {
  test.each([
    [undefined, undefined],
    ['wait=10', undefined],
    ['lifecycle=forward', 'forward'],
    ['Lifecycle = "Allow-Backward"', 'allow-backward'],
    ['wait=10, lifecycle=ignore; x=1', 'ignore'],
    ['lifecycle=backward, lifecycle=ignore', undefined],
    ['lifecycle', undefined],
  ])('%j wants of stages: %s', (header, expected) => expect(parseLifecycle(header)).toBe(expected));
});

describe('dryRun', () => {
  test.each([
    ['', false],
    ['idProperty=email', false],
    ['dryRun=true', true],
    ['dryRun=false', false],
    ['idProperty=email&dryRun=true', true],
    ['dryrun=true', true],
    ['DRYRUN=true', true],
    ['dry%52un=true', true],
  ])('%j asks for a dry run: %s', (query, expected) => {
    const faults = new FaultList();
    expect(parseDryRun(query, faults)).toBe(expected);
    expect(faults.total).toBe(0);
  });

  test.each([
    'dryRun',
    'dryRun=',
    'dryRun=1',
    'dryRun=TRUE',
    'dryRun=yes',
    'dryRun=true&dryRun=true',
    'dryRun=true&dryrun=false',
  ])('%j is no way to ask for one', (query) => {
    const faults = new FaultList();
    expect(parseDryRun(query, faults)).toBe(false);
    expect(faults.listed).toMatchObject([{ code: 'INVALID_DRY_RUN', in: 'dryRun' }]);
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
