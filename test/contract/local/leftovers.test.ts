import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { closeServer, listenLocally } from '../../../infra/local/aws/local-server.ts';

const fixture = fileURLToPath(new URL('./fixture/run-fixture.ts', import.meta.url));
const startScript = fileURLToPath(new URL('../../../infra/local/start.mjs', import.meta.url));

test('a runner that is killed leaves no process behind', async () => {
  const runner = spawn(process.execPath, [fixture], { stdio: ['ignore', 'pipe', 'ignore'] });
  const url = await readyUrl(runner);
  expect((await fetch(`${url}/open/anything`)).status).toBe(200);
  const allGone = once(runner, 'close');
  runner.kill('SIGKILL');
  // Its servers and environments hold the same pipe, which ends only with the last of them.
  expect(await allGone).toEqual([null, 'SIGKILL']);
});

describe('a start that cannot be', () => {
  test('says in one sentence that the port is taken', async () => {
    const taken = createServer();
    const port = new URL(await listenLocally(taken)).port;
    const failed = await failedStart(['--no-demo', '--port', port]);
    await closeServer(taken);
    expect(failed).toEqual([1, `Port ${port} is in use already; choose another one with --port.\n`, '']);
  });

  test.each([
    [['--set', 'batchSize=none'], /^setting batchSize must be a whole number .*\n$/],
    [['--set', 'batchSize'], /^error: .* It must look like name=value\.\n$/],
    [['--set', 'nothing=1'], /^there is no setting nothing.*\n$/],
    [['--port', '70000'], /^error: .* It must be a whole number from 0 to 65535\.\n$/],
    [['--port', '0', '--data', fixture], /^The data directory .* cannot be made.*\n$/],
  ])('says in one sentence what is wrong with %j', async (flags, sentence) => {
    const [code, stderr, stdout] = await failedStart(['--no-demo', ...flags]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(sentence);
  });
});

async function failedStart(flags: readonly string[]): Promise<[number | null, string, string]> {
  const started = spawn(process.execPath, [startScript, ...flags], { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
  const exited = once(started, 'exit');
  const [stderr, stdout] = await Promise.all([text(started.stderr), text(started.stdout)]);
  await exited;
  return [started.exitCode, stderr, stdout];
}

async function readyUrl(runner: ChildProcess): Promise<string> {
  if (runner.stdout === null) throw new Error('the runner has no stdout');
  for await (const line of createInterface({ input: runner.stdout })) {
    const url = /^ready (.+)$/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the runner did not start');
}
