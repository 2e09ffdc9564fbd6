/**
 * The inside of one Lambda environment: imports the deployed bundle and runs one event at a time.
 *
 * Speaks with `environment.ts` over Node's IPC channel. It is plain JavaScript and imports nothing but Node, because it
 * stands for the runtime: what it brings along must not help the bundle.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Lambda's limit for the answer to a synchronous invocation, in bytes. */
const maximumAnswerBytes = 6 * 1024 * 1024;

// A child that outlived its runner would be a leftover that nobody can find: no runner, no environment.
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal goes to the whole process group; the runner decides when an environment ends.
process.on('SIGINT', () => {});

/** Ends the process only after the last words are on their way. */
function reportAndExit(report) {
  process.send(report, () => process.exit(1));
}

function describeError(error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

async function loadHandler() {
  const [moduleName, exportName] = process.env._HANDLER.split('.');
  const files = ['mjs', 'js', 'cjs'].map((extension) =>
    join(process.env.LAMBDA_TASK_ROOT, `${moduleName}.${extension}`),
  );
  const file = files.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`there is no ${moduleName}.mjs, .js or .cjs in the function's code`);
  const handler = (await import(pathToFileURL(file).href))[exportName];
  if (typeof handler !== 'function') throw new Error(`${moduleName} exports no function ${exportName}`);
  return handler;
}

function createContext({ requestId, deadline }) {
  const name = process.env.AWS_LAMBDA_FUNCTION_NAME;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: process.env.LOCAL_FUNCTION_ARN,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: `local/${process.pid}`,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

async function run(handler, message) {
  try {
    const payload = JSON.stringify((await handler(JSON.parse(message.event), createContext(message))) ?? null);
    if (Buffer.byteLength(payload) > maximumAnswerBytes) throw new Error('Function.ResponseSizeTooLarge: over 6 MB');
    process.send({ kind: 'returned', payload });
  } catch (error) {
    console.error(error);
    process.send({ kind: 'threw', reason: describeError(error) });
  }
}

try {
  const handler = await loadHandler();
  process.on('message', (message) => run(handler, message));
  process.send({ kind: 'ready' });
} catch (error) {
  console.error(error);
  reportAndExit({ kind: 'threw', reason: describeError(error) });
}
