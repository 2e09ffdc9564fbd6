import type { WriteMessage } from '../operations/message.ts';
import type { DeadLetter, WriteQueue } from '../operations/write-queue.ts';
import { readMessage } from './read-message.ts';

/** A message as SQS delivers it. */
export interface ReceivedMessage {
  readonly messageId: string;
  /** With which it can be taken off the queue. */
  readonly receipt: string;
  readonly body: string;
}

/** A message that could be read. */
export interface OpenMessage {
  readonly messageId: string;
  readonly receipt: string;
  readonly message: WriteMessage;
}

/** Reads a batch. What cannot be read is set aside with its reason, alone; `failed` could not even be set aside. */
export async function receiveMessages(
  received: readonly ReceivedMessage[],
  queue: WriteQueue,
): Promise<{ readonly messages: readonly OpenMessage[]; readonly failed: readonly string[] }> {
  const messages: OpenMessage[] = [];
  const unreadable: { messageId: string; letter: DeadLetter }[] = [];
  for (const { messageId, receipt, body } of received) {
    const read = readMessage(body);
    if (read.kind === 'message') messages.push({ messageId, receipt, message: read.message });
    else unreadable.push({ messageId, letter: { body, reason: 'unreadable-message', detail: read.detail } });
  }
  if (unreadable.length === 0) return { messages, failed: [] };
  const unconfirmed = new Set(await queue.setAside(unreadable.map(({ letter }) => letter)));
  return {
    messages,
    failed: unreadable.filter((_, position) => unconfirmed.has(position)).map((each) => each.messageId),
  };
}
