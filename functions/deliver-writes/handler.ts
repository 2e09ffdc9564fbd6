import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type Delivery, deliverMessages } from '../../lib/deliver/deliver-messages.ts';
import { createDynamoDbContactLedger } from '../../lib/directory/dynamodb-contact-ledger.ts';
import { createTokenReader } from '../../lib/hubspot/access-token.ts';
import { contactPaths } from '../../lib/hubspot/contact-paths.ts';
import { createFetchHubSpotClient } from '../../lib/hubspot/fetch-hubspot-client.ts';
import { createDynamoDbOperationStore } from '../../lib/operations/dynamodb-operation-store.ts';
import { createSqsWriteQueue } from '../../lib/operations/sqs-write-queue.ts';
import { createObservedClient } from '../../lib/pace/observed-client.ts';
import { createDynamoDbDefinitionsStore } from '../../lib/portal/dynamodb-definitions-store.ts';
import { createKnownDefinitions } from '../../lib/portal/known-definitions.ts';
import { stagesInOrder } from '../../lib/portal/property-definitions.ts';
import { createDynamoDb, createSecretsManager, createSqs } from '../../lib/runtime/aws-clients.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import { readVariable, requireNumber, requireVariable } from '../../lib/runtime/config.ts';
import { createLog } from '../../lib/runtime/logger.ts';
import { systemRandom } from '../../lib/runtime/random.ts';
import { createSecretReader } from '../../lib/runtime/secrets.ts';
import { after, days, milliseconds } from '../../lib/runtime/units.ts';
import { createLanePace, createRelayPace } from '../hubspot/relay-pace.ts';

const log = createLog('deliver-writes');
const database = createDynamoDb();
const secret = createSecretReader(createSecretsManager(), requireVariable('HUBSPOT_TOKEN_SECRET'), systemClock);

const pace = createRelayPace(log);
const linkPace = createLanePace({
  lane: 'associations',
  calls: requireNumber('HUBSPOT_ASSOCIATIONS_PER_10_SECONDS'),
  isForwarder: false,
  log,
});
const hubspot = createFetchHubSpotClient({
  baseUrl: requireVariable('HUBSPOT_BASE_URL'),
  readToken: createTokenReader(secret, log),
});
const writeIdProperty = readVariable('WRITE_ID_PROPERTY');

const contacts = { client: database, table: requireVariable('CONTACTS_TABLE'), clock: systemClock };
const definitions = createKnownDefinitions(createDynamoDbDefinitionsStore(contacts), systemClock, log);

const delivery: Delivery = {
  operations: createDynamoDbOperationStore({
    client: database,
    table: requireVariable('OPERATIONS_TABLE'),
    ttl: days(requireNumber('OPERATION_TTL_DAYS')),
    clock: systemClock,
  }),
  ledger: createDynamoDbContactLedger(contacts),
  queue: createSqsWriteQueue({
    client: createSqs(),
    queueUrl: requireVariable('WRITES_QUEUE_URL'),
    deadLetterQueueUrl: requireVariable('DEAD_LETTER_QUEUE_URL'),
    clock: systemClock,
  }),
  hubspot: createObservedClient(hubspot, pace, systemClock, [linkPace]),
  linkLane: { pace: linkPace, hubspot: createObservedClient(hubspot, linkPace, systemClock, [pace]) },
  paths: contactPaths(requireVariable('HUBSPOT_API_VERSION')),
  timeout: milliseconds(requireNumber('HUBSPOT_TIMEOUT_MS')),
  longestCommit: milliseconds(requireNumber('HUBSPOT_LONGEST_COMMIT_MS')),
  pace,
  recordsShare: requireNumber('RECORDS_SHARE'),
  newTraceId: randomUUID,
  newOwner: randomUUID,
  clock: systemClock,
  random: systemRandom,
  log,
  ...(writeIdProperty !== undefined && { writeIdProperty }),
  keylessCreatesInDoubt: requireVariable('KEYLESS_CREATES_IN_DOUBT') === 'repeat' ? 'repeat' : 'dead-letter',
  // Under `ignore` a stage comes from a request that asked for HubSpot's rule, or from before.
  lifecyclePolicy: requireVariable('LIFECYCLE_POLICY') === 'allow-backward' ? 'allow-backward' : 'forward',
  stagesInOrder: async () => {
    const known = await definitions.current();
    return known === undefined ? [] : stagesInOrder(known);
  },
};

/** Brings a batch of messages to HubSpot; answers with the messages that stay on the queue. */
export const handler = middy<SQSEvent, SQSBatchResponse, Error, Context>().handler(async (event, context) => {
  const deadline = after(systemClock.now(), milliseconds(context.getRemainingTimeInMillis()));
  const received = event.Records.map(({ messageId, receiptHandle: receipt, body }) => ({ messageId, receipt, body }));
  const failed = await deliverMessages(received, deadline, delivery);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
});
