import { type EpochMs, epochMs } from '../../lib/runtime/units.ts';

/** Something that happens at a virtual time. */
interface Event {
  readonly time: number;
  /** Order of planning: what is planned first for one time happens first. */
  readonly order: number;
  readonly action: () => void;
}

/** Why a run ended. */
export type RunEnd = 'done' | 'idle' | 'out-of-time' | 'out-of-events';

/** Virtual time: it stands still while code runs, and jumps to the next planned event when all code waits. */
export interface Scheduler {
  now(): EpochMs;
  /** Plans `action` for a time, in whole milliseconds; one that is over means now. */
  at(time: number, action: () => void): void;
  /** Lets events happen, one by one, until `isDone` holds, nothing is planned, or a limit is reached. */
  run(isDone: () => boolean, limits: { readonly until: number; readonly events: number }): Promise<RunEnd>;
  /** Events that have happened. */
  readonly count: number;
}

/**
 * Runs asynchronous code in an order that only the planned times decide. After each event all code that it woke runs until it
 * waits for another event: a turn of Node's event loop ends only when no microtask is left.
 */
export function createScheduler(start: EpochMs): Scheduler {
  const heap: Event[] = [];
  let now: number = start;
  let planned = 0;
  let count = 0;
  const allCodeWaits = createTurns();
  return {
    get count() {
      return count;
    },
    now: () => epochMs(now),
    at: (time, action) => {
      push(heap, { time: Math.max(Math.ceil(time), now), order: planned, action });
      planned += 1;
    },
    run: async (isDone, { until, events }) => {
      for (;;) {
        await allCodeWaits();
        if (isDone()) return 'done';
        const next = heap[0];
        if (next === undefined) return 'idle';
        if (next.time > until) return 'out-of-time';
        if (count >= events) return 'out-of-events';
        pop(heap);
        now = next.time;
        count += 1;
        next.action();
      }
    },
  };
}

/** So many turns to one look of Node's event loop at what comes from outside, of which there is nothing here. */
const TURNS_AT_ONCE = 64;

/** What waits until no microtask is left: between two immediates that were asked for together Node runs all of them, too. */
function createTurns(): () => Promise<void> {
  let asked = 0;
  let wake: (() => void) | undefined;
  const turn = () => {
    asked -= 1;
    const resolve = wake;
    wake = undefined;
    resolve?.();
  };
  return () =>
    new Promise((resolve) => {
      wake = resolve;
      if (asked > 0) return;
      asked = TURNS_AT_ONCE;
      for (let n = 0; n < TURNS_AT_ONCE; n += 1) setImmediate(turn);
    });
}

const isBefore = (a: Event, b: Event): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);

function push(heap: Event[], event: Event): void {
  let place = heap.length;
  heap.push(event);
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || !isBefore(event, parent)) break;
    heap[place] = parent;
    place = above;
  }
  heap[place] = event;
}

/** Takes the first event off; the last one sinks from the top to its place. */
function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    const [a, b] = [heap[left], heap[left + 1]];
    const smaller = a !== undefined && b !== undefined && isBefore(b, a) ? left + 1 : left;
    const child = heap[smaller];
    if (child === undefined || !isBefore(child, last)) break;
    heap[place] = child;
    place = smaller;
  }
  heap[place] = last;
}
