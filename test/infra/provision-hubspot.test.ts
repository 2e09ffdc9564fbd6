import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type HubSpotSimulator, startHubSpotSimulator } from '../../infra/local/hubspot/server.ts';

const command = fileURLToPath(new URL('../../infra/provision-hubspot.ts', import.meta.url));
const TOKEN = 'a-token-that-nobody-may-see';
const PROPERTIES = '/crm/v3/properties/contacts';

let simulator: HubSpotSimulator;
beforeEach(async () => {
  simulator = await startHubSpotSimulator({ settings: { token: TOKEN } });
});
afterEach(() => simulator.close());

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs the command against the simulator, and holds it to never printing the token. */
async function provision(words: readonly string[] = [], variables: Record<string, string> = {}): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'],
    HUBSPOT_BASE_URL: simulator.url,
    HUBSPOT_ACCESS_TOKEN: TOKEN,
    ...variables,
  };
  const ended = await new Promise<Ended>((resolve) => {
    const child = execFile(process.execPath, [command, ...words], { env }, (_error, out, error) =>
      resolve({ code: child.exitCode ?? -1, out, error }),
    );
  });
  expect(ended.out + ended.error).not.toContain(TOKEN);
  return ended;
}

const call = (method: string, path: string, body?: object): Promise<Response> =>
  fetch(`${simulator.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

test('the property is made, unique, and a second run changes nothing', async () => {
  expect(await provision()).toMatchObject({
    code: 0,
    error: '',
    out: expect.stringMatching(/^created relay_write_id/),
  });
  const made: unknown = await (await call('GET', `${PROPERTIES}/relay_write_id`)).json();
  expect(made).toMatchObject({ hasUniqueValue: true, type: 'string', fieldType: 'text' });
  expect(await provision()).toMatchObject({ code: 0, error: '', out: expect.stringContaining('nothing to do') });
});

test('another name can be given', async () => {
  expect(await provision(['--property', 'my_write_id'])).toMatchObject({ code: 0 });
  expect((await call('GET', `${PROPERTIES}/my_write_id`)).status).toBe(200);
});

test('a property that is not unique is left alone, and what to do is said', async () => {
  const [name, label, groupName] = ['relay_write_id', 'Mine', 'contactinformation'];
  await call('POST', PROPERTIES, { name, label, type: 'string', fieldType: 'text', groupName });
  const { code, out, error } = await provision();
  expect([code, out]).toEqual([1, '']);
  expect(error).toMatch(/is not unique.*choose another name with --property, or delete it/);
});

test.each<[string, readonly string[], Record<string, string>, RegExp]>([
  ['no token', [], { HUBSPOT_ACCESS_TOKEN: '' }, /^put a token .* into HUBSPOT_ACCESS_TOKEN\n$/],
  ['a wrong token', [], { HUBSPOT_ACCESS_TOKEN: 'wrong' }, /^HubSpot does not know the token/],
  ['no HubSpot', [], { HUBSPOT_BASE_URL: 'http://127.0.0.1:1' }, /^HubSpot cannot be reached at http:/],
  ['a name that is none', ['--property', 'Write Id'], {}, /^a property name is up to 100 lower-case letters/],
  ['an option that is none', ['--name', 'x'], {}, /--name/],
])('%s is said in a sentence, and nothing is made', async (_name, words, variables, sentence) => {
  const { code, out, error } = await provision(words, variables);
  expect([code, out]).toEqual([1, '']);
  expect(error).toMatch(sentence);
  expect((await call('GET', `${PROPERTIES}/relay_write_id`)).status).toBe(404);
});

test('a token without the scopes is told which', async () => {
  await call('PATCH', '/_simulator/settings', { scopes: ['crm.objects.contacts.write'] });
  expect(await provision()).toMatchObject({ code: 1, error: expect.stringContaining('crm.schemas.contacts.write') });
});
