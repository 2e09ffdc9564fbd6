import type { ContactWrite } from '../operations/contact-write.ts';
import { MAX_WRITES_PER_MESSAGE, MESSAGE_TARGET_BYTES, type WriteMessage } from '../operations/message.ts';

/** The largest single write: four of SQS's billing units, and far above what 65,536 characters of notes need. */
export const MAX_WRITE_BYTES = 256 * 1024;

/** What the messages of one operation have in common. */
export type Envelope = Omit<WriteMessage, 'writes'>;

/** Messages, or the indexes of the writes that no message takes. */
export type Packed =
  | { readonly kind: 'packed'; readonly messages: readonly WriteMessage[] }
  | { readonly kind: 'tooLarge'; readonly indexes: readonly number[] };

/**
 * Packs writes, in order, into as few messages as hold at most 100 writes and 64 KiB each, counted as the UTF-8 of their JSON. A
 * write that is larger by itself travels alone, up to `MAX_WRITE_BYTES`.
 */
export function packMessages(envelope: Envelope, writes: readonly ContactWrite[]): Packed {
  const emptyBytes = bytesOf({ ...envelope, writes: [] });
  const messages: WriteMessage[] = [];
  const tooLarge: number[] = [];
  let open: ContactWrite[] = [];
  let openBytes = emptyBytes;
  for (const write of writes) {
    const bytes = bytesOf(write);
    if (bytes > MAX_WRITE_BYTES) tooLarge.push(write.index);
    const isFull = open.length === MAX_WRITES_PER_MESSAGE || openBytes + 1 + bytes > MESSAGE_TARGET_BYTES;
    if (isFull && open.length > 0) {
      messages.push({ ...envelope, writes: open });
      open = [];
      openBytes = emptyBytes;
    }
    openBytes += bytes + (open.length > 0 ? 1 : 0);
    open.push(write);
  }
  if (open.length > 0) messages.push({ ...envelope, writes: open });
  return tooLarge.length > 0 ? { kind: 'tooLarge', indexes: tooLarge } : { kind: 'packed', messages };
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
