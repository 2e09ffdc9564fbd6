import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../lib/runtime/random.ts';
import { drawBetween, drawWhole, happens } from '../simulation/seeded-random.ts';
import { eventually } from '../support/eventually.ts';
import { descendantsOf, isRunning } from '../support/process-tree.ts';
import type { SpawnedRelay } from '../support/spawned-relay.ts';

/** What there is to kill, and when to do it. */
export interface KillerOptions {
  readonly random: Random;
  /** Calls that HubSpot has been sent so far. */
  readonly calls: () => number;
  /** How long HubSpot takes to answer a call, in milliseconds. */
  readonly answerMs: number;
}

/** Runs one function each; see `infra/local/lambda/environment.ts`. */
const FUNCTION_PROCESS = 'bootstrap.mjs';

/**
 * Kills function processes of a relay at some random moments, each with an even chance, so that some consumers see their
 * neighbours die. Gives back how many died.
 */
export async function killFunctions(relay: SpawnedRelay, options: KillerOptions): Promise<number> {
  const { random } = options;
  let killed = 0;
  for (let strikes = drawWhole(random, 2, 4); strikes > 0; strikes -= 1) {
    await randomMoment(options);
    const functions = descendantsOf(relay.pid).filter(({ command }) => command.includes(FUNCTION_PROCESS));
    for (const { pid } of functions.filter(() => happens(random, 0.5))) killed += kill(pid) ? 1 : 0;
  }
  return killed;
}

/**
 * Kills a whole relay: all of its processes at once, as when the machine goes down, or the first of them, as when somebody
 * kills that. Resolves when none is left.
 */
export async function killRelay(relay: SpawnedRelay, options: KillerOptions): Promise<void> {
  await randomMoment(options);
  const processes = [relay.pid, ...descendantsOf(relay.pid).map(({ pid }) => pid)];
  if (happens(options.random, 0.5)) relay.killGroup();
  else relay.signal('SIGKILL');
  await relay.ended();
  await eventually('all its processes to be gone', () => (processes.some(isRunning) ? undefined : true));
}

/** Any moment, or while a call is at HubSpot: what dies then has most to answer for. */
async function randomMoment({ random, calls, answerMs }: KillerOptions): Promise<void> {
  await pause(drawBetween(random, 100, 900));
  if (happens(random, 0.3)) return;
  const before = calls();
  const giveUpAt = Date.now() + 1_000;
  while (calls() === before && Date.now() < giveUpAt) await pause(2);
  await pause(drawBetween(random, 0, 1.5 * answerMs));
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself, for instance because its parent did.
    return false;
  }
}
