import type { Verb } from '../operations/contact-write.ts';
import { type ContactId, normaliseKey, type OperationId, RECORD_ID_PROPERTY } from '../operations/contact-write.ts';
import type { QueuedWrite, WriteMessage } from '../operations/message.ts';
import type { EpochMs } from '../runtime/units.ts';

/** A write that this invocation has to bring to an outcome. */
export interface PendingWrite {
  /** Names the write wherever it travels: operation and index. */
  readonly key: WriteKey;
  readonly operationId: OperationId;
  readonly verb: Verb;
  readonly write: QueuedWrite;
  /** Orders the writes of one contact: the source's own time if it gave one, else that of acceptance. */
  readonly orderTime: EpochMs;
  readonly acceptedAt: EpochMs;
  readonly keepsAnswer: boolean;
}

declare const brand: unique symbol;
/** `<operation>#<index>`. */
export type WriteKey = string & { readonly [brand]: 'WriteKey' };
export const writeKey = (operationId: OperationId, index: number): WriteKey => `${operationId}#${index}` as WriteKey;

/** The writes of a message as the planner sees them. */
export function pendingWritesOf(message: WriteMessage): PendingWrite[] {
  return message.writes.map((write) => ({
    key: writeKey(message.operationId, write.index),
    operationId: message.operationId,
    verb: message.verb,
    write,
    orderTime: write.occurredAt === undefined ? message.acceptedAt : earlier(write.occurredAt, message.acceptedAt),
    acceptedAt: message.acceptedAt,
    keepsAnswer: message.wait === true,
  }));
}

/** Nobody writes from the future: a source's time counts only up to the time of acceptance. */
const earlier = (a: EpochMs, b: EpochMs): EpochMs => (a < b ? a : b);

/** Negative when `a` comes before `b` in the order that HubSpot is to see. */
export function compareOrder(a: PendingWrite, b: PendingWrite): number {
  if (a.orderTime !== b.orderTime) return a.orderTime - b.orderTime;
  return a.write.sequence < b.write.sequence ? -1 : a.write.sequence > b.write.sequence ? 1 : 0;
}

/** A unique property and its normalised value as one string, e.g. `email:ada@example.com`. */
export type UniqueKey = string & { readonly [brand]: 'UniqueKey' };
export const uniqueKey = (idProperty: string, value: string): UniqueKey =>
  `${idProperty}:${normaliseKey(idProperty, value)}` as UniqueKey;

/** What this invocation knows of contacts. */
export interface KnownContacts {
  /** Contact ids by unique key: enough to see that two writes are about one contact. */
  readonly ids: ReadonlyMap<UniqueKey, ContactId>;
  /** Keys whose id an answer of HubSpot's confirmed lately: enough to write to that id. */
  readonly confirmed: ReadonlySet<UniqueKey>;
  /** Ids that were merged away, and the id that their contact has now. */
  readonly moved: ReadonlyMap<ContactId, ContactId>;
}

/** How a write says whom it is about. */
export type Address =
  | { readonly kind: 'record'; readonly id: ContactId }
  | { readonly kind: 'key'; readonly idProperty: string; readonly value: string; readonly key: UniqueKey }
  /** A create without an e-mail: nothing to tell it by. */
  | { readonly kind: 'nobody' };

/** Whom a write is about; a create is about the e-mail it brings. */
export function addressOf({ verb, write }: PendingWrite): Address {
  if (verb === 'create') {
    const email = write.properties['email'];
    return email === undefined || email.trim() === '' ? { kind: 'nobody' } : keyAddress('email', email);
  }
  if (write.idProperty === undefined || write.idProperty === RECORD_ID_PROPERTY) {
    return { kind: 'record', id: write.id as ContactId };
  }
  return keyAddress(write.idProperty, write.id ?? '');
}

const keyAddress = (idProperty: string, value: string): Address => ({
  kind: 'key',
  idProperty,
  value: normaliseKey(idProperty, value),
  key: uniqueKey(idProperty, value),
});

/**
 * Names the contact that a write is about, so that writes by id and by e-mail meet as soon as it is known that they are
 * one contact.
 */
export function contactOf(pending: PendingWrite, known: KnownContacts): string {
  const address = addressOf(pending);
  switch (address.kind) {
    case 'record':
      return `id:${known.moved.get(address.id) ?? address.id}`;
    case 'key': {
      const id = known.ids.get(address.key);
      return id === undefined ? address.key : `id:${known.moved.get(id) ?? id}`;
    }
    case 'nobody':
      return `write:${pending.key}`;
  }
}
