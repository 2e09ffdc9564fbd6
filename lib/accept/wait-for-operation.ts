import type { OperationId } from '../operations/contact-write.ts';
import type { OperationRecord, OperationStore } from '../operations/operation-store.ts';
import type { Clock } from '../runtime/clock.ts';
import { after, between, type EpochMs, milliseconds } from '../runtime/units.ts';
import { within } from '../runtime/within.ts';

/** The first look; a write that meets an idle relay is rarely done sooner. */
const FIRST_PAUSE = milliseconds(50);
/** Later looks: four a second cost $0.000013 for a wait of 25 s, and add an eighth of a second on average. */
const LONGEST_PAUSE = milliseconds(250);
const GROWTH = 1.5;

/** Whether every write of an operation has its outcome. */
export const isComplete = (record: OperationRecord): boolean => record.outcomes.length >= record.total;

/**
 * Looks at an operation again and again until it is complete or `until` has come; no look takes longer than to `latest`. Undefined when it
 * is not complete by then, or could not be read: it is accepted all the same.
 */
export async function waitForOperation(
  id: OperationId,
  until: EpochMs,
  latest: EpochMs,
  ports: { readonly operations: OperationStore; readonly clock: Clock },
): Promise<OperationRecord | undefined> {
  let pause = FIRST_PAUSE;
  while (after(ports.clock.now(), pause) <= until) {
    await ports.clock.sleep(pause);
    const look = readQuietly(id, ports.operations);
    const found = await within(between(ports.clock.now(), latest), ports.clock, look);
    if (found?.result !== undefined && isComplete(found.result)) return found.result;
    const rest = between(ports.clock.now(), until);
    pause = milliseconds(Math.max(FIRST_PAUSE, Math.min(pause * GROWTH, LONGEST_PAUSE, rest)));
  }
  return undefined;
}

/** A look that fails is a look less. */
async function readQuietly(id: OperationId, operations: OperationStore): Promise<OperationRecord | undefined> {
  try {
    return await operations.read(id);
  } catch {
    return undefined;
  }
}
