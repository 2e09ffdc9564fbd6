import { answerContactRequest, type ContactRequestPorts } from '../../lib/accept/answer-contact-request.ts';
import { parsePropertyChecks } from '../../lib/accept/check-request.ts';
import { type GdprDelete, gdprDeleteIsOff } from '../../lib/accept/gdpr-delete-setting.ts';
import { createMint } from '../../lib/accept/mint-sequences.ts';
import { findHints } from '../../lib/directory/find-hints.ts';
import type { Verb } from '../../lib/operations/contact-write.ts';
import { createDynamoDbIdempotencyStore } from '../../lib/operations/dynamodb-idempotency-store.ts';
import { createDynamoDbOperationStore } from '../../lib/operations/dynamodb-operation-store.ts';
import { parseLifecyclePolicy } from '../../lib/operations/lifecycle.ts';
import { createSqsWriteQueue } from '../../lib/operations/sqs-write-queue.ts';
import { createDynamoDbDefinitionsStore } from '../../lib/portal/dynamodb-definitions-store.ts';
import { createKnownDefinitions } from '../../lib/portal/known-definitions.ts';
import { createDynamoDb, createSqs } from '../../lib/runtime/aws-clients.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { readList, readVariable, requireNumber, requireVariable } from '../../lib/runtime/config.ts';
import { createLog } from '../../lib/runtime/logger.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { days, minutes } from '../../lib/runtime/units.ts';
import { relayHandler } from './relay-handler.ts';

/** Wires the function that accepts writes of one verb, or `onDelete` of another by that method; called once, at cold start. */
export function contactWritesHandler(verb: Verb, onDelete: Verb = verb) {
  const { ports, log } = contactPorts(verb);
  return relayHandler(
    (request) => answerContactRequest(request.method === 'DELETE' ? onDelete : verb, request, ports),
    log,
    () => 'write',
  );
}

/** The same for GDPR deletes. While they are off, whoever has a key is told so. */
export function gdprDeletesHandler(setting: GdprDelete) {
  const { ports, log } = contactPorts('gdpr-delete');
  if (setting === 'off')
    return relayHandler(
      async ({ correlationId }) => gdprDeleteIsOff(correlationId),
      log,
      () => undefined,
    );
  return relayHandler(
    (request) => answerContactRequest('gdpr-delete', request, ports),
    log,
    () => 'gdpr-delete',
  );
}

function contactPorts(verb: Verb) {
  const client = createDynamoDb();
  const log = createLog(`${verb}-contacts`);
  const contacts = { client, table: requireVariable('CONTACTS_TABLE'), clock: systemClock };
  const table = {
    client,
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
    log,
    uniqueProperties: readList('UNIQUE_PROPERTIES'),
    definitions: createKnownDefinitions(createDynamoDbDefinitionsStore(contacts), systemClock, log),
    propertyChecks: parsePropertyChecks(requireVariable('PROPERTY_CHECKS')),
    definitionsFreshFor: minutes(requireNumber('DEFINITIONS_FRESH_MINUTES')),
    writeIdProperty: readVariable('WRITE_ID_PROPERTY'),
    lifecyclePolicy: parseLifecyclePolicy(requireVariable('LIFECYCLE_POLICY')),
    findHints: (names) => findHints(contacts, names, false),
  };
  return { ports, log };
}
