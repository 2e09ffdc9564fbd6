import { systemClock } from '../../lib/runtime/clock.ts';
import { createQueues, readQueue } from './aws/queue-definition.ts';
import { startSecretServer } from './aws/secret-server.ts';
import { createTables, readTable } from './aws/table-definition.ts';
import { readGateway } from './gateway/gateway-definition.ts';
import { startGatewayServer } from './gateway/gateway-server.ts';
import { startEnvironment } from './lambda/environment.ts';
import { environmentLimits } from './lambda/environment-limits.ts';
import { environmentVariables } from './lambda/environment-variables.ts';
import { type FunctionDefinition, readFunction } from './lambda/function-definition.ts';
import { createFunctionPool } from './lambda/function-pool.ts';
import { createLocalNames, localAccountId, localRegion } from './physical-names.ts';
import { startServerProcess } from './processes/server-process.ts';
import { type EventSourceMapping, readEventSourceMapping } from './queue/event-source-mapping.ts';
import { startQueuePoller } from './queue/queue-poller.ts';
import { startSchedules } from './schedule/start-schedules.ts';
import { createStopList } from './stop-list.ts';
import { parseTemplate } from './template/cloudformation-template.ts';
import { resolveTemplate } from './template/resolve-template.ts';

/** What is needed to run a template. */
export interface RunTemplateOptions {
  /** The template as it was synthesized. */
  readonly template: unknown;
  readonly stackName: string;
  /** From the S3 key of a function's code to the directory that holds it. */
  readonly assetDirectory: (s3Key: string) => string;
  /** The gateway's port; 0 is any free one. */
  readonly port: number;
  /** Where queues and tables are kept; in memory when there is none. */
  readonly directories?: { readonly queues: string; readonly tables: string } | undefined;
  /** Texts of secrets, by the name of the variable in which functions find the secret's ARN. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Replaces the template's value of a variable in every function that has it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Environments of a function that no queue feeds. */
  readonly environmentsPerFunction: number;
  /** File descriptor for what functions print and for the runner's own notes. */
  readonly output: number;
  /** Is told of failed invocations, in one line each. */
  readonly report: (line: string) => void;
}

/** A template that runs. */
export interface RunningTemplate {
  readonly url: string;
  readonly endpoints: { readonly sqs: string; readonly dynamodb: string };
  /** The URL of the one queue whose logical id contains `part`; throws when it is not exactly one. */
  queueUrl(part: string): string;
  /** The name of the one table whose logical id contains `part`; throws when it is not exactly one. */
  tableName(part: string): string;
  /** Stops everything, the newest first; running deliveries may finish for a few seconds. */
  stop(): Promise<void>;
}

/** Running deliveries get this long to settle their messages before their processes are killed. */
const graceMilliseconds = 5_000;
/** A start waits so long for what the schedules do first: a function's cold start on a busy machine, or a HubSpot that hangs. */
const firstTickMilliseconds = 20_000;

/** Starts embedded services, functions, gateway and pollers for a template. What was started is stopped when a part fails. */
export async function runTemplate(options: RunTemplateOptions): Promise<RunningTemplate> {
  const stops = createStopList();
  try {
    return await start(options, stops);
  } catch (error) {
    await stops.run();
    throw error;
  }
}

