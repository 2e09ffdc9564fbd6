import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

const secrets = new SecretsManagerClient();
const secretId = process.env['RELAY_KEYS_SECRET'] ?? process.env['HUBSPOT_TOKEN_SECRET'];

/** The least that a function with a secret can be. */
export async function handler(): Promise<{ isAuthorized: boolean }> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretId }));
  return { isAuthorized: SecretString !== undefined };
}
