import type { DurationMs, EpochMs } from '../runtime/units.ts';
import type { OperationId, Sequence, Verb } from './contact-write.ts';
import type { Answer, Outcome } from './outcome.ts';

/** An accepted request, without its payload: property values are never stored here. */
export interface NewOperation {
  readonly id: OperationId;
  readonly verb: Verb;
  /** Number of contact writes, 1…1,000. */
  readonly total: number;
  /** Sequence of the write with index 0; the others follow from it. */
  readonly baseSequence: Sequence;
  readonly requestedAt: EpochMs;
}

/** An operation and what became of its writes so far. */
export interface OperationRecord extends NewOperation {
  /** When a consumer first settled one of its writes began to work on it. */
  readonly startedAt?: EpochMs;
  /** When the last outcome came. */
  readonly lastSettledAt?: EpochMs;
  /** In order of index. The operation is complete when there are `total` of them. */
  readonly outcomes: readonly Outcome[];
}

/** The outcomes that one consumer adds to one operation. */
export interface Settlement {
  readonly operationId: OperationId;
  readonly outcomes: readonly Outcome[];
  /** HubSpot's answers, for operations that somebody waits for; else empty. */
  readonly answers: readonly Answer[];
  readonly startedAt: EpochMs;
  readonly settledAt: EpochMs;
}

/** Says which writes of an operation a reader asks about. */
export interface WriteReference {
  readonly operationId: OperationId;
  readonly index: number;
}

/** A create that nothing could recognise afterwards, about to be sent. */
export interface Attempt extends WriteReference {
  /** How often it was about to be sent and then surely was not. */
  readonly attempt: number;
}

/** What the store says to an attempt. */
export type Marking =
  /** Nobody has tried this attempt before: it may be sent. */
  | { readonly kind: 'marked' }
  /** Somebody else has begun this very attempt, and may be at it until then. */
  | { readonly kind: 'begun'; readonly until: EpochMs }
  /** A later message carries this write. */
  | { readonly kind: 'handed-on' };

/** Where operations live. */
export interface OperationStore {
  /** Stores a new operation; storing the same one again changes nothing. Throws when the store cannot be reached. */
  put(operation: NewOperation): Promise<void>;
  /** The operation with all outcomes, consistently read; undefined when there is none or it has expired. */
  read(id: OperationId): Promise<OperationRecord | undefined>;
  /** HubSpot's answers kept for a waiting caller, in order of index. */
  readAnswers(id: OperationId): Promise<readonly Answer[]>;
  /** Those of `references` that have an outcome already. */
  findSettled(references: readonly WriteReference[]): Promise<readonly WriteReference[]>;
  /**
   * Notes attempts before they are made, for the writes that must not be sent twice; the answers stand in their order. After
   * a lost reply the same `owner` may ask again. Until `until`, `owner` may be at work on them.
   */
  markAttempts(attempts: readonly Attempt[], owner: string, until: EpochMs): Promise<readonly Marking[]>;
  /** Adds outcomes. A write that has an outcome keeps it: final outcomes are final. */
  settle(settlement: Settlement): Promise<void>;
}

/** What is kept of a request that came with an Idempotency-Key. */
export interface IdempotencyRecord {
  /** Hash of principal, route and key: neither the key nor a body is stored. */
  readonly keyHash: string;
  /** Hash of the request's body. */
  readonly fingerprint: string;
  readonly operation: NewOperation;
  readonly state: 'ACCEPTED' | 'ENQUEUED';
  /** Until then the request that wrote the record may still be at work on it. */
  readonly leaseEnd: EpochMs;
}

/** Where idempotency keys live. */
export interface IdempotencyStore {
  /**
   * Claims a key for an operation. `claimed` when the key was free (or its record expired); otherwise the record found.
   * A record that is `ACCEPTED` past its lease and of the same fingerprint is taken over: `resumed`, with the operation
   * stored first, so that the same id and sequences are sent again.
   */
  claim(record: IdempotencyRecord, lease: DurationMs, now: EpochMs): Promise<Claim>;
  /** The record of a key, consistently read; undefined when the key is free or its record has expired. */
  find(keyHash: string, now: EpochMs): Promise<IdempotencyRecord | undefined>;
  /** All messages of the operation are confirmed. */
  markEnqueued(keyHash: string, operationId: OperationId): Promise<void>;
  /** Sending failed and the caller was told so: a repeat may take over at once. */
  releaseLease(keyHash: string, operationId: OperationId): Promise<void>;
}

export type Claim =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'resumed'; readonly operation: NewOperation }
  | { readonly kind: 'found'; readonly record: IdempotencyRecord };