async function start(options: RunTemplateOptions, stops: ReturnType<typeof createStopList>): Promise<RunningTemplate> {
  const parsed = parseTemplate(options.template);
  const queueServer = await startServerProcess(
    'queue-server.ts',
    { directory: options.directories?.queues },
    options.output,
  );
  stops.add(() => queueServer.stop());
  const tableServer = await startServerProcess(
    'table-server.ts',
    { directory: options.directories?.tables },
    options.output,
  );
  stops.add(() => tableServer.stop());
  const names = createLocalNames(options.stackName, parsed.resources, queueServer.url);
  const deployment = { stackName: options.stackName, region: localRegion, accountId: localAccountId };
  const template = resolveTemplate(parsed, deployment, names);
  const naming = (logicalId: string) => ({ name: names.name(logicalId), arn: names.arn(logicalId) });

  const queues = template.resources('AWS::SQS::Queue');
  await createQueues(
    queueServer.url,
    queues.map((queue) => readQueue(queue, names.name(queue.logicalId))),
  );
  const tables = template.resources('AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table');
  await createTables(
    tableServer.url,
    tables.map((table) => readTable(table, names.name(table.logicalId))),
  );

  const functions = template
    .resources('AWS::Lambda::Function')
    .map((resource) => readFunction(resource, naming(resource.logicalId), options.assetDirectory))
    .map((definition) => replaceVariables(definition, options.variables));
  const secretServer = await startSecretServer(secretValues(functions, options.secrets));
  stops.add(() => secretServer.close());

  const mappings = template
    .resources('AWS::Lambda::EventSourceMapping')
    .map(readEventSourceMapping)
    .filter((mapping) => mapping !== undefined)
    .map((mapping) => ({ ...mapping, functionArn: toArn(mapping.functionArn, functions) }));
  const endpoints = { sqs: queueServer.url, dynamodb: tableServer.url, secretsManager: secretServer.url };
  const pools = new Map(
    functions.map((definition) => [definition.arn, createPool(definition, mappings, endpoints, options)]),
  );
  stops.add(() => Promise.all([...pools.values()].map((pool) => pool.stop())));
  const poolOf = (functionArn: string) => {
    const pool = pools.get(functionArn);
    if (pool === undefined) throw new Error(`there is no function ${functionArn}`);
    return pool;
  };

  const gateway = await startGatewayServer(readGateway(template), {
    port: options.port,
    accountId: localAccountId,
    invoke: async (functionArn, event) => {
      const result = await poolOf(functionArn).invoke(event);
      if (result.kind !== 'returned') options.report(`${functionArn} failed: ${result.reason}`);
      return result;
    },
  });
  stops.add(() => gateway.close());

  const schedules = startSchedules(template, { names, poolOf, clock: systemClock, report: options.report });
  stops.add(() => withinGrace(Promise.all(schedules.map((schedule) => schedule.stop()))));
  await within(firstTickMilliseconds, Promise.all(schedules.map(({ firstTick }) => firstTick)));

  const pollers = mappings.map((mapping) =>
    startQueuePoller({
      mapping,
      queueUrl: `${queueServer.url}/${localAccountId}/${mapping.queueArn.split(':').at(-1)}`,
      endpoint: queueServer.url,
      region: localRegion,
      pool: poolOf(mapping.functionArn),
      report: options.report,
    }),
  );
  stops.add(() => withinGrace(Promise.all(pollers.map((poller) => poller.stop()))));

  return {
    url: gateway.url,
    endpoints: { sqs: queueServer.url, dynamodb: tableServer.url },
    queueUrl: (part) => names.ref(onlyOne(queues, part)),
    tableName: (part) => names.name(onlyOne(tables, part)),
    stop: () => stops.run(),
  };
}

function createPool(
  definition: FunctionDefinition,
  mappings: readonly EventSourceMapping[],
  endpoints: Parameters<typeof environmentVariables>[2],
  options: RunTemplateOptions,
) {
  const feeding = mappings.filter((mapping) => mapping.functionArn === definition.arn);
  const limits = environmentLimits({
    queueConcurrency: feeding.reduce((sum, mapping) => sum + mapping.maximumConcurrency, 0),
    reserved: definition.reservedConcurrency,
    byDefault: options.environmentsPerFunction,
  });
  const variables = environmentVariables(definition, localRegion, endpoints);
  const { memoryMegabytes, timeout } = definition;
  return createFunctionPool(
    () => startEnvironment({ variables, memoryMegabytes, timeout, output: options.output }),
    limits,
  );
}

function replaceVariables(
  definition: FunctionDefinition,
  values: Readonly<Record<string, string>>,
): FunctionDefinition {
  const variables = Object.entries(definition.variables).map(([name, value]) => [name, values[name] ?? value] as const);
  return { ...definition, variables: Object.fromEntries(variables) };
}

/** Which ARN has which text: found through the variables that hold the ARNs. */
function secretValues(
  functions: readonly FunctionDefinition[],
  secrets: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { variables } of functions) {
    for (const [name, value] of Object.entries(secrets)) {
      const arn = variables[name];
      if (arn !== undefined) values.set(arn, value);
    }
  }
  return values;
}

/** Mappings name their function by name or by ARN. */
function toArn(nameOrArn: string, functions: readonly FunctionDefinition[]): string {
  const found = functions.find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
  if (found === undefined) throw new Error(`an event source mapping leads to ${nameOrArn}, which is not there`);
  return found.arn;
}

function onlyOne(resources: readonly { readonly logicalId: string }[], part: string): string {
  const [found, ...others] = resources.filter(({ logicalId }) => logicalId.includes(part));
  if (found === undefined || others.length > 0) {
    const ids = resources.map(({ logicalId }) => logicalId).join(', ');
    throw new Error(`"${part}" has to name exactly one of: ${ids}`);
  }
  return found.logicalId;
}

const withinGrace = (work: Promise<unknown>): Promise<void> => within(graceMilliseconds, work);

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, over]);
  clearTimeout(timer);
}
