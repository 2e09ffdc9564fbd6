import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { defaultProvider } from '../../../lib/runtime/lambda-credentials.ts';

const NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;
const before = new Map(NAMES.map((name) => [name, process.env[name]]));

const given = (...values: readonly string[]): void => {
  for (const [place, name] of NAMES.entries()) process.env[name] = values[place] ?? '';
};

beforeEach(() => given());

afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

describe('credentials of a function', () => {
  test('are those that Lambda gives it', async () => {
    given('an-id', 'a-secret', 'a-session');
    await expect(defaultProvider()()).resolves.toMatchObject({
      accessKeyId: 'an-id',
      secretAccessKey: 'a-secret',
      sessionToken: 'a-session',
    });
  });

  test('are read once, however many requests are signed', async () => {
    given('an-id', 'a-secret', 'a-session');
    const provide = defaultProvider();
    const first = await provide();
    given('another-id', 'a-secret', 'a-session');
    expect(await provide()).toBe(first);
  });

  test('are asked for again where there were none', async () => {
    const provide = defaultProvider();
    await expect(provide()).rejects.toThrow('Unable to find environment variable credentials');
    given('an-id', 'a-secret');
    await expect(provide()).resolves.toMatchObject({ accessKeyId: 'an-id' });
  });
});
