import type { IdempotencyRecord, IdempotencyStore } from '../../lib/operations/operation-store.ts';
import { after, type DurationMs, days, type EpochMs, epochMs } from '../../lib/runtime/units.ts';

/** Idempotency keys in memory, kept as the contract suite asks. */
export interface InMemoryIdempotencyStore extends IdempotencyStore {
  /** Every record by its key's hash. */
  readonly records: ReadonlyMap<string, IdempotencyRecord>;
}

export function createInMemoryIdempotencyStore(ttl: DurationMs = days(30)): InMemoryIdempotencyStore {
  const records = new Map<string, IdempotencyRecord>();
  const expiries = new Map<string, EpochMs>();
  const change = (keyHash: string, operationId: string, fields: Partial<IdempotencyRecord>) => {
    const record = records.get(keyHash);
    if (record?.operation.id !== operationId || record.state !== 'ACCEPTED') return;
    records.set(keyHash, { ...record, ...fields });
  };
  return {
    records,
    find: async (keyHash, now) => ((expiries.get(keyHash) ?? 0) <= now ? undefined : records.get(keyHash)),
    claim: async (record, lease, now) => {
      const found = records.get(record.keyHash);
      if (found === undefined || (expiries.get(record.keyHash) ?? 0) <= now) {
        records.set(record.keyHash, { ...record, state: 'ACCEPTED', leaseEnd: after(now, lease) });
        expiries.set(record.keyHash, after(now, ttl));
        return { kind: 'claimed' };
      }
      const isAbandoned = found.state === 'ACCEPTED' && found.leaseEnd <= now;
      if (!isAbandoned || found.fingerprint !== record.fingerprint) return { kind: 'found', record: found };
      records.set(record.keyHash, { ...found, leaseEnd: after(now, lease) });
      return { kind: 'resumed', operation: found.operation };
    },
    markEnqueued: async (keyHash, operationId) => change(keyHash, operationId, { state: 'ENQUEUED' }),
    releaseLease: async (keyHash, operationId) => change(keyHash, operationId, { leaseEnd: epochMs(0) }),
  };
}
