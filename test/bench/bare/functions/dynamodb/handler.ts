import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

const database = new DynamoDBClient();
const table = process.env['OPERATIONS_TABLE'];

/** The least that reading an operation can be. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const id = event.pathParameters?.['operationId'] ?? '';
  const { Item } = await database.send(
    new GetItemCommand({ TableName: table, Key: { pk: { S: id }, sk: { S: 'head' } } }),
  );
  return Item === undefined ? { statusCode: 404 } : { statusCode: 200, body: JSON.stringify(Item) };
}
