/** `npm start`: runs the relay on this machine until it is told to stop. */
import { SettingsError } from '../settings.ts';
import { chooseHubSpot } from './choose-hubspot.ts';
import { parseCommandLine } from './command-line.ts';
import { defaultApiKey, type RunningRelay, startRelay } from './run-relay.ts';
import { StartError } from './start-error.ts';
import { TemplateError } from './template/template-error.ts';

const commandLine = parseCommandLine(process.argv);
const apiKey = process.env['RELAY_API_KEY'] || defaultApiKey;
const hubspot = chooseHubSpot(process.env, commandLine.set);

const out = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
// Whoever read our output may be gone (`npm start | head -1`); that is no reason to stop serving.
process.stdout.on('error', () => undefined);
process.on('uncaughtException', (error) => fail(error));

const starting = startRelay({
  port: commandLine.port,
  overrides: commandLine.set,
  apiKey,
  logs: commandLine.logs ? 'stderr' : 'file',
  ...(commandLine.data !== undefined && { dataDirectory: commandLine.data }),
  ...(hubspot !== undefined && { hubspot }),
});

let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop());

try {
  const relay = await starting;
  if (relay.simulatorUrl !== undefined) out(`HubSpot simulator ${relay.simulatorUrl}`);
  if (!commandLine.logs) out(`functions log to ${relay.logFile}`);
  out(`ready ${relay.url}`);
  if (commandLine.demo) await demonstrate(relay);
} catch (error) {
  if (!isStopping) fail(error);
}

/** The demonstration's own failure is told, and the relay stays up to be looked into. */
async function demonstrate(relay: RunningRelay): Promise<void> {
  const { runDemo } = await import('./demo/run-demo.ts');
  const { url: baseUrl, simulatorUrl } = relay;
  await runDemo({ baseUrl, apiKey, out, ...(simulatorUrl !== undefined && { simulatorUrl }) }).catch(
    (error: unknown) => {
      if (!isStopping) process.stderr.write(`The demonstration failed: ${messageOf(error)}\n`);
    },
  );
}

/** Stops all parts first; a second signal does not wait for them. */
async function stop(): Promise<void> {
  if (isStopping) process.exit(0);
  isStopping = true;
  await starting.then((relay) => relay.stop()).catch(() => undefined);
  process.exit(0);
}

/** What a user can put right is one sentence; a fault of ours comes with its stack. Children end with this process. */
function fail(error: unknown): never {
  const isExpected = error instanceof StartError || error instanceof SettingsError || error instanceof TemplateError;
  const text = isExpected || !(error instanceof Error) ? messageOf(error) : `The relay failed: ${error.stack}`;
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
