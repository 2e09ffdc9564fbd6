import { type RelayOptions, type RunningRelay, startRelay } from '../../infra/local/run-relay.ts';
import { createRelayClient, type RelayClient } from './relay-client.ts';
import { createRelayQueues, type RelayQueues } from './relay-queues.ts';
import { createSimulatorControl, type SimulatorControl } from './simulator-control.ts';

/** The whole stack, with everything that a test needs to use it and to look at it from outside. */
export interface TestRelay {
  readonly relay: RunningRelay;
  readonly client: RelayClient;
  readonly simulator: SimulatorControl;
  readonly queues: RelayQueues;
  stop(): Promise<void>;
}

export const testApiKey = 'the-key-of-the-tests';

/** How long starting and stopping a relay may take: synthesis alone takes seconds where others use the machine too. */
export const HOOK_TIMEOUT_MS = 60_000;

/** Leases that end within seconds after a lost answer; the simulator commits at once or never. */
export const restsBriefly: NonNullable<RelayOptions['overrides']> = {
  deliverTimeoutSeconds: '15',
  visibilityTimeoutSeconds: '91',
  hubspotTimeoutMs: '2000',
  hubspotLongestCommitSeconds: '1',
};

/** Settings of a relay that delivers each message as it comes, for tests in which nothing is to be gathered. */
export const atOnce: NonNullable<RelayOptions['overrides']> = { batchSize: '10', batchWindowSeconds: '0' };

/** Starts a relay and its simulator on free ports. */
export async function startTestRelay(options: Omit<RelayOptions, 'port' | 'hubspot'> = {}): Promise<TestRelay> {
  const relay = await startRelay({ apiKey: testApiKey, ...options });
  if (relay.simulatorUrl === undefined) throw new Error('the relay started without its simulator');
  const queues = createRelayQueues(relay);
  const simulator = createSimulatorControl(relay.simulatorUrl);
  // What a start asks HubSpot for, the portal's definitions, is no test's business.
  await simulator.forgetStatistics();
  return {
    relay,
    queues,
    client: createRelayClient(relay.url, options.apiKey ?? testApiKey),
    simulator,
    stop: async () => {
      queues.close();
      await relay.stop();
    },
  };
}
