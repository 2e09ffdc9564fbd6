import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createQueues, readQueue } from '../../infra/local/aws/queue-definition.ts';
import { startSecretServer } from '../../infra/local/aws/secret-server.ts';
import { createTables, readTable } from '../../infra/local/aws/table-definition.ts';
import { environmentVariables } from '../../infra/local/lambda/environment-variables.ts';
import { localRegion } from '../../infra/local/physical-names.ts';
import { startServerProcess } from '../../infra/local/processes/server-process.ts';
import { simulatorToken } from '../../infra/local/run-relay.ts';
import { createStopList, type StopList } from '../../infra/local/stop-list.ts';
import { type BenchFunction, type BenchStack, synthesizeBare, synthesizeForBench } from './bench-functions.ts';

/** Functions and what they talk to, each in a process of its own, so that a function's CPU time is its own. */
export interface BenchStage {
  readonly relay: ReadonlyMap<string, BenchFunction>;
  /** Handlers without a relay, by their AWS clients. */
  readonly bare: ReadonlyMap<string, BenchFunction>;
  /** The environment of a relay function. */
  variablesOf(name: string): Record<string, string>;
  /** The same for a bare handler in the place of a relay function, whose own variables it also gets. */
  bareVariablesOf(clients: string, relayFunction: string): Record<string, string>;
  readonly dynamoDbUrl: string;
  readonly simulatorUrl: string;
  /** File descriptor for what functions print. */
  readonly output: number;
  close(): Promise<void>;
}

/** Synthesizes the relay and the bare handlers and starts embedded services and the simulator, with no limit in the way. */
export async function openStage(): Promise<BenchStage> {
  const stops = createStopList();
  try {
    return await open(stops);
  } catch (error) {
    await stops.run();
    throw error;
  }
}

async function open(stops: StopList): Promise<BenchStage> {
  const directory = mkdtempSync(join(tmpdir(), 'relay-bench-'));
  stops.add(async () => rmSync(directory, { recursive: true, force: true }));
  const output = openSync(join(directory, 'functions.log'), 'a');
  stops.add(async () => closeSync(output));
  const start = async (entry: string, options: unknown): Promise<string> => {
    const server = await startServerProcess(entry, options, output);
    stops.add(() => server.stop());
    return server.url;
  };
  const sqs = await start('queue-server.ts', {});
  const dynamodb = await start('table-server.ts', {});
  const simulatorUrl = await start('simulator.ts', { settings: { token: simulatorToken, limit: 1_000_000 } });
  const relay = synthesizeForBench(join(directory, 'relay'), sqs);
  const bare = synthesizeBare(join(directory, 'bare'), sqs);
  await createResources(relay, sqs, dynamodb);
  const secrets = await startSecretServer(secretTexts(relay));
  stops.add(() => secrets.close());
  const endpoints = { sqs, dynamodb, secretsManager: secrets.url };

  const relayVariables = (name: string): Readonly<Record<string, string>> => {
    const { variables } = definitionIn(relay, name);
    return { ...variables, ...('HUBSPOT_BASE_URL' in variables && { HUBSPOT_BASE_URL: simulatorUrl }) };
  };
  return {
    relay: relay.functions,
    bare: bare.functions,
    variablesOf: (name) =>
      environmentVariables({ ...definitionIn(relay, name), variables: relayVariables(name) }, localRegion, endpoints),
    bareVariablesOf: (clients, name) =>
      environmentVariables({ ...definitionIn(bare, clients), variables: relayVariables(name) }, localRegion, endpoints),
    dynamoDbUrl: dynamodb,
    simulatorUrl,
    output,
    close: () => stops.run(),
  };
}

function definitionIn({ functions }: BenchStack, name: string): BenchFunction['definition'] {
  const found = functions.get(name);
  if (found === undefined) throw new Error(`there is no function "${name}"; there are ${[...functions.keys()]}`);
  return found.definition;
}

async function createResources({ template, name }: BenchStack, sqs: string, dynamodb: string): Promise<void> {
  const queues = template.resources('AWS::SQS::Queue').map((queue) => readQueue(queue, name(queue.logicalId)));
  await createQueues(sqs, queues);
  const tables = template
    .resources('AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table')
    .map((table) => readTable(table, name(table.logicalId)));
  await createTables(dynamodb, tables);
}

/** HubSpot's token and one relay key, under the ARNs that the functions were given. */
function secretTexts({ functions }: BenchStack): ReadonlyMap<string, string> {
  const sha256 = createHash('sha256').update('bench-key').digest('hex');
  const texts = {
    HUBSPOT_TOKEN_SECRET: simulatorToken,
    RELAY_KEYS_SECRET: JSON.stringify({ keys: [{ name: 'bench', sha256 }] }),
  };
  const found = new Map<string, string>();
  for (const { definition } of functions.values()) {
    for (const [variable, text] of Object.entries(texts)) {
      const arn = definition.variables[variable];
      if (arn !== undefined) found.set(arn, text);
    }
  }
  return found;
}
