import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * Both services answer within milliseconds. Three tries of 2 s, with pauses, take 7 s at worst: a caller learns of a dead service
 * long before the gateway gives up after 30 s. Connections are kept alive, the SDK's default.
 */
const LIMITS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
};

export const createDynamoDb = (): DynamoDBClient => new DynamoDBClient(LIMITS);

/** For what is worth nothing when it comes late: two tries of half a second. */
export const createImpatientDynamoDb = (): DynamoDBClient =>
  new DynamoDBClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 300, requestTimeout: 500, throwOnRequestTimeout: true },
  });

/** Fewer tries than the others: the queue sends again by itself what was not confirmed. */
export const createSqs = (): SQSClient => new SQSClient({ ...LIMITS, maxAttempts: 2 });

export const createSecretsManager = (): SecretsManagerClient => new SecretsManagerClient(LIMITS);
