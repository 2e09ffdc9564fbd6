import { Command, InvalidArgumentError } from 'commander';

/** What the command line says. */
export interface CommandLine {
  readonly port: number;
  readonly demo: boolean;
  readonly data?: string;
  readonly set: Readonly<Record<string, string>>;
  readonly logs: boolean;
}

/** Parses the flags of `npm start --`. Prints one sentence and exits with 1 for a flag that is wrong, as commander does. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  return new Command('npm start --')
    .description('Runs the relay on this machine: embedded SQS and DynamoDB, a HubSpot simulator, and a demonstration.')
    .option('--no-demo', 'serve only')
    .option('--port <port>', "the front door's port on 127.0.0.1", parsePort, 3000)
    .option('--data <directory>', 'keep queues, tables and simulated contacts there')
    .option('--set <name=value>', 'override a setting of infra/settings.ts; may be repeated', collectSetting, {})
    .option('--logs', 'print what functions log to stderr', false)
    .addHelpText('after', '\nEnvironment: HUBSPOT_BASE_URL, HUBSPOT_ACCESS_TOKEN, RELAY_API_KEY')
    .parse(argv)
    .opts<CommandLine>();
}

function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65_535)
    throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  return port;
}

function collectSetting(value: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must look like name=value.');
  return { ...settings, [value.slice(0, at)]: value.slice(at + 1) };
}
