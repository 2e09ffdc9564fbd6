import { boundError } from '../../lib/operations/compact-outcome.ts';
import type { OperationId } from '../../lib/operations/contact-write.ts';
import type { Marking, NewOperation, OperationRecord, OperationStore } from '../../lib/operations/operation-store.ts';
import type { Answer, Outcome } from '../../lib/operations/outcome.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { after, type DurationMs, days, type EpochMs, minutes } from '../../lib/runtime/units.ts';

interface Stored {
  readonly operation: NewOperation;
  readonly outcomes: Map<number, Outcome>;
  readonly answers: Map<number, Answer>;
  answersUntil: EpochMs;
  startedAt?: EpochMs;
  lastSettledAt?: EpochMs;
}

/** Operations in memory, kept as the contract suite asks. */
export interface InMemoryOperationStore extends OperationStore {
  /** Every operation put so far, also those that have expired. */
  readonly operations: ReadonlyMap<OperationId, NewOperation>;
}

export function createInMemoryOperationStore(clock: Clock, ttl: DurationMs = days(30)): InMemoryOperationStore {
  const stored = new Map<OperationId, Stored>();
  const operations = new Map<OperationId, NewOperation>();
  const marks = new Map<string, { attempt: number; owner: string; until: EpochMs }>();
  const find = (id: OperationId): Stored | undefined => {
    const entry = stored.get(id);
    return entry !== undefined && clock.now() < after(entry.operation.requestedAt, ttl) ? entry : undefined;
  };
  return {
    operations,
    put: async (operation) => {
      if (stored.has(operation.id)) return;
      operations.set(operation.id, operation);
      stored.set(operation.id, {
        operation,
        outcomes: new Map(),
        answers: new Map(),
        answersUntil: operation.requestedAt,
      });
    },
    read: async (id) => {
      const entry = find(id);
      return entry && toRecord(entry);
    },
    readAnswers: async (id) => {
      const entry = stored.get(id);
      return entry !== undefined && clock.now() < entry.answersUntil ? sorted(entry.answers) : [];
    },
    findSettled: async (references) =>
      references.filter(({ operationId, index }) => stored.get(operationId)?.outcomes.has(index) === true),
    markAttempts: async (attempts, owner, until) =>
      attempts.map(({ operationId, index, attempt }): Marking => {
        const name = `${operationId}#${index}`;
        const mark = marks.get(name);
        if (mark === undefined || mark.attempt < attempt) {
          marks.set(name, { attempt, owner, until });
          return { kind: 'marked' };
        }
        if (mark.attempt > attempt) return { kind: 'handed-on' };
        return mark.owner === owner ? { kind: 'marked' } : { kind: 'begun', until: mark.until };
      }),
    settle: async ({ operationId, outcomes, answers, startedAt, settledAt }) => {
      const entry = stored.get(operationId);
      if (entry === undefined) return;
      for (const answer of answers) entry.answers.set(answer.index, answer);
      if (answers.length > 0) entry.answersUntil = after(settledAt, minutes(60));
      const fresh = outcomes.filter(({ index }) => !entry.outcomes.has(index));
      if (fresh.length === 0) return;
      for (const outcome of fresh) entry.outcomes.set(outcome.index, bounded(outcome));
      entry.startedAt ??= startedAt;
      entry.lastSettledAt = settledAt;
    },
  };
}

const bounded = (outcome: Outcome): Outcome =>
  outcome.kind === 'rejected' ? { ...outcome, error: boundError(outcome.error) } : outcome;

const sorted = <T>(byIndex: ReadonlyMap<number, T>): T[] =>
  [...byIndex.entries()].sort(([a], [b]) => a - b).map(([, value]) => value);

const toRecord = ({ operation, outcomes, startedAt, lastSettledAt }: Stored): OperationRecord => ({
  ...operation,
  ...(startedAt === undefined ? {} : { startedAt }),
  ...(lastSettledAt === undefined ? {} : { lastSettledAt }),
  outcomes: sorted(outcomes),
});
