import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** A server that runs in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** Lets it close its files and end; resolves when it is gone. */
  stop(): Promise<void>;
}

const report = z.union([z.object({ url: z.string() }), z.object({ error: z.string() })]);

/** How long a server may take to close before it is killed. */
const closeMilliseconds = 5_000;

/**
 * Starts an entry file of this directory (one that calls `serveParent`) in a process of its own: on AWS these servers are
 * other machines, so what they do must not keep the gateway's event loop busy. The process ends with this one, however
 * this one ends. Rejects when the server does not start.
 *
 * @param options what the entry file parses, as JSON.
 * @param output file descriptor for what it prints.
 */
export async function startServerProcess(entry: string, options: unknown, output: number): Promise<ServerProcess> {
  const child = fork(fileURLToPath(new URL(`./${entry}`, import.meta.url)), [JSON.stringify(options)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', output, output, 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const first = await Promise.race([
    new Promise<unknown>((resolve) => child.once('message', resolve)),
    exited.then(() => ({ error: 'its process ended' })),
  ]);
  const started = report.parse(first);
  if ('error' in started) throw new Error(`${entry} did not start: ${started.error}`);
  return {
    url: started.url,
    stop: async () => {
      child.kill('SIGTERM');
      const killing = setTimeout(() => child.kill('SIGKILL'), closeMilliseconds);
      await exited;
      clearTimeout(killing);
    },
  };
}
