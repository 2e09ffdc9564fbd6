import { Command, InvalidArgumentError } from 'commander';
import { changeSettings, defaultSettings, type Settings } from './core/settings.ts';
import { startHubSpotSimulator } from './server.ts';

interface Flags {
  readonly port: number;
  readonly data?: string;
  readonly set: Readonly<Record<string, unknown>>;
}

const command = new Command('hubspot-simulator')
  .description("Behaves like HubSpot's contacts API, on 127.0.0.1.")
  .option('--port <port>', 'port to listen on, 0 for any free one', parsePort, 4100)
  .option('--data <file>', 'keep contacts in this file')
  .option('--set <name=value>', 'override a setting, as often as needed', collectSetting, {})
  .parse();

const { port, data, set } = command.opts<Flags>();

try {
  const settings: Settings = changeSettings(defaultSettings, set);
  const simulator = await startHubSpotSimulator({ port, settings, ...(data !== undefined && { dataFile: data }) });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => simulator.close());
  console.log(
    `HubSpot simulator ${simulator.url} (token ${settings.token}, control ${simulator.url}/_simulator/stats)`,
  );
} catch (error) {
  console.error(`cannot start the HubSpot simulator: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function parsePort(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535) throw new InvalidArgumentError('not a port');
  return number;
}

/** A value is read as JSON where it is some (numbers, booleans, lists), else taken as text. */
function collectSetting(text: string, settings: Record<string, unknown>): Record<string, unknown> {
  const [name = '', ...rest] = text.split('=');
  if (rest.length === 0) throw new InvalidArgumentError('wants name=value');
  return { ...settings, [name]: parseValue(rest.join('=')) };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
