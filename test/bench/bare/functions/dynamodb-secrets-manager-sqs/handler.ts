import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';

const database = new DynamoDBClient();
const queue = new SQSClient();
const secrets = new SecretsManagerClient();

/** The least that a consumer with all three clients can be: a secret, an item a message, a message on. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  await secrets.send(new GetSecretValueCommand({ SecretId: process.env['HUBSPOT_TOKEN_SECRET'] }));
  for (const { messageId, body } of event.Records) {
    const item = { pk: { S: messageId }, sk: { S: 'head' } };
    await database.send(new PutItemCommand({ TableName: process.env['OPERATIONS_TABLE'], Item: item }));
    await queue.send(new SendMessageCommand({ QueueUrl: process.env['DEAD_LETTER_QUEUE_URL'], MessageBody: body }));
  }
  return { batchItemFailures: [] };
}
