import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { boundConcurrency } from './bound-concurrency.ts';
import { SECRET_TIMEOUT, SECRET_TRIES, SERVICE_TIMEOUT, SERVICE_TRIES } from './service-limits.ts';

/** A caller learns of a dead service long before the gateway gives up after 30 s. Connections are kept alive, the SDK's default. */
const LIMITS = {
  maxAttempts: SERVICE_TRIES,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: SERVICE_TIMEOUT, throwOnRequestTimeout: true },
};

/**
 * As many requests under way as the SDK keeps connections open. Without a bound a thousand leases of ten calls would all start at
 * once, and time out while they wait for a connection and for the one processor, not for DynamoDB.
 */
const REQUESTS_UNDER_WAY = 50;

export function createDynamoDb(): DynamoDBClient {
  const client = new DynamoDBClient(LIMITS);
  const pass = boundConcurrency(REQUESTS_UNDER_WAY);
  client.middlewareStack.add((next) => (args) => pass(() => next(args)), {
    step: 'initialize',
    name: 'boundConcurrency',
  });
  return client;
}

/** For what is worth nothing when it comes late: two tries of half a second. */
export const createImpatientDynamoDb = (): DynamoDBClient =>
  new DynamoDBClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 300, requestTimeout: 500, throwOnRequestTimeout: true },
  });

/** Fewer tries than the others: the queue sends again by itself what was not confirmed. */
export const createSqs = (): SQSClient => new SQSClient({ ...LIMITS, maxAttempts: 2 });

/** More impatient than the others: callers wait for it before anything else is done, the authorizer's for 5 s in all. */
export const createSecretsManager = (): SecretsManagerClient =>
  new SecretsManagerClient({
    maxAttempts: SECRET_TRIES,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: SECRET_TIMEOUT, throwOnRequestTimeout: true },
  });
