import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authenticate, parseRelayKeys } from '../../../lib/accept/authenticate.ts';
import { createKeyRing } from '../../../lib/accept/key-ring.ts';
import { readCaller, writeCaller } from '../../../lib/accept/read-caller.ts';
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
  ])('%j belongs to %s', (header, principal) => expect(authenticate(header, keys)).toBe(principal));

  test('is nobody’s when there are no keys', () => expect(authenticate('Bearer x', [])).toBeUndefined());

  test.each([
    '',
    'placeholder',
    'null',
    '{}',
    '{"keys":{}}',
    '{"keys":[{"name":"a","sha256":"abc"}]}',
    '{"keys":[{"name":"","sha256":""}]}',
  ])('list %j is none', (secret) => expect(parseRelayKeys(secret)).toBeUndefined());
});

describe('a key ring', () => {
  test('follows the secret: a revoked key is nobody’s', async () => {
    let secret = secretOf('shop', 'crm');
    const ring = createKeyRing({ read: async () => secret }, createRecordingLog());
    expect(await ring.identify('Bearer token-of-shop')).toEqual({ kind: 'known', principal: 'shop' });
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
  test.each([{ kind: 'known', principal: 'shop' }, { kind: 'unknown' }, { kind: 'undecided' }] as const)(
    'survives the way from the authorizer to the function: %j',
    (caller) => expect(readCaller({ authorizer: { lambda: writeCaller(caller) } })).toEqual(caller),
  );

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
