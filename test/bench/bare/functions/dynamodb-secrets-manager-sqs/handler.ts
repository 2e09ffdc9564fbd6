import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';

const database = new DynamoDBClient();
const queue = new SQSClient();
const secrets = new SecretsManagerClient();
let token: Promise<unknown> | undefined;

/** The least that a consumer can be that keeps an outcome for each message: one UpdateItem, and nothing is delivered. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  token ??= secrets.send(new GetSecretValueCommand({ SecretId: process.env['HUBSPOT_TOKEN_SECRET'] }));
  await token;
  await Promise.all(event.Records.map(settle));
  return { batchItemFailures: [] };
}

async function settle({ messageId, body }: SQSRecord): Promise<void> {
  try {
    await database.send(
      new UpdateItemCommand({
        TableName: process.env['OPERATIONS_TABLE'],
        Key: { pk: { S: `bare#${messageId}` }, sk: { S: 'head' } },
        UpdateExpression: 'SET settledAt=:now',
        ExpressionAttributeValues: { ':now': { N: String(Date.now()) } },
      }),
    );
  } catch {
    await queue.send(new SendMessageCommand({ QueueUrl: process.env['DEAD_LETTER_QUEUE_URL'], MessageBody: body }));
  }
}
