/**
 * A process with one bundle in it, which it calls with events one after the other and whose CPU time it reports.
 *
 * Plain JavaScript without a package, as Lambda's own runtime: what it brings along must not help or burden the bundle.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

process.on('disconnect', () => process.exit(0));

const { handler } = await import(pathToFileURL(join(process.env.LAMBDA_TASK_ROOT, 'index.mjs')).href);

function contextOf(number) {
  const deadline = Date.now() + 60_000;
  return {
    awsRequestId: `bench-${number}`,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

async function callAll(events) {
  const results = [];
  const startedAt = performance.now();
  const before = process.cpuUsage();
  for (const [number, event] of events.entries()) results.push(await handler(event, contextOf(number)));
  const { user, system } = process.cpuUsage(before);
  return { results, cpuMs: (user + system) / 1_000, wallMs: performance.now() - startedAt };
}

async function profiled(run) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const report = await run();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return { ...report, profile };
}

/** Counts what is asked of DynamoDB and SQS, by operation, and of HubSpot, on the wire: an SDK may send what nobody called. */
async function counted(run) {
  const operations = {};
  const count = (name) => {
    operations[name] = (operations[name] ?? 0) + 1;
  };
  const onHttp = ({ request }) => count(String(request.getHeader('x-amz-target')).replace(/^.*\./, ''));
  const onFetch = () => count('HubSpot');
  subscribe('http.client.request.start', onHttp);
  subscribe('undici:request:create', onFetch);
  try {
    return { ...(await run()), operations };
  } finally {
    unsubscribe('http.client.request.start', onHttp);
    unsubscribe('undici:request:create', onFetch);
  }
}

const modes = { plain: (run) => run(), profiled, counted };

process.on('message', async ({ events, mode }) => {
  try {
    process.send(await modes[mode](() => callAll(events)));
  } catch (error) {
    process.send({ error: String(error) });
  }
});
