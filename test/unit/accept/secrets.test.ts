import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, test } from '@jest/globals';
import { createSecretReader } from '../../../lib/runtime/secrets.ts';
import { seconds } from '../../../lib/runtime/units.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

function open(answer: (call: number) => string | undefined) {
  let calls = 0;
  const client: SecretsManagerClient = Object.create(SecretsManagerClient.prototype, {
    send: {
      value: async () => {
        calls += 1;
        const text = answer(calls);
        if (text === 'down') throw new Error('no connection');
        return { SecretString: text };
      },
    },
  });
  const clock = createFakeClock();
  return { clock, reader: createSecretReader(client, 'keys', clock), calls: () => calls };
}

describe('a secret', () => {
  test('is read once a minute, however many ask', async () => {
    const { reader, clock, calls } = open((call) => `value ${call}`);
    expect(await Promise.all([reader.read(), reader.read()])).toEqual(['value 1', 'value 1']);
    clock.advance(seconds(59));
    expect(await reader.read()).toBe('value 1');
    clock.advance(seconds(1));
    expect(await reader.read()).toBe('value 2');
    expect(calls()).toBe(2);
  });

  test('is served on while it cannot be refreshed, and asked for again after 5 s', async () => {
    const { reader, clock, calls } = open((call) => (call === 2 ? 'down' : `value ${call}`));
    await reader.read();
    clock.advance(seconds(60));
    expect([await reader.read(), await reader.read()]).toEqual(['value 1', 'value 1']);
    expect(calls()).toBe(2);
    clock.advance(seconds(5));
    expect(await reader.read()).toBe('value 3');
  });

  test('cannot be had when it was never read, and is asked for again at once', async () => {
    const { reader } = open((call) => (call === 1 ? 'down' : call === 2 ? undefined : 'value'));
    await expect(reader.read()).rejects.toThrow('no connection');
    await expect(reader.read()).rejects.toThrow('no text');
    expect(await reader.read()).toBe('value');
  });
});
