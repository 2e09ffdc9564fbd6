import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

const database = new DynamoDBClient();
const secrets = new SecretsManagerClient();
const table = process.env['CONTACTS_TABLE'];
const secretId = process.env['HUBSPOT_TOKEN_SECRET'];

/** The least that a function with a table and a secret can be. */
export async function handler(): Promise<{ isReady: boolean }> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretId }));
  const { Item } = await database.send(new GetItemCommand({ TableName: table, Key: { pk: { S: 'pace' } } }));
  return { isReady: SecretString !== undefined && Item !== undefined };
}
