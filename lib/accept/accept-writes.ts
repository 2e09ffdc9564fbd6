import type { Verb } from '../operations/contact-write.ts';
import type { QueuedPolicy } from '../operations/lifecycle.ts';
import type { IdempotencyStore, NewOperation, OperationStore } from '../operations/operation-store.ts';
import type { WriteQueue } from '../operations/write-queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { describeError, type Log } from '../runtime/logger.ts';
import { after, between, type DurationMs, earlierOf, seconds } from '../runtime/units.ts';
import { type MintSequences, sequenceAt } from './mint-sequences.ts';
import { type Packed, packMessages } from './pack-messages.ts';
import type { ContactDraft } from './parse-contact-request.ts';

/** How long a request may be at work on its key: longer than the 29 s that its function lives. */
export const KEY_LEASE = seconds(35);

/** What accepting works with. */
export interface AcceptPorts {
  readonly operations: OperationStore;
  readonly idempotency: IdempotencyStore;
  readonly queue: WriteQueue;
  readonly clock: Clock;
  readonly mint: MintSequences;
  readonly log: Log;
}

/** A parsed request. */
export interface AcceptRequest {
  readonly verb: Verb;
  readonly drafts: readonly ContactDraft[];
  /** The caller waits: HubSpot's answers are to be kept. */
  readonly waits: boolean;
  /** What the caller wants done about a lifecycle stage that HubSpot does not take. */
  readonly lifecycle?: QueuedPolicy;
  readonly key?: { readonly hash: string; readonly fingerprint: string };
}

/** What became of it. Only `accepted` may be answered with a 2xx (A1). */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly operation: NewOperation; readonly replayed: boolean }
  | { readonly kind: 'tooLarge'; readonly indexes: readonly number[] }
  | { readonly kind: 'inFlight'; readonly retryAfter: DurationMs }
  | { readonly kind: 'keyReused' }
  | { readonly kind: 'unavailable' };

/**
 * Accepts writes: operation stored, then all messages confirmed, then `accepted` (design.md, section 7). With a key, the key is
 * claimed first and marked last. Never throws: when anything fails, the answer is `unavailable` and nothing was accepted.
 */
export async function acceptWrites(request: AcceptRequest, ports: AcceptPorts): Promise<Acceptance> {
  const requestedAt = ports.clock.now();
  const total = request.drafts.length;
  const operation = { ...ports.mint(total, requestedAt), verb: request.verb, total, requestedAt };
  const packed = packOperation(operation, request);
  if (packed.kind === 'tooLarge') return packed;
  try {
    if (request.key !== undefined) return await acceptOnce(operation, packed, request, request.key, ports);
    return (await storeAndSend(operation, packed, ports))
      ? { kind: 'accepted', operation, replayed: false }
      : { kind: 'unavailable' };
  } catch (error) {
    ports.log.error('accept-failed', { operationId: operation.id, error: describeError(error) });
    return { kind: 'unavailable' };
  }
}

/** The messages of an operation; the same for every repeat that finds the same operation. */
function packOperation(operation: NewOperation, { drafts, waits, lifecycle }: AcceptRequest): Packed {
  const { id, verb, requestedAt, baseSequence } = operation;
  const common = { v: 1, operationId: id, verb, acceptedAt: requestedAt, attempt: 0 } as const;
  const envelope = { ...common, ...(waits && { wait: true as const }), ...(lifecycle && { lifecycle }) };
  const writes = drafts.map(({ traceId: _, index, occurredAt, ...rest }) => ({
    index,
    sequence: sequenceAt(baseSequence, index),
    ...rest,
    // By the first acceptance, whenever this one is: two copies of a sequence must not differ in their order key.
    ...(occurredAt !== undefined && { occurredAt: earlierOf(occurredAt, requestedAt) }),
  }));
  return packMessages(envelope, writes);
}

/** The indexes of drafts that no message takes; nothing is accepted. */
export function findTooLarge(verb: Verb, drafts: readonly ContactDraft[], ports: Pick<AcceptPorts, 'clock' | 'mint'>) {
  const requestedAt = ports.clock.now();
  const operation = { ...ports.mint(drafts.length, requestedAt), verb, total: drafts.length, requestedAt };
  const packed = packOperation(operation, { verb, drafts, waits: true });
  return packed.kind === 'tooLarge' ? packed.indexes : [];
}

type PackedMessages = Extract<Packed, { kind: 'packed' }>;

async function storeAndSend(operation: NewOperation, packed: PackedMessages, ports: AcceptPorts): Promise<boolean> {
  await ports.operations.put(operation);
  const unconfirmed = await ports.queue.send(packed.messages.map((message) => ({ message })));
  if (unconfirmed.length === 0) return true;
  ports.log.error('send-failed', {
    operationId: operation.id,
    messages: packed.messages.length,
    unconfirmed: unconfirmed.length,
  });
  return false;
}

async function acceptOnce(
  operation: NewOperation,
  packed: PackedMessages,
  request: AcceptRequest,
  key: { readonly hash: string; readonly fingerprint: string },
  ports: AcceptPorts,
): Promise<Acceptance> {
  const now = operation.requestedAt;
  const record = {
    keyHash: key.hash,
    fingerprint: key.fingerprint,
    operation,
    state: 'ACCEPTED',
    leaseEnd: after(now, KEY_LEASE),
  } as const;
  const claim = await ports.idempotency.claim(record, KEY_LEASE, now);
  switch (claim.kind) {
    case 'claimed':
      return sendUnderKey(operation, packed, key.hash, false, ports);
    case 'resumed': {
      // The sequences of the first acceptance again, so that copies of a write that got through then are recognised.
      const again = packOperation(claim.operation, request);
      return again.kind === 'tooLarge' ? again : sendUnderKey(claim.operation, again, key.hash, true, ports);
    }
    case 'found': {
      const { fingerprint, state, leaseEnd, operation: first } = claim.record;
      if (fingerprint !== key.fingerprint) return { kind: 'keyReused' };
      if (state === 'ENQUEUED') return { kind: 'accepted', operation: first, replayed: true };
      return { kind: 'inFlight', retryAfter: between(now, leaseEnd) };
    }
  }
}

async function sendUnderKey(
  operation: NewOperation,
  packed: PackedMessages,
  keyHash: string,
  replayed: boolean,
  ports: AcceptPorts,
): Promise<Acceptance> {
  let isSent = false;
  try {
    isSent = await storeAndSend(operation, packed, ports);
    if (isSent) await ports.idempotency.markEnqueued(keyHash, operation.id);
  } catch (error) {
    ports.log.error('accept-failed', { operationId: operation.id, error: describeError(error) });
    isSent = false;
  }
  if (isSent) return { kind: 'accepted', operation, replayed };
  await ports.idempotency.releaseLease(keyHash, operation.id);
  return { kind: 'unavailable' };
}
