import type { Clock } from '../../lib/runtime/clock.ts';
import type { Random } from '../../lib/runtime/random.ts';
import { epochMs } from '../../lib/runtime/units.ts';
import type { FaultProfile } from './fault-profile.ts';
import type { Scheduler } from './scheduler.ts';
import { drawBetween, drawOne, happens } from './seeded-random.ts';

/** What all processes of a run share. */
export interface World {
  readonly scheduler: Scheduler;
  /** Decides on faults and delays; the workload has a source of its own. */
  readonly random: Random;
  /** The faults that are on now. */
  faults(): FaultProfile;
  /**
   * Draws a fault that leaves a second copy of a message. There are only so many in a run: where every round of an outage
   * doubled what waits, as no queue does, the last hour would have millions of messages.
   */
  multiplies(probability: number): boolean;
  trace(line: () => string): void;
}

/** The AWS SDK gives an exchange up after so long. */
export const CLIENT_TIMEOUT = 3_000;
/** A request that hung in the network lands this much later at the latest. */
const LATEST_LANDING = 200_000;

/** A failure of the infrastructure, as an SDK throws it. */
export class InjectedFault extends Error {
  override readonly name = 'InjectedFault';
  /** Where it was made says nothing, and would differ from run to run of one seed. */
  override readonly stack = '';
}

/** How the outside answers one effect of a process. */
export type EffectFate = 'done' | 'fails-before' | 'fails-after' | 'lands-late';

/**
 * An environment of a function, or a caller. All it does to the world goes through `effect`; when it is killed it never runs
 * on, since its promises are never resolved, but what it has sent still lands.
 */
export interface SimulatedProcess {
  readonly name: string;
  readonly isAlive: boolean;
  kill(why: string): void;
  /** Calls `land` after a delay, of `mostDelay` ms at the most, as its fate has it, and resolves with what it gives after another. */
  effect<T>(what: string, fate: EffectFate, land: () => T | Promise<T>, mostDelay?: number): Promise<T>;
  /** A fate for an exchange with a store. */
  drawStoreFate(): EffectFate;
  readonly clock: Clock;
}

/** Starts a process; `onKill` is told of its death. */
export function createProcess(world: World, name: string, onKill: () => void = () => {}): SimulatedProcess {
  const { scheduler, random } = world;
  let isAlive = true;
  const kill = (why: string) => {
    if (!isAlive) return;
    isAlive = false;
    world.trace(() => `${name} dies: ${why}`);
    onKill();
  };
  const later = (delay: number, action: () => void) => scheduler.at(scheduler.now() + delay, action);
  const whileAlive = (delay: number, action: () => void) =>
    later(delay, () => {
      if (isAlive) action();
    });

  const effect = <T>(
    what: string,
    fate: EffectFate,
    land: () => T | Promise<T>,
    mostDelay = Number.POSITIVE_INFINITY,
  ): Promise<T> => {
    if (!isAlive || strikesDown(`before ${what}`)) return new Promise(() => {});
    return new Promise((resolve, reject) => {
      const fail = () => reject(new InjectedFault(`${what}: injected fault`));
      const perform = (): Promise<T> => {
        world.trace(() => `${name} ${what}${fate === 'done' ? '' : ` (${fate})`}`);
        const result = Promise.resolve(land());
        strikesDown(`after ${what}`);
        return result;
      };
      if (fate === 'lands-late') {
        whileAlive(CLIENT_TIMEOUT, fail);
        later(drawBetween(random, CLIENT_TIMEOUT, LATEST_LANDING), () => void perform());
        return;
      }
      later(Math.min(mostDelay, drawDelay()), () => {
        if (fate === 'fails-before') {
          world.trace(() => `${name} ${what} (fails before)`);
          whileAlive(1, fail);
          return;
        }
        const result = perform();
        whileAlive(drawDelay(), fate === 'fails-after' ? fail : () => void result.then(resolve, reject));
      });
    });
  };

  const strikesDown = (when: string): boolean => {
    if (!world.multiplies(world.faults().crash)) return false;
    kill(when);
    return true;
  };

  const drawDelay = (): number =>
    happens(random, world.faults().slow) ? drawOne(random, [200, 1_000, 5_000]) * random() : drawBetween(random, 1, 8);

  return {
    name,
    get isAlive() {
      return isAlive;
    },
    kill,
    effect,
    drawStoreFate: () => drawStoreFate(world),
    clock: {
      now: () => epochMs(Math.floor(scheduler.now())),
      sleep: (duration, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted === true) {
            reject(signal.reason);
            return;
          }
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
          whileAlive(Math.max(0, duration), resolve);
        }),
    },
  };
}

function drawStoreFate({ random, faults }: World): EffectFate {
  const { storeFailsBefore, storeFailsAfter, storeLandsLate } = faults();
  if (happens(random, storeFailsBefore)) return 'fails-before';
  if (happens(random, storeFailsAfter)) return 'fails-after';
  return happens(random, storeLandsLate) ? 'lands-late' : 'done';
}

type Method = (...args: never[]) => Promise<unknown>;
const isMethod = (value: unknown): value is Method => typeof value === 'function';

/** What an exchange is about, where it says so first. */
const nameIn = ([first]: readonly unknown[]): string => (typeof first === 'string' ? ` ${first}` : '');

/** A port as one process has it: each of its methods is an effect of the process, with the faults of a store. */
export function throughProcess<T extends object>(process: SimulatedProcess, label: string, port: T): T {
  const wrapped: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(port)) {
    wrapped[name] = isMethod(method)
      ? (...args: never[]) =>
          process.effect(`${label}.${name}${nameIn(args)}`, process.drawStoreFate(), () => method(...args))
      : method;
  }
  return { ...port, ...wrapped };
}
