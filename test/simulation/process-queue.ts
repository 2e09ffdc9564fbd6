import type { WriteQueue } from '../../lib/operations/write-queue.ts';
import { happens } from './seeded-random.ts';
import type { SimulatedProcess, World } from './simulated-process.ts';
import type { SimulatedQueue } from './simulated-queue.ts';

/** SQS takes so many messages a call. */
const MESSAGES_PER_CALL = 10;

/** Where one process sends to. */
export interface ProcessQueueOptions {
  readonly world: World;
  readonly process: SimulatedProcess;
  readonly writes: SimulatedQueue;
  readonly deadLetters: SimulatedQueue;
  /** Told the reason of a letter before it is stored, and that it is stored. */
  readonly onLetter: (reason: string | undefined) => void;
}

/** The queue as one process has it: ten messages a call, each of which may be left unconfirmed, stored or not. */
export function createProcessQueue(options: ProcessQueueOptions): WriteQueue {
  const { writes, deadLetters } = options;
  return {
    send: (messages) =>
      inTens(options, 'queue.send', messages, ({ message, delay }) => writes.store(JSON.stringify(message), delay)),
    setAside: (letters) =>
      inTens(options, 'queue.setAside', letters, ({ body, reason }) => {
        options.onLetter(reason);
        deadLetters.store(body);
        options.onLetter(undefined);
      }),
    acknowledge: async (receipts) => {
      await inTens(options, 'queue.acknowledge', receipts, (receipt) => {
        if (!options.world.multiplies(options.world.faults().deleteLost)) writes.delete(receipt);
      }).catch(() => {});
    },
  };
}

async function inTens<T>(
  { world, process }: ProcessQueueOptions,
  what: string,
  items: readonly T[],
  store: (item: T) => void,
): Promise<readonly number[]> {
  const unconfirmed: number[] = [];
  for (let start = 0; start < items.length; start += MESSAGES_PER_CALL) {
    const chunk = items.slice(start, start + MESSAGES_PER_CALL);
    await process.effect(`${what} ${chunk.length}`, 'done', () => {
      for (const [position, item] of chunk.entries()) {
        const { sendUnconfirmedLost, sendUnconfirmedStored } = world.faults();
        const isLost = happens(world.random, sendUnconfirmedLost);
        if (isLost || world.multiplies(sendUnconfirmedStored)) unconfirmed.push(start + position);
        if (!isLost) store(item);
      }
    });
  }
  return unconfirmed;
}
