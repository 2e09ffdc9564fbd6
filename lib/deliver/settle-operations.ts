import type { OperationId } from '../operations/contact-write.ts';
import type { OperationStore } from '../operations/operation-store.ts';
import type { Answer, Outcome } from '../operations/outcome.ts';
import type { Clock } from '../runtime/clock.ts';
import { describeError, type Log } from '../runtime/logger.ts';
import { mapConcurrently } from '../runtime/map-concurrently.ts';
import type { EpochMs } from '../runtime/units.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { PendingWrite } from './pending-write.ts';

/** As many settlements under way as the AWS SDK keeps connections open. */
const CONCURRENT_SETTLEMENTS = 50;

/** Stores every outcome with its operation. Returns the operations whose outcomes could not be stored. */
export async function settleOperations(
  writes: readonly PendingWrite[],
  state: DeliveryState,
  startedAt: EpochMs,
  { operations, clock, log }: { readonly operations: OperationStore; readonly clock: Clock; readonly log: Log },
): Promise<ReadonlySet<OperationId>> {
  const settled = groupByOperation(writes, state);
  const failed = new Set<OperationId>();
  await mapConcurrently([...settled], CONCURRENT_SETTLEMENTS, async ([operationId, { outcomes, answers }]) => {
    try {
      await operations.settle({ operationId, outcomes, answers, startedAt, settledAt: clock.now() });
    } catch (error) {
      failed.add(operationId);
      log.error('outcomes-not-stored', { operationId, outcomes: outcomes.length, error: describeError(error) });
    }
  });
  return failed;
}

function groupByOperation(
  writes: readonly PendingWrite[],
  state: DeliveryState,
): Map<OperationId, { outcomes: Outcome[]; answers: Answer[] }> {
  const groups = new Map<OperationId, { outcomes: Outcome[]; answers: Answer[] }>();
  for (const { operationId, key } of writes) {
    const fate = state.fateOf(key);
    if (fate?.kind !== 'settled') continue;
    const group = groups.get(operationId) ?? { outcomes: [], answers: [] };
    group.outcomes.push(fate.outcome);
    if (fate.answer !== undefined) group.answers.push(fate.answer);
    groups.set(operationId, group);
  }
  return groups;
}
