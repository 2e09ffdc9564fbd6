import type { ContactRequestPorts } from '../../lib/accept/answer-contact-request.ts';
import { answerContactRequest } from '../../lib/accept/answer-contact-request.ts';
import { createMint } from '../../lib/accept/mint-sequences.ts';
import type { Verb } from '../../lib/operations/contact-write.ts';
import { createDynamoDbIdempotencyStore } from '../../lib/operations/dynamodb-idempotency-store.ts';
import { createDynamoDbOperationStore } from '../../lib/operations/dynamodb-operation-store.ts';
import { createSqsWriteQueue } from '../../lib/operations/sqs-write-queue.ts';
import { createDynamoDb, createSqs } from '../../lib/runtime/aws-clients.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { readList, requireNumber, requireVariable } from '../../lib/runtime/config.ts';
import { createLog } from '../../lib/runtime/logger.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { days } from '../../lib/runtime/units.ts';
import { relayHandler } from './relay-handler.ts';

/** Wires the function that accepts writes of one verb; called once, at cold start. */
export function contactWritesHandler(verb: Verb) {
  const table = {
    client: createDynamoDb(),
    table: requireVariable('OPERATIONS_TABLE'),
    clock: systemClock,
    ttl: days(requireNumber('OPERATION_TTL_DAYS')),
  };
  const queueUrl = requireVariable('WRITES_QUEUE_URL');
  const ports: ContactRequestPorts = {
    operations: createDynamoDbOperationStore(table),
    idempotency: createDynamoDbIdempotencyStore(table),
    queue: createSqsWriteQueue({ client: createSqs(), clock: systemClock, queueUrl }),
    clock: systemClock,
    mint: createMint(systemRandom),
    log: createLog(`${verb}-contacts`),
    uniqueProperties: readList('UNIQUE_PROPERTIES'),
  };
  return relayHandler(
    (request) => answerContactRequest(verb, request, ports),
    ports.log,
    () => 'write',
  );
}
