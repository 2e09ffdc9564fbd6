/**
 * Makes and revokes the keys that open the relay:
 *
 *     npm run relay-key -- --name crm-sync                      prints a key and its entry, stores nothing
 *     npm run relay-key -- --name crm-sync --secret SECRET      stores the entry too, and prints the key
 *     npm run relay-key -- --name reports --scopes read         makes one that may only read
 *     npm run relay-key -- --revoke crm-sync --secret SECRET    removes the entry
 *
 * SECRET is the stack's output RelayKeysSecret. The key itself is shown once and kept nowhere.
 */
import { randomBytes } from 'node:crypto';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Command } from 'commander';
import { explainAwsError } from './explain-aws-error.ts';
import {
  addRelayKey,
  makeRelayKey,
  parseRelayKeys,
  parseScopes,
  RelayKeyError,
  type RelayKeys,
  revokeRelayKey,
} from './relay-keys.ts';

interface Wish {
  readonly name?: string;
  readonly scopes?: string;
  readonly revoke?: string;
  readonly secret?: string;
}

const command = new Command('relay-key')
  .description('Makes or revokes a key that may use the relay')
  .option('--name <name>', 'make a key of this name')
  .option('--scopes <list>', 'what the key may do, of read,write,forward,gdpr-delete; the first three unless said')
  .option('--revoke <name>', 'revoke the key of this name')
  .option('--secret <arn or name>', "the relay's secret of keys (output RelayKeysSecret)")
  .parse();

try {
  await fulfil(command.opts<Wish>());
} catch (error) {
  const why = explainAwsError(error) ?? (error instanceof Error ? error.message : String(error));
  process.stderr.write(`${why}\n`);
  process.exitCode = 1;
}

async function fulfil({ name, scopes, revoke, secret }: Wish): Promise<void> {
  if ((name === undefined) === (revoke === undefined))
    throw new RelayKeyError('say either --name NAME or --revoke NAME');
  if (revoke !== undefined) {
    if (scopes !== undefined) throw new RelayKeyError('--scopes goes with --name: revoke a key and make another one');
    if (secret === undefined) throw new RelayKeyError('say with --secret from which secret to revoke the key');
    await changeSecret(secret, (keys) => revokeRelayKey(keys, revoke));
    say(`revoked ${revoke}; running authorizers forget it within a minute or so`);
    return;
  }
  const { key, entry } = makeRelayKey(
    name ?? '',
    randomBytes(32),
    scopes === undefined ? undefined : parseScopes(scopes),
  );
  if (secret !== undefined) await changeSecret(secret, (keys) => addRelayKey(keys, entry));
  say(`key    ${key}`);
  say(`entry  ${JSON.stringify(entry)}`);
}

/** Reads, changes and writes the secret. Two people at it at the same time may lose one change: keys are made by one person. */
async function changeSecret(secretId: string, change: (keys: RelayKeys) => RelayKeys): Promise<void> {
  const client = new SecretsManagerClient({});
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
  const changed = change(parseRelayKeys(SecretString ?? ''));
  await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(changed) }));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
