import type { WriteQueue } from '../operations/write-queue.ts';
import type { OpenMessage } from './receive-messages.ts';

/** The messages that a consumer works on, and those that it leaves to others. */
export interface SharedOut {
  readonly kept: readonly OpenMessage[];
  readonly surplus: readonly OpenMessage[];
}

/**
 * Keeps what this consumer can bring to HubSpot in its time, the first messages and at least one. A batch is counted in messages, and
 * of large ones it may hold more than HubSpot's limit allows for.
 *
 * It keeps between once and twice its `recordsShare`, by chance: consumers that began together are then not done together, and while one
 * settles and receives, another calls.
 */
export function shareOut(messages: readonly OpenMessage[], recordsShare: number, random: () => number): SharedOut {
  const all = messages.reduce((sum, { message }) => sum + message.writes.length, 0);
  if (all <= recordsShare) return { kept: messages, surplus: [] };
  const most = recordsShare * (1 + random());
  let records = 0;
  const first = messages.findIndex(({ message }, n) => {
    records += message.writes.length;
    return n > 0 && records > most;
  });
  const end = first === -1 ? messages.length : first;
  return { kept: messages.slice(0, end), surplus: messages.slice(end) };
}

/**
 * Sends messages on as they are, for others to take, and takes them off the queue at once: should this consumer be killed, there is one
 * of each all the same. Returns the ids of those that were not confirmed: they stay on the queue.
 */
export async function passOn(surplus: readonly OpenMessage[], queue: WriteQueue): Promise<readonly string[]> {
  if (surplus.length === 0) return [];
  const unsent = new Set(await queue.send(surplus.map(({ message }) => ({ message }))));
  await queue.acknowledge(surplus.flatMap(({ receipt }, position) => (unsent.has(position) ? [] : [receipt])));
  return surplus.flatMap(({ messageId }, position) => (unsent.has(position) ? [messageId] : []));
}
