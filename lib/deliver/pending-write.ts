import { type LedgerName, nameOfId, nameOfKey, type OrderKey, orderKey, STAGE } from '../directory/contact-ledger.ts';
import type { Verb } from '../operations/contact-write.ts';
import { type ContactId, normaliseKey, type OperationId, RECORD_ID_PROPERTY } from '../operations/contact-write.ts';
import type { QueuedPolicy } from '../operations/lifecycle.ts';
import type { QueuedWrite, WriteMessage } from '../operations/message.ts';
import type { EpochMs } from '../runtime/units.ts';
import { homeIn } from './contact-names.ts';

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
  /** What its caller wants done about a stage that HubSpot does not take; absent where it did not say. */
  readonly lifecycle?: QueuedPolicy;
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
    // What HubSpot says of a person who is to be deleted may quote the person.
    keepsAnswer: message.wait === true && message.verb !== 'gdpr-delete',
    ...(message.lifecycle !== undefined && { lifecycle: message.lifecycle }),
  }));
}

/** Whether a write sets or clears the lifecycle stage. */
export const bringsStage = ({ write }: PendingWrite): boolean => write.properties[STAGE] !== undefined;

/** Nobody writes from the future: a source's time counts only up to the time of acceptance. */
const earlier = (a: EpochMs, b: EpochMs): EpochMs => (a < b ? a : b);

/** Where a write stands among the writes of its contact. */
export const orderOf = (pending: PendingWrite): OrderKey => orderKey(pending.orderTime, pending.write.sequence);

/** Negative when `a` comes before `b` in the order that HubSpot is to see. */
export function compareOrder(a: PendingWrite, b: PendingWrite): number {
  const [first, second] = [orderOf(a), orderOf(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** What this invocation knows of contacts. */
export interface KnownContacts {
  /** Where each name that has been looked up points to, itself when it is a home: names of one contact have one home (`homeIn`). */
  readonly homes: ReadonlyMap<LedgerName, LedgerName>;
  /** Contact ids by the key that names them. */
  readonly ids: ReadonlyMap<LedgerName, ContactId>;
  /** Keys whose id an answer of HubSpot's confirmed lately: enough to write to that id. */
  readonly confirmed: ReadonlySet<LedgerName>;
  /** Ids that were merged away, and the id that their contact has now. */
  readonly moved: ReadonlyMap<ContactId, ContactId>;
  /** Names of ids of which is to be asked anew whom they lead to. */
  readonly unsure: ReadonlySet<LedgerName>;
}

/** How a write says whom it is about. */
export type Address =
  | { readonly kind: 'record'; readonly id: ContactId; readonly name: LedgerName }
  | { readonly kind: 'key'; readonly idProperty: string; readonly value: string; readonly name: LedgerName }
  /** A create without an e-mail: nothing to tell it by. */
  | { readonly kind: 'nobody' };

/** Whom a write is about; a create is about the e-mail it brings. Between its waves a write is about the contact that it has written. */
export function addressOf({ verb, write }: Pick<PendingWrite, 'verb' | 'write'>): Address {
  if (write.followUp !== undefined) {
    const { id } = write.followUp;
    return { kind: 'record', id, name: nameOfId(id) };
  }
  if (verb === 'create') {
    const email = write.properties['email'];
    return email === undefined || email.trim() === '' ? { kind: 'nobody' } : keyAddress('email', email);
  }
  if (write.idProperty === undefined || write.idProperty === RECORD_ID_PROPERTY) {
    const id = write.id as ContactId;
    return { kind: 'record', id, name: nameOfId(id) };
  }
  return keyAddress(write.idProperty, write.id ?? '');
}

function keyAddress(idProperty: string, given: string): Address {
  const value = normaliseKey(idProperty, given);
  return { kind: 'key', idProperty, value, name: nameOfKey(idProperty, value) };
}

/** The home of the contact that a write is about, as far as it is known; undefined when nothing names it. */
export function homeOf(pending: PendingWrite, known: KnownContacts): LedgerName | undefined {
  const address = addressOf(pending);
  return address.kind === 'nobody' ? undefined : homeIn(known.homes, address.name);
}

/** Names the contact of a write, so that writes by id and by e-mail meet once they are known to be about one. */
export const contactOf = (pending: PendingWrite, known: KnownContacts): string =>
  homeOf(pending, known) ?? `write#${pending.key}`;
