import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authenticate, parseRelayKeys } from '../../../lib/accept/authenticate.ts';
import { createKeyRing } from '../../../lib/accept/key-ring.ts';
import { type Caller, readCaller, writeCachedCaller, writeCaller } from '../../../lib/accept/read-caller.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
const secretOf = (...names: readonly string[]) =>
  JSON.stringify({ keys: names.map((name) => ({ name, sha256: sha256(`token-of-${name}`) })) });
const keys = parseRelayKeys(secretOf('shop', 'crm')) ?? [];

describe('a relay key', () => {
  test.each([
    ['Bearer token-of-shop', 'shop'],
    ['bearer token-of-crm', 'crm'],
    ['Bearer  token-of-crm ', 'crm'],
    ['Bearer token-of-nobody', undefined],
    [`Bearer ${sha256('token-of-shop')}`, undefined],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['Basic token-of-shop', undefined],
    ['token-of-shop', undefined],
    ['Bearer token-of-shop token-of-crm', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j belongs to %s', (header, principal) => expect(authenticate(header, keys)?.name).toBe(principal));

  test('is nobody’s when there are no keys', () => expect(authenticate('Bearer x', [])).toBeUndefined());

  test.each([
    '',
    'placeholder',
    'null',
    '{}',
    '{"keys":{}}',
    '{"keys":[{"name":"a","sha256":"abc"}]}',
    '{"keys":[{"name":"","sha256":""}]}',
    `{"keys":[{"name":"a","sha256":"${sha256('a')}","scopes":"read"}]}`,
    `{"keys":[{"name":"a","sha256":"${sha256('a')}","scopes":null}]}`,
    `{"keys":[{"name":"a","sha256":"${sha256('a')}","scopes":[7]}]}`,
  ])('list %j is none', (secret) => expect(parseRelayKeys(secret)).toBeUndefined());

  test.each([
    [undefined, ['read', 'write', 'forward']],
    [['read'], ['read']],
    [
      ['forward', 'write'],
      ['forward', 'write'],
    ],
    [[], []],
    [['read', 'everything', 'WRITE', '__proto__'], ['read']],
  ])('with the scopes %j is good for %j', (scopes, good) => {
    const secret = JSON.stringify({ keys: [{ name: 'shop', sha256: sha256('x'), scopes }] });
    expect(authenticate('Bearer x', parseRelayKeys(secret) ?? [])?.scopes).toEqual(good);
  });

  test('has its own scopes, whatever keys stand beside it', () => {
    const secret = JSON.stringify({
      keys: ['read', 'write', 'forward'].map((scope) => ({ name: scope, sha256: sha256(scope), scopes: [scope] })),
    });
    const parsed = parseRelayKeys(secret) ?? [];
    const found = ['read', 'write', 'forward'].map((token) => authenticate(`Bearer ${token}`, parsed)?.scopes);
    expect(found).toEqual([['read'], ['write'], ['forward']]);
  });
});

describe('a key ring', () => {
  test('follows the secret: a revoked key is nobody’s', async () => {
    let secret = secretOf('shop', 'crm');
    const ring = createKeyRing({ read: async () => secret }, createRecordingLog());
    expect(await ring.identify('Bearer token-of-shop')).toMatchObject({ kind: 'known', principal: 'shop' });
    secret = secretOf('crm');
    expect(await ring.identify('Bearer token-of-shop')).toEqual({ kind: 'unknown' });
  });

  test('lets nobody in with a malformed secret, and says so', async () => {
    const log = createRecordingLog();
    const ring = createKeyRing({ read: async () => 'placeholder' }, log);
    expect(await ring.identify('Bearer placeholder')).toEqual({ kind: 'unknown' });
    expect(log.events).toMatchObject([{ event: 'relay-keys-malformed' }]);
  });

  test('does not call a key wrong when the secret cannot be read', async () => {
    const unreadable = async () => {
      throw new Error('no connection');
    };
    const ring = createKeyRing({ read: unreadable }, createRecordingLog());
    expect(await ring.identify('Bearer token-of-shop')).toEqual({ kind: 'undecided' });
  });
});

describe('the caller', () => {
  test.each<Caller>([
    { kind: 'known', principal: 'shop', scopes: ['read', 'write', 'forward'] },
    { kind: 'known', principal: 'shop', scopes: ['write'] },
    { kind: 'known', principal: 'shop', scopes: [] },
    { kind: 'unknown' },
    { kind: 'undecided' },
  ])('survives the way from the authorizer to the function: %j', (caller) => {
    const context = writeCaller(caller);
    // HTTP APIs pass nothing else on.
    for (const value of Object.values(context)) expect(typeof value).toBe('string');
    expect(readCaller({ authorizer: { lambda: context } })).toEqual(caller);
  });

  test('that nobody could identify is an error where answers are kept, so that it is not', () => {
    expect(() => writeCachedCaller({ kind: 'undecided' })).toThrow('could not be read');
    for (const caller of [{ kind: 'unknown' }, { kind: 'known', principal: 'shop', scopes: ['write'] }] as const) {
      expect(writeCachedCaller(caller)).toEqual(writeCaller(caller));
    }
  });

  test('is told to come again when the authorizer said nothing of scopes', () => {
    expect(readCaller({ authorizer: { lambda: { principal: 'shop' } } })).toEqual({ kind: 'undecided' });
  });

  test('has only scopes that there are', () => {
    const context = { authorizer: { lambda: { principal: 'shop', scopes: 'read  admin,write' } } };
    expect(readCaller(context)).toEqual({ kind: 'known', principal: 'shop', scopes: ['read'] });
  });

  test.each([
    undefined,
    null,
    {},
    { authorizer: null },
    { authorizer: { lambda: null } },
    { authorizer: { lambda: { principal: '' } } },
    { authorizer: { lambda: { principal: 7 } } },
    { authorizer: { principal: 'shop' } },
  ])('is unknown when the context is %j', (context) => expect(readCaller(context)).toEqual({ kind: 'unknown' }));
});
