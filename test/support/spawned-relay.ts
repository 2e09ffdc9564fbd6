import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';

/** `npm start` as a user runs it, in a process group of its own. */
export interface SpawnedRelay {
  readonly pid: number;
  /** What it printed so far. */
  stdout(): string;
  stderr(): string;
  /** The line that matches, once it is printed; rejects when it ends before, with what it said. */
  line(what: RegExp, patienceMs?: number): Promise<string>;
  /** The front door's address, from the line that a script would wait for. */
  ready(): Promise<string>;
  /** Sends a signal to the process alone. */
  signal(signal: NodeJS.Signals): void;
  /** Kills the whole process group, as when the machine goes down. */
  killGroup(): void;
  /** The exit code, or the name of the signal that ended it. */
  ended(): Promise<number | string>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const START_SCRIPT: readonly [string, ...string[]] = [process.execPath, 'infra/local/start.mjs'];
/** As it stands in the README; slower to start. */
export const NPM_START: readonly [string, ...string[]] = ['npm', 'start', '--'];
const START_PATIENCE_MS = 60_000;

/**
 * Starts `node infra/local/start.mjs` with flags and with no variables but `PATH`, `HOME` and those given: what a developer
 * has set must not decide a test.
 */
export function spawnRelay(
  flags: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  [command, ...parts] = START_SCRIPT,
): SpawnedRelay {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command, [...parts, ...flags], {
    cwd: root,
    env: { PATH, HOME, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the relay could not be spawned');
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const ending = endOf(child);
  const relay: SpawnedRelay = {
    pid,
    stdout,
    stderr,
    line: async (what, patienceMs = START_PATIENCE_MS) => {
      let end: number | string | undefined;
      void ending.then((how) => {
        end = how;
      });
      const line = await eventually(
        `a line like ${what}`,
        () => {
          const seen = stdout()
            .split('\n')
            .slice(0, -1)
            .find((each) => what.test(each));
          if (seen === undefined && end !== undefined) throw new Error(`it ended (${end}): ${stderr() || stdout()}`);
          return seen;
        },
        patienceMs,
      );
      return line;
    },
    ready: async () => (await relay.line(/^ready http:\/\/127\.0\.0\.1:\d+$/)).slice('ready '.length),
    signal: (signal) => void child.kill(signal),
    killGroup: () => {
      try {
        // The group may outlive the process that it is named after.
        process.kill(-pid, 'SIGKILL');
      } catch {
        // There is nobody left in it.
      }
    },
    ended: () => ending,
  };
  return relay;
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** `close` comes after the last of the output, `exit` may come before it. */
async function endOf(child: ChildProcess): Promise<number | string> {
  await once(child, 'close');
  return child.exitCode ?? child.signalCode ?? 'unknown';
}
