import { type Delivery, deliverMessages } from '../../lib/deliver/deliver-messages.ts';
import { contactPaths } from '../../lib/hubspot/contact-paths.ts';
import type { WriteMessage } from '../../lib/operations/message.ts';
import type { OperationStore } from '../../lib/operations/operation-store.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { after, seconds } from '../../lib/runtime/units.ts';
import { NOON, sequence } from './a-contact-write.ts';
import { createRecordingLog } from './recording-log.ts';
import { createUnboundPace } from './unbound-pace.ts';

/** What a test has of its own; all else of a delivery is as in a relay that nothing holds up. */
export type DeliveryParts = Pick<Delivery, 'ledger' | 'queue' | 'hubspot'> &
  Partial<Delivery> & { readonly operations: OperationStore; readonly clock: Clock };

let invocations = 0;

/** Stores the operations, as the door did, and delivers their messages in one invocation of 60 s. Returns what stays on the queue. */
export async function deliverStored(
  messages: readonly WriteMessage[],
  { operations, clock, ...parts }: DeliveryParts,
): Promise<readonly string[]> {
  for (const { operationId: id, verb, writes } of messages)
    await operations.put({ id, verb, total: writes.length, baseSequence: sequence(0), requestedAt: NOON });
  invocations += 1;
  const owner = `invocation-${invocations}`;
  let traces = 0;
  const received = messages.map((message, n) => ({
    messageId: `m${n}`,
    receipt: `r${n}`,
    body: JSON.stringify(message),
    receiveCount: 1,
  }));
  return deliverMessages(received, after(clock.now(), seconds(60)), {
    operations,
    clock,
    paths: contactPaths('v3'),
    timeout: seconds(30),
    longestCommit: seconds(120),
    recordsShare: 1_000,
    pace: createUnboundPace(clock),
    newTraceId: () => `trace-${++traces}`,
    newOwner: () => owner,
    random: () => 0.5,
    log: createRecordingLog(),
    ...parts,
  });
}
