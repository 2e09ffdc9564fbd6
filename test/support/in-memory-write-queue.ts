import type { DeadLetter, OutgoingMessage, WriteQueue } from '../../lib/operations/write-queue.ts';

/** A queue in memory that can be told not to confirm. */
export interface InMemoryWriteQueue extends WriteQueue {
  readonly sent: readonly OutgoingMessage[];
  readonly deadLetters: readonly DeadLetter[];
  readonly acknowledged: readonly string[];
  /** Positions that the next sends leave unconfirmed; empty again means that all goes well. */
  failAt(positions: readonly number[]): void;
}

export function createInMemoryWriteQueue(): InMemoryWriteQueue {
  const sent: OutgoingMessage[] = [];
  const deadLetters: DeadLetter[] = [];
  const acknowledged: string[] = [];
  let failing: readonly number[] = [];
  const add = <T>(items: readonly T[], to: T[]): readonly number[] => {
    to.push(...items.filter((_, position) => !failing.includes(position)));
    return failing.filter((position) => position < items.length);
  };
  return {
    sent,
    deadLetters,
    acknowledged,
    failAt: (positions) => {
      failing = positions;
    },
    send: async (messages) => add(messages, sent),
    setAside: async (letters) => add(letters, deadLetters),
    acknowledge: async (receipts) => {
      acknowledged.push(...receipts);
    },
  };
}
