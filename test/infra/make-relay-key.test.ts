import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';

const command = fileURLToPath(new URL('../../infra/make-relay-key.ts', import.meta.url));
const asked = z.object({ SecretId: z.literal('relay-keys'), SecretString: z.string().optional() });

let secret: string;
let server: Server;

/** Secrets Manager with one secret, as far as the command uses it. */
beforeEach(async () => {
  secret = '{"keys":[],"placeholder":"x"}';
  server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    const question = asked.safeParse(JSON.parse(await text(request)));
    if (!question.success) {
      response.statusCode = 400;
      response.end(JSON.stringify({ __type: 'ResourceNotFoundException' }));
      return;
    }
    const { SecretString } = question.data;
    if (request.headers['x-amz-target'] === 'secretsmanager.PutSecretValue') secret = SecretString ?? '';
    response.end(JSON.stringify({ SecretString: secret }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

interface Run {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

const relayKey = (...words: string[]): Promise<Run> => relayKeyIn({}, ...words);

/** Runs the command in a shell with other variables; undefined takes one away. */
function relayKeyIn(variables: Readonly<Record<string, string | undefined>>, ...words: string[]): Promise<Run> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  const env = {
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL: `http://127.0.0.1:${address.port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...variables,
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [command, ...words], { env }, (_error, out, error) =>
      resolve({ code: child.exitCode ?? -1, out, error }),
    );
  });
}

test('relay-key stores the hash of the key that it prints, and nothing else', async () => {
  const { code, out } = await relayKey('--name', 'crm-sync', '--secret', 'relay-keys');
  expect(code).toBe(0);
  const key = /^key +(\S+)$/m.exec(out)?.[1] ?? '';
  const sha256 = createHash('sha256').update(key).digest('hex');
  expect(JSON.parse(secret)).toEqual({ keys: [{ name: 'crm-sync', sha256 }] });
});

test('relay-key makes a key that may do less', async () => {
  expect((await relayKey('--name', 'reports', '--scopes', 'read', '--secret', 'relay-keys')).code).toBe(0);
  expect(JSON.parse(secret)).toMatchObject({ keys: [{ name: 'reports', scopes: ['read'] }] });
});

test('relay-key revokes one key and keeps the others', async () => {
  await relayKey('--name', 'crm-sync', '--secret', 'relay-keys');
  await relayKey('--name', 'shop', '--secret', 'relay-keys');
  expect((await relayKey('--revoke', 'crm-sync', '--secret', 'relay-keys')).code).toBe(0);
  expect(JSON.parse(secret)).toMatchObject({ keys: [{ name: 'shop' }] });
});

test('relay-key says in one sentence why it does nothing', async () => {
  const before = secret;
  expect(await relayKey('--revoke', 'nobody', '--secret', 'relay-keys')).toEqual({
    code: 1,
    out: '',
    error: 'there is no key named nobody\n',
  });
  expect(await relayKey()).toMatchObject({ code: 1, error: 'say either --name NAME or --revoke NAME\n' });
  expect(await relayKey('--name', 'x', '--scopes', 'all', '--secret', 'relay-keys')).toMatchObject({
    code: 1,
    error: 'scopes are one or more of read,write,forward,gdpr-delete, not "all"\n',
  });
  expect(await relayKey('--revoke', 'x', '--scopes', 'read', '--secret', 'relay-keys')).toMatchObject({ code: 1 });
  expect(secret).toBe(before);
});

test.each([
  ['a region', { AWS_REGION: undefined }, 'relay-keys', /^no AWS region is set: put AWS_REGION=/],
  [
    'credentials',
    { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
    'relay-keys',
    /^no AWS credentials are found: /,
  ],
  ['the secret', {}, 'another-secret', /^there is no such secret in this region and account: .*RelayKeysSecret/],
])('relay-key says what to do when %s is missing', async (_, variables, name, sentence) => {
  const { code, out, error } = await relayKeyIn(variables, '--name', 'crm-sync', '--secret', name);
  expect([code, out]).toEqual([1, '']);
  expect(error).toMatch(sentence);
  expect(error.trimEnd()).not.toContain('\n');
});
