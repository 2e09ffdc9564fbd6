import type { DurationMs } from '../runtime/units.ts';
import type { WriteMessage } from './message.ts';

/** A message to be sent, and how long nobody is to see it (SQS takes 0 to 900 s). */
export interface OutgoingMessage {
  readonly message: WriteMessage;
  readonly delay?: DurationMs;
}

/** Why a message is set aside for a person to look at. */
export interface DeadLetter {
  /** The message's body as it was received. */
  readonly body: string;
  /** A word of ours, e.g. `unreadable-message`, `outcome-unknown`. */
  readonly reason: string;
  /** One sentence, without any property value. */
  readonly detail: string;
}

/** The queue of writes. */
export interface WriteQueue {
  /**
   * Sends all of `messages`, as many to a call as SQS takes (10, 1 MiB). Returns the positions of those that were *not*
   * confirmed: empty means that every one is stored. Never throws for a failed send.
   */
  send(messages: readonly OutgoingMessage[]): Promise<readonly number[]>;
  /** Puts messages on the dead-letter queue with their reason. Returns the positions that were not confirmed. */
  setAside(letters: readonly DeadLetter[]): Promise<readonly number[]>;
  /** Takes received messages off the queue, by their receipts. One that stays comes again. Never throws. */
  acknowledge(receipts: readonly string[]): Promise<void>;
}
