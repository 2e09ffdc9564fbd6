import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { addRelayKey, makeRelayKey, parseRelayKeys, RelayKeyError, revokeRelayKey } from '../../infra/relay-keys.ts';

const random = new Uint8Array(32).fill(7);
const entry = { name: 'crm-sync', sha256: 'a'.repeat(64) };

describe('relay keys', () => {
  test('are made of the random bytes, and only their hash is kept', () => {
    const made = makeRelayKey('crm-sync', random);
    expect(made.key).toBe('relay_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc');
    expect(made.entry).toEqual({ name: 'crm-sync', sha256: createHash('sha256').update(made.key).digest('hex') });
  });

  test.each(['', 'a b', 'a\nb', '-a', 'x'.repeat(65)])('cannot be named %j', (name) => {
    expect(() => makeRelayKey(name, random)).toThrow(RelayKeyError);
  });

  test('are added beside the others, dropping the placeholder of the first deployment', () => {
    const keys = parseRelayKeys('{"keys":[],"placeholder":"x"}');
    expect(addRelayKey(keys, entry)).toEqual({ keys: [entry] });
  });

  test('are not added twice under one name', () => {
    expect(() => addRelayKey({ keys: [entry] }, { ...entry, sha256: 'b'.repeat(64) })).toThrow(
      'there is a key named crm-sync already: revoke it first, or choose another name',
    );
  });

  test('are revoked by name', () => {
    const other = { name: 'shop', sha256: 'b'.repeat(64) };
    expect(revokeRelayKey({ keys: [entry, other] }, 'crm-sync')).toEqual({ keys: [other] });
    expect(() => revokeRelayKey({ keys: [other] }, 'crm-sync')).toThrow('there is no key named crm-sync');
  });

  test.each(['', 'plain words', '[]', '{"keys":[{"name":"x","sha256":"short"}]}'])(
    'are not read from a secret that holds something else: %j',
    (secret) => {
      expect(() => parseRelayKeys(secret)).toThrow(RelayKeyError);
    },
  );
});
