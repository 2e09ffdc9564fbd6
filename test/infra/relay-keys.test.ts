import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  addRelayKey,
  makeRelayKey,
  parseRelayKeys,
  parseScopes,
  RelayKeyError,
  revokeRelayKey,
} from '../../infra/relay-keys.ts';

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

  test('carry the scopes they were made with', () => {
    expect(makeRelayKey('crm-sync', random, ['read']).entry).toMatchObject({ name: 'crm-sync', scopes: ['read'] });
    expect(makeRelayKey('crm-sync', random).entry).not.toHaveProperty('scopes');
  });

  test('keep their scopes, known or not, while others come and go', () => {
    const scoped = { ...entry, scopes: ['read', 'of-a-later-version'] };
    const other = { name: 'shop', sha256: 'b'.repeat(64) };
    const keys = addRelayKey(parseRelayKeys(JSON.stringify({ keys: [scoped] })), other);
    expect(revokeRelayKey(keys, 'shop')).toEqual({ keys: [scoped] });
  });

  test.each([
    ['read', ['read']],
    ['forward, read', ['read', 'forward']],
    ['write,write', ['write']],
  ])('have scopes that are given as %j', (text, scopes) => expect(parseScopes(text)).toEqual(scopes));

  test.each(['', 'admin', 'read,', 'Read', 'read write'])('have no scopes %j', (text) => {
    expect(() => parseScopes(text)).toThrow(`scopes are one or more of read,write,forward,gdpr-delete, not "${text}"`);
  });

  test.each(['', 'plain words', '[]', '{"keys":[{"name":"x","sha256":"short"}]}'])(
    'are not read from a secret that holds something else: %j',
    (secret) => {
      expect(() => parseRelayKeys(secret)).toThrow(RelayKeyError);
    },
  );
});
