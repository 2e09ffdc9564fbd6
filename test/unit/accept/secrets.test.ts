import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, test } from '@jest/globals';
import { TIME_TO_SETTLE } from '../../../lib/deliver/time-to-settle.ts';
import { createSecretsManager } from '../../../lib/runtime/aws-clients.ts';
import { createSecretReader } from '../../../lib/runtime/secrets.ts';
import { SECRET_READ_MOST, SECRET_TIMEOUT, SECRET_TRIES } from '../../../lib/runtime/service-limits.ts';
import { seconds } from '../../../lib/runtime/units.ts';
import { VirtualTime } from '../pace/virtual-time.ts';

/** A secret behind a Secrets Manager that answers a call with a text, with none, with `down`, or with `hanging` not before it is `late`. */
function open(answer: (call: number) => string | undefined) {
  let calls = 0;
  let late = () => {};
  const client: SecretsManagerClient = Object.create(SecretsManagerClient.prototype, {
    send: {
      value: async () => {
        calls += 1;
        const text = answer(calls);
        if (text === 'down') throw new Error('no connection');
        if (text !== 'hanging') return { SecretString: text };
        return new Promise((resolve) => {
          late = () => resolve({ SecretString: 'late value' });
        });
      },
    },
  });
  const time = new VirtualTime(1_800_000_000_000);
  const advance = (duration: number) => time.runUntil(time.now + duration);
  const reader = createSecretReader(client, 'keys', time.clock());
  return { clock: { advance }, reader, calls: () => calls, answerLate: () => late() };
}

describe('a secret', () => {
  test('is read once a minute, however many ask', async () => {
    const { reader, clock, calls } = open((call) => `value ${call}`);
    expect(await Promise.all([reader.read(), reader.read()])).toEqual(['value 1', 'value 1']);
    await clock.advance(seconds(59));
    expect(await reader.read()).toBe('value 1');
    await clock.advance(seconds(1));
    expect(await reader.read()).toBe('value 2');
    expect(calls()).toBe(2);
  });

  test('is served on while it cannot be refreshed, and asked for again after 5 s', async () => {
    const { reader, clock, calls } = open((call) => (call === 2 ? 'down' : `value ${call}`));
    await reader.read();
    await clock.advance(seconds(60));
    expect([await reader.read(), await reader.read()]).toEqual(['value 1', 'value 1']);
    expect(calls()).toBe(2);
    await clock.advance(seconds(5));
    expect(await reader.read()).toBe('value 3');
  });

  test('cannot be had when it was never read, and is asked for again at once', async () => {
    const { reader } = open((call) => (call === 1 ? 'down' : call === 2 ? undefined : 'value'));
    await expect(reader.read()).rejects.toThrow('no connection');
    await expect(reader.read()).rejects.toThrow('no text');
    expect(await reader.read()).toBe('value');
  });

  describe('whose refresh hangs', () => {
    const openHanging = async () => {
      const world = open((call) => (call === 2 ? 'hanging' : `value ${call}`));
      await world.reader.read();
      await world.clock.advance(seconds(60));
      return world;
    };

    test('is served on after a second, and for the next 5 s at once', async () => {
      const { reader, clock, calls } = await openHanging();
      const waiting = Promise.all([reader.read(), reader.read()]);
      await clock.advance(999);
      expect(await Promise.race([waiting, 'still waiting'])).toBe('still waiting');
      await clock.advance(1);
      expect(await Promise.race([waiting, 'still waiting'])).toEqual(['value 1', 'value 1']);
      await clock.advance(4_999);
      expect(await reader.read()).toBe('value 1');
      expect(calls()).toBe(2);
    });

    test('is the new one as soon as that comes', async () => {
      const { reader, clock, calls, answerLate } = await openHanging();
      const waiting = reader.read();
      await clock.advance(seconds(2));
      expect(await waiting).toBe('value 1');
      answerLate();
      await clock.advance(0);
      expect(await reader.read()).toBe('late value');
      await clock.advance(seconds(59));
      expect(await reader.read()).toBe('late value');
      expect(calls()).toBe(2);
    });
  });

  test('that was never read is waited for as long as the client tries, which every function has time for', async () => {
    const client = createSecretsManager();
    expect(await client.config.maxAttempts()).toBe(SECRET_TRIES);
    expect(SECRET_READ_MOST).toBeGreaterThanOrEqual(SECRET_TRIES * SECRET_TIMEOUT);
    expect(SECRET_READ_MOST).toBeLessThan(TIME_TO_SETTLE);
  });
});
