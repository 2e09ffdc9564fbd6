import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { z } from 'zod';
import { withBundle } from '../../infra/bundle-handler.ts';
import { type FunctionDefinition, readFunction } from '../../infra/local/lambda/function-definition.ts';
import { createLocalNames, localAccountId, localRegion } from '../../infra/local/physical-names.ts';
import { readAssetDirectories } from '../../infra/local/template/asset-directory.ts';
import { parseTemplate } from '../../infra/local/template/cloudformation-template.ts';
import { type ResolvedTemplate, resolveTemplate } from '../../infra/local/template/resolve-template.ts';
import { relayCode, synthesizeRelay } from '../../infra/synthesize.ts';

/** A function with its deployed bundle. */
export interface BenchFunction {
  /** Its folder under `functions/`, e.g. `create-contacts`. */
  readonly name: string;
  readonly definition: FunctionDefinition;
  /** Size of its `index.mjs`. */
  readonly bytes: number;
  /** Its AWS clients, sorted and joined, e.g. `dynamodb-sqs`; bare handlers are named so. */
  readonly clients: string;
}

/** A synthesized stack: its template, resolved against the embedded queues, and its functions by name. */
export interface BenchStack {
  readonly template: ResolvedTemplate;
  readonly name: (logicalId: string) => string;
  readonly functions: ReadonlyMap<string, BenchFunction>;
}

const bareRoot = fileURLToPath(new URL('./bare/', import.meta.url));

/** The relay as it is deployed, but with so many calls allowed that no delivery waits for its pace. */
export function synthesizeForBench(outdir: string, queueEndpoint: string): BenchStack {
  const assembly = synthesizeRelay({ outdir, overrides: { hubspotCallsPer10Seconds: '10000' } });
  return readStack(assembly, handlersUnder(relayCode.projectRoot), queueEndpoint);
}

/** The handlers of `test/bench/bare`, bundled by the same code as the relay's own, but with the SDK as it comes. */
export function synthesizeBare(outdir: string, queueEndpoint: string): BenchStack {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Bare');
  const names = handlersUnder(bareRoot);
  for (const name of names) {
    const common = { runtime: Runtime.NODEJS_24_X, handler: 'index.handler' };
    withBundle({ projectRoot: bareRoot }, name, (code) => new LambdaFunction(stack, pascal(name), { ...common, code }));
  }
  return readStack(app.synth(), names, queueEndpoint);
}

const handlersUnder = (root: string): readonly string[] =>
  readdirSync(join(root, 'functions')).filter((name) =>
    readdirSync(join(root, 'functions', name)).includes('handler.ts'),
  );

function readStack(assembly: CloudAssembly, names: readonly string[], queueEndpoint: string): BenchStack {
  const [artifact] = assembly.stacks;
  if (artifact === undefined) throw new Error('the app has no stack');
  const { stackName } = artifact;
  const parsed = parseTemplate(artifact.template);
  const local = createLocalNames(stackName, parsed.resources, queueEndpoint);
  const deployment = { stackName, region: localRegion, accountId: localAccountId };
  const template = resolveTemplate(parsed, deployment, local);
  const directoryOf = readAssetDirectories(assembly.directory, artifact.id);
  const lambdas = template.resources('AWS::Lambda::Function');
  const functions = names.map((name): [string, BenchFunction] => {
    const own = new RegExp(`(^|[a-z])${pascal(name)}(Function)?[0-9A-F]{8}$`);
    // `SecretsManager` ends `DynamodbSecretsManager` as well: the shortest is meant.
    const [lambda] = lambdas
      .filter(({ logicalId }) => own.test(logicalId))
      .sort((a, b) => a.logicalId.length - b.logicalId.length);
    if (lambda === undefined) throw new Error(`the template has no function ${name}`);
    const { logicalId } = lambda;
    const naming = { name: local.name(logicalId), arn: local.arn(logicalId) };
    const definition = readFunction(lambda, naming, directoryOf);
    const bytes = statSync(join(definition.directory, 'index.mjs')).size;
    return [name, { name, definition, bytes, clients: clientsIn(definition.directory) }];
  });
  return { template, name: local.name, functions: new Map(functions) };
}

const sourceMap = z.looseObject({ sources: z.array(z.string()) });

/** Which AWS clients a bundle holds, by its source map. */
function clientsIn(directory: string): string {
  const { sources } = sourceMap.parse(JSON.parse(readFileSync(join(directory, 'index.mjs.map'), 'utf8')));
  const clients = sources.flatMap((source) => /@aws-sdk\/client-([a-z-]+)\//.exec(source)?.[1] ?? []);
  return [...new Set(clients)].sort().join('-');
}

const pascal = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
