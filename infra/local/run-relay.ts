import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { SCOPES, type Scope } from '../../lib/accept/scope.ts';
import { parseSettings } from '../settings.ts';
import { synthesizeRelay } from '../synthesize.ts';
import { closeServer, listenLocally } from './aws/local-server.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { startServerProcess } from './processes/server-process.ts';
import { type RunningTemplate, runTemplate } from './run-template.ts';

import { StartError } from './start-error.ts';
import { createStopList, type StopList } from './stop-list.ts';
import { readAssetDirectories } from './template/asset-directory.ts';

/** How a local relay is wanted. */
export interface RelayOptions {
  /** The front door's port; 0, the default, is any free one. */
  readonly port?: number;
  /** Keeps queues, tables and the simulator's contacts there; without it they end with the relay. */
  readonly dataDirectory?: string;
  /** Settings of `infra/settings.ts` by name. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Another HubSpot; without it the simulator is started. */
  readonly hubspot?: { readonly baseUrl: string; readonly token: string };
  /** The relay key that may do everything; `local-dev-key` by default. */
  readonly apiKey?: string;
  /** Further relay keys, and what each may do. */
  readonly scopedKeys?: Readonly<Record<string, readonly Scope[]>>;
  /** Where functions print to: a file in the data directory (the default) or this process's stderr. */
  readonly logs?: 'file' | 'stderr';
  /** Environments that a function starts at once where no queue feeds it (it gets more when callers wait long); 3 by default. */
  readonly environmentsPerFunction?: number;
}

/** A relay that serves requests. */
export interface RunningRelay extends RunningTemplate {
  /** Only when the simulator was started. */
  readonly simulatorUrl?: string;
  readonly logFile: string;
}

/** The token that the simulator accepts, and that another HubSpot gets when none is given. */
export const simulatorToken = 'simulator-token';
/** The relay key when none is given. */
export const defaultApiKey = 'local-dev-key';

/**
 * Synthesizes the relay and runs it on this machine. Resolves once requests are served. Rejects with `StartError` or
 * `SettingsError` (one sentence each) for what its user can put right; nothing is left running then.
 */
export async function startRelay(options: RelayOptions = {}): Promise<RunningRelay> {
  const { hubspotCallsPer10Seconds } = parseSettings(options.overrides ?? {});
  await refuseTakenPort(options.port ?? 0);
  const stops = createStopList();
  try {
    const directory = openDataDirectory(options.dataDirectory);
    stops.add(async () => directory.close());
    const simulator =
      options.hubspot === undefined ? await startSimulator(directory, hubspotCallsPer10Seconds, stops) : undefined;
    const hubspot = options.hubspot ?? { baseUrl: simulator?.url ?? '', token: simulatorToken };
    const running = await runSynthesized(options, directory, hubspot);
    stops.add(() => running.stop());
    return {
      ...running,
      ...(simulator !== undefined && { simulatorUrl: simulator.url }),
      logFile: directory.logFile,
      stop: () => stops.run(),
    };
  } catch (error) {
    await stops.run();
    throw error;
  }
}

/** The simulated account allows as many calls as the relay was told that it may make. */
async function startSimulator(
  directory: DataDirectory,
  limit: number,
  stops: StopList,
): Promise<{ readonly url: string }> {
  const options = { dataFile: directory.kept?.contacts, settings: { token: simulatorToken, limit } };
  const simulator = await startServerProcess('simulator.ts', options, directory.log);
  stops.add(() => simulator.stop());
  return simulator;
}

function runSynthesized(
  options: RelayOptions,
  directory: DataDirectory,
  hubspot: { readonly baseUrl: string; readonly token: string },
): Promise<RunningTemplate> {
  const assembly = synthesizeRelay({ outdir: directory.assembly, overrides: options.overrides ?? {} });
  const [stack] = assembly.stacks;
  if (stack === undefined) throw new Error('the app has no stack');
  const output = options.logs === 'stderr' ? process.stderr.fd : directory.log;
  return runTemplate({
    template: stack.template,
    stackName: stack.stackName,
    assetDirectory: readAssetDirectories(assembly.directory, stack.id),
    port: options.port ?? 0,
    directories: directory.kept,
    secrets: {
      HUBSPOT_TOKEN_SECRET: hubspot.token,
      RELAY_KEYS_SECRET: relayKeys(options.apiKey ?? defaultApiKey, options.scopedKeys ?? {}),
    },
    variables: { HUBSPOT_BASE_URL: hubspot.baseUrl },
    environmentsPerFunction: options.environmentsPerFunction ?? 3,
    output,
    report: (line) => appendFileSync(output, `${JSON.stringify({ level: 'ERROR', runner: line })}\n`),
  });
}

/** What the relay's keys secret holds on AWS: names and hashes, never a key. */
function relayKeys(apiKey: string, scopedKeys: NonNullable<RelayOptions['scopedKeys']>): string {
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
  const scoped = Object.entries(scopedKeys).map(([key, scopes], position) => {
    return { name: `local-${position + 1}`, sha256: sha256(key), scopes };
  });
  return JSON.stringify({ keys: [{ name: 'local', sha256: sha256(apiKey), scopes: SCOPES }, ...scoped] });
}

/** Synthesis takes seconds; a port that is taken is said before it. */
async function refuseTakenPort(port: number): Promise<void> {
  const probe = createServer();
  try {
    await listenLocally(probe, port);
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const reason = isTaken ? 'is in use already' : `cannot be opened (${String(error)})`;
    throw new StartError(`Port ${port} ${reason}; choose another one with --port.`);
  }
  await closeServer(probe);
}
