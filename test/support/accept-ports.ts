import type { ContactRequestPorts } from '../../lib/accept/answer-contact-request.ts';
import { createMint } from '../../lib/accept/mint-sequences.ts';
import { noDefinitions } from '../../lib/portal/known-definitions.ts';
import { minutes } from '../../lib/runtime/units.ts';
import { NOON } from './a-contact-write.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createInMemoryIdempotencyStore, type InMemoryIdempotencyStore } from './in-memory-idempotency-store.ts';
import { createInMemoryOperationStore, type InMemoryOperationStore } from './in-memory-operation-store.ts';
import { createInMemoryWriteQueue, type InMemoryWriteQueue } from './in-memory-write-queue.ts';
import { createRecordingLog, type RecordingLog } from './recording-log.ts';

/** Everything that accepting works with, in memory. */
export interface InMemoryPorts extends ContactRequestPorts {
  readonly operations: InMemoryOperationStore;
  readonly idempotency: InMemoryIdempotencyStore;
  readonly queue: InMemoryWriteQueue;
  readonly clock: FakeClock;
  readonly log: RecordingLog;
}

/** `onSleep` runs whenever the code under test has slept. */
export function createInMemoryPorts(onSleep: (ports: InMemoryPorts) => void = () => {}): InMemoryPorts {
  const clock = createFakeClock(NOON, () => onSleep(ports));
  const ports: InMemoryPorts = {
    clock,
    operations: createInMemoryOperationStore(clock),
    idempotency: createInMemoryIdempotencyStore(),
    queue: createInMemoryWriteQueue(),
    mint: createMint(() => 0.5),
    log: createRecordingLog(),
    uniqueProperties: ['customer_no'],
    definitions: noDefinitions,
    propertyChecks: 'refuse',
    definitionsFreshFor: minutes(5),
    findHints: async () => [],
  };
  return ports;
}
