import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

const database = new DynamoDBClient();
const queue = new SQSClient();
const table = process.env['OPERATIONS_TABLE'];
const queueUrl = process.env['WRITES_QUEUE_URL'];

/** The least that accepting can be: one item, one message, no look at what came. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const id = randomUUID();
  const requestedAt = new Date().toISOString();
  await database.send(
    new PutItemCommand({
      TableName: table,
      Item: { pk: { S: id }, sk: { S: 'head' }, requestedAt: { S: requestedAt } },
    }),
  );
  await queue.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: event.body ?? '' }));
  return { statusCode: 202, body: JSON.stringify({ id, requestedAt }) };
}
