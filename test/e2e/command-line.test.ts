import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { closeServer, listenLocally } from '../../infra/local/aws/local-server.ts';
import { type HubSpotSimulator, startHubSpotSimulator } from '../../infra/local/hubspot/server.ts';
import { mapConcurrently } from '../../lib/runtime/map-concurrently.ts';
import { eventually } from '../support/eventually.ts';
import { descendantsOf, isRunning } from '../support/process-tree.ts';
import { createRelayClient } from '../support/relay-client.ts';
import { runCurlLine } from '../support/run-curl-line.ts';
import { restsBriefly } from '../support/running-relay.ts';
import { createSimulatorControl } from '../support/simulator-control.ts';
import { NPM_START, type SpawnedRelay, spawnRelay } from '../support/spawned-relay.ts';

const CONTACTS = '/crm/v3/objects/contacts';
const DEFAULT_KEY = 'local-dev-key';
/** A start takes five seconds, more where others use the machine too; some tests have two. */
const TEST_TIMEOUT_MS = 120_000;

const spawned: SpawnedRelay[] = [];
const start = (
  flags: readonly string[],
  variables?: Readonly<Record<string, string>>,
  command?: typeof NPM_START,
): SpawnedRelay => {
  const relay = spawnRelay(flags, variables, command);
  spawned.push(relay);
  return relay;
};

afterEach(async () => {
  for (const relay of spawned.splice(0)) {
    relay.killGroup();
    await relay.ended();
  }
}, TEST_TIMEOUT_MS);

describe('npm start -- --no-demo --port N', () => {
  test(
    'says that it is ready, takes the key of RELAY_API_KEY, and leaves no process behind on SIGTERM',
    async () => {
      const port = await freePort();
      const relay = start(['--no-demo', '--port', String(port)], { RELAY_API_KEY: 'a-key-of-my-own' });
      const url = await relay.ready();
      expect(url).toBe(`http://127.0.0.1:${port}`);
      expect(relay.stdout()).toMatch(/^HubSpot simulator http:\/\/127\.0\.0\.1:\d+$/m);

      const request = { path: `/sync${CONTACTS}`, body: { properties: { email: 'ada@example.com' } } };
      expect(await createRelayClient(url, DEFAULT_KEY).send(request)).toMatchObject({ status: 401 });
      expect(await createRelayClient(url, 'a-key-of-my-own').send(request)).toMatchObject({ status: 201 });

      const children = descendantsOf(relay.pid);
      expect(children.length).toBeGreaterThan(3);
      relay.signal('SIGTERM');
      expect(await relay.ended()).toBe(0);
      expect(children.filter(({ pid }) => isRunning(pid))).toEqual([]);
      const complaints = relay
        .stderr()
        .split('\n')
        .filter((line) => !line.startsWith('Bundling asset '));
      expect(complaints).toEqual(['']);
    },
    TEST_TIMEOUT_MS,
  );
});

describe('npm start that npm runs', () => {
  test(
    'leaves no process behind when npm is told to end',
    async () => {
      const relay = start(['--no-demo', '--port', '0'], {}, NPM_START);
      await relay.ready();
      const children = descendantsOf(relay.pid);
      expect(children.length).toBeGreaterThan(3);
      relay.signal('SIGTERM');
      await eventually('all processes to be gone', () =>
        [relay.pid, ...children.map(({ pid }) => pid)].some(isRunning) ? undefined : true,
      );
    },
    TEST_TIMEOUT_MS,
  );
});

describe('with HUBSPOT_BASE_URL', () => {
  let hubspot: HubSpotSimulator;
  beforeAll(async () => {
    hubspot = await startHubSpotSimulator({ settings: { token: 'a-token-of-my-own' } });
  });
  afterAll(() => hubspot.close());

  test(
    'no simulator is started and contacts arrive there, with the token of HUBSPOT_ACCESS_TOKEN',
    async () => {
      const variables = { HUBSPOT_BASE_URL: hubspot.url, HUBSPOT_ACCESS_TOKEN: 'a-token-of-my-own' };
      const relay = start(['--no-demo', '--port', '0'], variables);
      const client = createRelayClient(await relay.ready(), DEFAULT_KEY);
      expect(relay.stdout()).not.toMatch(/simulator/i);
      const body = { properties: { email: 'there@example.com' } };
      expect(await client.send({ path: `/sync${CONTACTS}`, body })).toMatchObject({ status: 201 });
      expect(hubspot.core.contacts(10).map(({ properties }) => properties['email'])).toEqual(['there@example.com']);
      expect(hubspot.core.statistics().violations).toEqual({});
    },
    TEST_TIMEOUT_MS,
  );
});

