import type { EpochMs } from '../../lib/runtime/units.ts';
import { shuffle } from './seeded-random.ts';
import type { World } from './simulated-process.ts';

/** A message as a consumer gets it. */
export interface Delivered {
  readonly messageId: string;
  readonly receipt: string;
  readonly body: string;
}

interface Stored extends Delivered {
  readonly order: number;
  visibleAt: number;
  receives: number;
}

/** What a queue is set to, and who is told of what happens on it. */
export interface QueueOptions {
  readonly name: string;
  readonly visibilityTimeout: number;
  /** Where a message goes that was received so often; never for the dead letters. */
  readonly redrive?: { readonly after: number; readonly to: SimulatedQueue };
  readonly onStored: (body: string) => void;
  /** Called when a message is gone from this queue for good. */
  readonly onGone: (body: string, why: 'deleted' | 'redriven') => void;
}

/** A standard queue of SQS: at least once, in any order, invisible for a while after a receive. */
export interface SimulatedQueue {
  readonly name: string;
  store(body: string, delay?: number): void;
  /** Up to `most` messages that are visible now. */
  receive(most: number): readonly Delivered[];
  delete(messageId: string): void;
  /** Moves all messages to another queue, as `StartMessageMoveTask` does: they are new there. */
  moveAll(to: SimulatedQueue): void;
  /** Resolves when a message is visible. */
  whenVisible(): Promise<void>;
  readonly size: number;
  /** Bodies of all messages, visible or not. */
  bodies(): readonly string[];
}

export function createSimulatedQueue(world: World, options: QueueOptions): SimulatedQueue {
  const { scheduler, random } = world;
  const { name, visibilityTimeout, redrive } = options;
  const stored = new Map<string, Stored>();
  let waiting: (() => void)[] = [];
  let sent = 0;

  const isVisible = (message: Stored): boolean => message.visibleAt <= scheduler.now();
  const wake = () => {
    if (waiting.length === 0 || ![...stored.values()].some(isVisible)) return;
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };
  const hide = (message: Stored, until: number) => {
    message.visibleAt = until;
    scheduler.at(until, wake);
  };
  const store = (body: string, delay = 0) => {
    sent += 1;
    const messageId = `${name}-${sent}`;
    const message: Stored = { messageId, receipt: messageId, body, order: sent, visibleAt: 0, receives: 0 };
    stored.set(message.messageId, message);
    options.onStored(body);
    hide(message, scheduler.now() + delay);
  };
  const moveOn = (message: Stored, to: SimulatedQueue) => {
    world.trace(() => `${name}: ${message.messageId} moves to ${to.name} after ${message.receives} receives`);
    stored.delete(message.messageId);
    to.store(message.body);
    options.onGone(message.body, 'redriven');
  };

  return {
    name,
    store,
    receive: (most) => {
      const visible = [...stored.values()].filter(isVisible);
      const inOrder = world.faults().reorder > 0 ? shuffle(random, visible) : visible;
      const delivered: Delivered[] = [];
      for (const message of inOrder) {
        if (delivered.length >= most) break;
        if (redrive !== undefined && message.receives >= redrive.after) {
          moveOn(message, redrive.to);
          continue;
        }
        message.receives += 1;
        const isSeenTwice = world.multiplies(world.faults().duplicate);
        hide(message, scheduler.now() + (isSeenTwice ? random() * 5_000 : visibilityTimeout));
        delivered.push({ messageId: message.messageId, receipt: message.receipt, body: message.body });
      }
      return delivered;
    },
    delete: (messageId) => {
      const message = stored.get(messageId);
      if (message === undefined) return;
      if (world.multiplies(world.faults().ghost)) {
        hide(message, scheduler.now() + random() * 60_000);
        return;
      }
      stored.delete(messageId);
      options.onGone(message.body, 'deleted');
    },
    moveAll: (to) => {
      for (const message of [...stored.values()]) moveOn(message, to);
    },
    whenVisible: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        wake();
      }),
    get size() {
      return stored.size;
    },
    bodies: () => [...stored.values()].map(({ body }) => body),
  };
}

/** A batch as the event source mapping hands it on, with the time at which its function is killed. */
export interface Invocation {
  readonly batch: readonly Delivered[];
  readonly deadline: EpochMs;
}
