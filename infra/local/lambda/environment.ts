import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type DurationMs, seconds } from '../../../lib/runtime/units.ts';

/**
 * How an invocation ended. `failed` is what Lambda calls a function error, whatever its cause; `too-large` is an event that
 * Lambda refuses before any function sees it.
 */
export type InvocationResult =
  | { readonly kind: 'returned'; readonly payload: unknown }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'too-large'; readonly reason: string };

/** One running copy of a function: a process that takes one event at a time. */
export interface Environment {
  /** Whether the process can take another event. */
  readonly isAlive: () => boolean;
  /** Runs one event, given as JSON. Never rejects. */
  readonly invoke: (event: string, requestId: string) => Promise<InvocationResult>;
  /** Kills the process; resolves when it is gone. */
  readonly stop: () => Promise<void>;
}

/** What an environment is made of. */
export interface EnvironmentOptions {
  readonly variables: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly timeout: DurationMs;
  /** A file descriptor for its stdout and stderr. */
  readonly output: number;
}

/** Lambda gives the import of a handler 10 s. */
const initialisationTimeout = seconds(10);

const bootstrapPath = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url));

/** Starts a process for a function. The process ends with this one, however this one ends. */
export function startEnvironment(options: EnvironmentOptions): Environment {
  const child = fork(bootstrapPath, [], {
    env: { ...options.variables },
    execArgv: [`--max-old-space-size=${options.memoryMegabytes}`],
    stdio: ['ignore', options.output, options.output, 'ipc'],
    // Events travel as one long text, which JSON would escape once more.
    serialization: 'advanced',
  });
  const reports = readReports(child);
  const ready = reports.next(initialisationTimeout, 'the function did not finish its start within 10 s');
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });

  const invoke = async (event: string, requestId: string): Promise<InvocationResult> => {
    const start = await ready;
    if (start.kind !== 'ready') return asResult(start);
    const answer = reports.next(options.timeout, `the function timed out after ${options.timeout / 1_000} s`);
    child.send({ event, requestId, deadline: Date.now() + options.timeout }, () => {
      // A send to a process that just died is reported by its exit.
    });
    return asResult(await answer);
  };
  return {
    isAlive: () => child.exitCode === null && child.signalCode === null && !child.killed,
    invoke,
    stop: () => {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'returned'; readonly payload: string }
  | { readonly kind: 'threw'; readonly reason: string };

interface Reports {
  /** The process's next report; when none comes in time the process is killed and `late` is the reason. */
  next(timeout: DurationMs, late: string): Promise<Report>;
}

function readReports(child: ChildProcess): Reports {
  let deliver: ((report: Report) => void) | undefined;
  const arrived = (report: Report) => deliver?.(report);
  const ended = (reason: string) => arrived({ kind: 'threw', reason });
  child.on('message', (message) => arrived(parseReport(message)));
  child.once('exit', (code, signal) => ended(`the function's process ended (${signal ?? `exit code ${code}`})`));
  child.once('error', (error) => ended(`the function's process failed: ${error.message}`));
  return {
    next: (timeout, late) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          child.kill('SIGKILL');
          ended(late);
        }, timeout);
        deliver = (report) => {
          deliver = undefined;
          clearTimeout(timer);
          resolve(report);
        };
        if (child.exitCode !== null || child.signalCode !== null) ended("the function's process has ended");
      }),
  };
}

function parseReport(message: unknown): Report {
  const fields = new Map<string, unknown>(
    Object.entries(typeof message === 'object' && message !== null ? message : {}),
  );
  const payload = fields.get('payload');
  if (fields.get('kind') === 'ready') return { kind: 'ready' };
  if (fields.get('kind') === 'returned' && typeof payload === 'string') return { kind: 'returned', payload };
  return { kind: 'threw', reason: String(fields.get('reason') ?? 'an unreadable report') };
}

function asResult(report: Report): InvocationResult {
  switch (report.kind) {
    case 'returned':
      return { kind: 'returned', payload: JSON.parse(report.payload) };
    case 'threw':
      return { kind: 'failed', reason: report.reason };
    case 'ready':
      return { kind: 'failed', reason: "the function's process started twice" };
  }
}