describe('what cannot be started is said in one sentence, with an exit code that is not zero:', () => {
  const expectOneSentence = async (relay: SpawnedRelay, sentence: RegExp): Promise<void> => {
    expect(await relay.ended()).toBe(1);
    expect(relay.stdout()).toBe('');
    expect(relay.stderr().trimEnd().split('\n')).toEqual([expect.stringMatching(sentence)]);
  };

  test(
    'a port that is taken',
    async () => {
      const other = createServer();
      const port = new URL(await listenLocally(other)).port;
      await expectOneSentence(start(['--no-demo', '--port', port]), new RegExp(`^Port ${port} is in use.*\\.$`));
      await closeServer(other);
    },
    TEST_TIMEOUT_MS,
  );

  test.each([
    { title: 'a port that is none', flags: ['--port', 'http'], sentence: /--port.*whole number/ },
    { title: 'an unknown flag', flags: ['--demoo'], sentence: /unknown option '--demoo'/ },
    { title: 'an unknown setting', flags: ['--set', 'batchSizes=5'], sentence: /there is no setting batchSizes/ },
    { title: 'a setting out of its range', flags: ['--set', 'batchSize=0'], sentence: /batchSize must be .* not "0"/ },
    { title: 'a setting without a value', flags: ['--set', 'batchSize'], sentence: /--set.*name=value/ },
    {
      title: 'a data directory that is a file',
      flags: ['--data', '/dev/null'],
      sentence: /data directory \/dev\/null/,
    },
  ])(
    '$title',
    ({ flags, sentence }) => expectOneSentence(start(['--no-demo', '--port', '0', ...flags]), sentence),
    TEST_TIMEOUT_MS,
  );
});

describe('npm start -- --data DIR', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'relay-data-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test(
    'everything accepted arrives although HubSpot was down and all was killed with kill -9',
    async () => {
      const settings = Object.entries(restsBriefly).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
      const flags = ['--no-demo', '--port', '0', '--data', directory, ...settings];
      const first = start(flags);
      const client = createRelayClient(await first.ready(), DEFAULT_KEY);
      const down = createSimulatorControl(await simulatorOf(first));
      await down.forgetStatistics();
      await down.fail({ do: { status: 503 } });
      const emails = Array.from({ length: 60 }, (_, number) => `kept-${number}@example.com`);
      const operations = await mapConcurrently(emails, 10, (id) =>
        client.accept({
          path: `${CONTACTS}/batch/upsert`,
          body: { inputs: [{ id, idProperty: 'email', properties: { firstname: 'Kept' } }] },
        }),
      );
      await eventually('a delivery to have failed', async () =>
        (await down.statistics()).calls > 0 ? true : undefined,
      );
      const processes = [first.pid, ...descendantsOf(first.pid).map(({ pid }) => pid)];
      first.killGroup();
      await first.ended();
      await eventually('all its processes to be gone', () => (processes.some(isRunning) ? undefined : true));

      const second = start(flags);
      const again = createRelayClient(await second.ready(), DEFAULT_KEY);
      const up = createSimulatorControl(await simulatorOf(second));
      const settled = await mapConcurrently(operations, 10, ({ id }) => again.completed(id, 60_000));
      expect(settled.filter(({ counts }) => counts.delivered !== 1)).toEqual([]);
      const contacts = await up.contacts();
      expect(contacts.map(({ properties }) => properties['email']).sort()).toEqual([...emails].sort());
    },
    2 * TEST_TIMEOUT_MS,
  );
});

describe('npm start', () => {
  test(
    'sends the sample contacts, reports what became of them, and gives curl lines that work',
    async () => {
      const relay = start(['--port', '0']);
      await relay.ready();
      await relay.line(/Try it:/, TEST_TIMEOUT_MS);
      await eventually('three curl lines', () => (curlLines(relay).length === 3 ? true : undefined));
      const report = relay.stdout();
      expect(report).toMatch(/every one accounted for/);
      for (const label of ['accepted', 'delivered', 'HubSpot calls', 'records per call']) {
        expect(report).toMatch(new RegExp(`^ +${label} +[\\d,.]+`, 'm'));
      }
      const [operation = '', create = '', read = ''] = curlLines(relay);
      expect(await runCurlLine(operation)).toMatchObject({ status: 200, body: { status: 'COMPLETE' } });
      const created = await runCurlLine(create);
      expect(created).toMatchObject({ status: 201, body: { properties: { email: 'you@example.com' } } });
      // The second line waits for HubSpot, so that the third finds what it made.
      const found = await runCurlLine(read);
      expect(found).toMatchObject({ status: 200, body: { properties: { email: 'you@example.com' } } });
      relay.signal('SIGINT');
      expect(await relay.ended()).toBe(0);
    },
    2 * TEST_TIMEOUT_MS,
  );
});

const curlLines = (relay: SpawnedRelay): readonly string[] =>
  relay
    .stdout()
    .split('\n')
    .slice(0, -1)
    .map((line) => line.trim())
    .filter((line) => line.startsWith('curl '));

const simulatorOf = async (relay: SpawnedRelay): Promise<string> =>
  (await relay.line(/^HubSpot simulator /)).slice('HubSpot simulator '.length);

async function freePort(): Promise<number> {
  const probe = createServer();
  const port = Number(new URL(await listenLocally(probe)).port);
  await closeServer(probe);
  return port;
}
