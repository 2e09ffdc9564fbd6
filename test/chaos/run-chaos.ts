import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { closeServer, listenLocally } from '../../infra/local/aws/local-server.ts';
import { type HubSpotSimulator, startHubSpotSimulator } from '../../infra/local/hubspot/server.ts';
import type { Random } from '../../lib/runtime/random.ts';
import { createSeededRandom, forkRandom } from '../simulation/seeded-random.ts';
import { createRelayClient } from '../support/relay-client.ts';
import { type SpawnedRelay, spawnRelay } from '../support/spawned-relay.ts';
import { checkArrival } from './check-arrival.ts';
import { countMessages } from './count-messages.ts';
import { type KillerOptions, killFunctions, killRelay } from './killer.ts';
import { settleWrites } from './settle-writes.ts';
import { startCallers } from './start-callers.ts';
import { startWeather } from './start-weather.ts';

/** What a run came to. */
export interface ChaosReport {
  /** One sentence for each broken promise. */
  readonly faults: readonly string[];
  readonly accepted: number;
  readonly inDoubt: number;
  readonly killedFunctions: number;
  readonly killedRelays: number;
  readonly hubSpotCalls: number;
  readonly peakCallsPer10Seconds: number;
  /** Seconds from the first start to the last check. */
  readonly seconds: number;
}

const KEY = 'local-dev-key';
const TOKEN = 'the-token-of-chaos';
const ANSWER_MS = 40;
const CALLS_PER_10_SECONDS = 100;
const RELAYS_TO_KILL = 2;

/**
 * Leases that end soon: an invocation works for 2 s, waits 1 s for HubSpot and keeps 10 s for settling, and the simulator takes
 * effect within another second or never. Visibility is the least that such an invocation may have.
 */
const SETTINGS = {
  deliverTimeoutSeconds: 13,
  visibilityTimeoutSeconds: 79,
  hubspotTimeoutMs: 1_000,
  hubspotLongestCommitSeconds: 1,
  hubspotCallsPer10Seconds: CALLS_PER_10_SECONDS,
};

/**
 * Runs a relay as `npm start` does, lets callers write through it while its functions and the whole of it are killed and
 * HubSpot fails, then waits until all is quiet and checks that every accepted write arrived once and in order. The seed
 * draws what happens; processes, and so times, are real, and a seed does not replay exactly.
 */
export async function runChaos(seed: number): Promise<ChaosReport> {
  const random = createSeededRandom(seed);
  const dataDirectory = mkdtempSync(join(tmpdir(), 'relay-chaos-'));
  const hubspot = await startHubSpotSimulator({
    random: forkRandom(random),
    settings: { token: TOKEN, limit: CALLS_PER_10_SECONDS, latencyMs: ANSWER_MS, historySize: 1_000_000 },
  });
  const port = await freePort();
  const relays: SpawnedRelay[] = [];
  const start = async (): Promise<SpawnedRelay> => {
    const relay = spawnRelay(flags(port, dataDirectory), {
      HUBSPOT_BASE_URL: hubspot.url,
      HUBSPOT_ACCESS_TOKEN: TOKEN,
    });
    relays.push(relay);
    await relay.ready();
    return relay;
  };
  try {
    return await rampage(random, hubspot, { start, url: `http://127.0.0.1:${port}`, dataDirectory });
  } finally {
    for (const relay of relays) {
      relay.killGroup();
      await relay.ended();
    }
    await hubspot.close();
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}

interface Stage {
  readonly start: () => Promise<SpawnedRelay>;
  readonly url: string;
  readonly dataDirectory: string;
}

async function rampage(random: Random, { core }: HubSpotSimulator, stage: Stage): Promise<ChaosReport> {
  const startedAt = Date.now();
  const client = createRelayClient(stage.url, KEY);
  const killing: KillerOptions = {
    random: forkRandom(random),
    calls: () => core.statistics().calls,
    answerMs: ANSWER_MS,
  };
  let relay = await stage.start();
  const weather = startWeather(core, forkRandom(random));
  const callers = startCallers({ client, random: forkRandom(random) });
  let killedFunctions = 0;
  for (let killed = 0; killed < RELAYS_TO_KILL; killed += 1) {
    killedFunctions += await killFunctions(relay, killing);
    await killRelay(relay, killing);
    relay = await stage.start();
  }
  // The last restart makes visible at once what killed functions held, which else takes 79 s; callers see it at work for a while.
  await pause(1_000);
  await weather.stop();
  const sent = await callers.stop();
  const { writes, left } = await settleWrites(sent, client, () => countMessages(stage.dataDirectory));
  const statistics = core.statistics();
  relay.signal('SIGTERM');
  const ending = await relay.ended();
  return {
    faults: [
      ...callers.faults,
      ...checkArrival(writes, core.contacts(Number.MAX_SAFE_INTEGER)),
      ...Object.entries(left).flatMap(([queue, messages]) => (messages > 0 ? [`${messages} left on ${queue}`] : [])),
      ...Object.entries(statistics.violations)
        // One consumer cannot know what another was just told, least of all if that one was killed on hearing it.
        .filter(([violation]) => violation !== 'before-retry-after')
        .map(([violation, times]) => `HubSpot was sent ${times} x ${violation}`),
      ...(ending === 0 ? [] : [`the relay ended with ${ending} on SIGTERM`]),
    ],
    accepted: writes.filter(({ fate }) => fate.kind !== 'in-doubt').length,
    inDoubt: writes.filter(({ fate }) => fate.kind === 'in-doubt').length,
    killedFunctions,
    killedRelays: RELAYS_TO_KILL,
    hubSpotCalls: statistics.calls,
    peakCallsPer10Seconds: statistics.peakCallsPer10Seconds,
    seconds: (Date.now() - startedAt) / 1_000,
  };
}

const flags = (port: number, dataDirectory: string): readonly string[] => [
  ...['--no-demo', '--port', String(port), '--data', dataDirectory],
  ...Object.entries(SETTINGS).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
];

async function freePort(): Promise<number> {
  const probe = createServer();
  const port = Number(new URL(await listenLocally(probe)).port);
  await closeServer(probe);
  return port;
}
