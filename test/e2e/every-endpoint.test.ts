import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type HubSpotSimulator, startHubSpotSimulator } from '../../infra/local/hubspot/server.ts';
import { type RunningRelay, startRelay } from '../../infra/local/run-relay.ts';
import { provisionProperty } from '../../infra/provision-property.ts';
import { parseContactRoute } from '../../lib/accept/contact-route.ts';
import { classifyRequest } from '../../lib/forward/classify-request.ts';
import { atOnce, HOOK_TIMEOUT_MS, testApiKey } from '../support/running-relay.ts';
import { associationProbes } from './endpoints/association-probes.ts';
import { callerAt } from './endpoints/caller.ts';
import { seenOf, underRemarks } from './endpoints/compare-answers.ts';
import { contactBatchChangeProbes } from './endpoints/contact-batch-change-probes.ts';
import { contactBatchProbes } from './endpoints/contact-batch-probes.ts';
import { contactProbes } from './endpoints/contact-probes.ts';
import { endpointOf, readEndpointTable } from './endpoints/endpoint-table.ts';
import type { Case, Probes } from './endpoints/probe.ts';
import { propertyProbes } from './endpoints/property-probes.ts';
import { type Exchange, openRecordingDoor, type RecordingDoor } from './endpoints/recording-door.ts';
import { type Remark, remarks } from './endpoints/remarks.ts';
import { UNIQUE } from './endpoints/unique-property.ts';

const TEST_TIMEOUT_MS = 120_000;
const TOKEN = 'token-of-a-portal';
/** What would come between a call and its answer, and is not what is compared. */
const unhurried = { limit: 100_000, searchesPerSecond: 1_000, associationLimit: 100_000, searchLagMs: 0 };

const probes: Probes = {
  ...contactProbes,
  ...contactBatchProbes,
  ...contactBatchChangeProbes,
  ...associationProbes,
  ...propertyProbes,
};
const endpoints = Object.keys(probes);
const { rows, explained } = readEndpointTable();
const rowOf = (endpoint: string) => rows.find((row) => row.endpoint === endpoint);

test('every row of the README’s table has its probe, and every probe its row, each once', () => {
  expect(rows.map(({ endpoint }) => endpoint).sort()).toEqual([...endpoints].sort());
});

test('every remark of the table is explained, asserted, and used', () => {
  const used = new Set(rows.flatMap(({ remarks: given }) => given));
  expect([...used].sort()).toEqual(Object.keys(remarks).sort());
  expect([...explained].sort()).toEqual(Object.keys(remarks).sort());
});

test.each(rows)('$endpoint is $treatment, as the table says', ({ endpoint, treatment, remarks: given }) => {
  const [method = '', template = ''] = endpoint.split(' ');
  const path = template.replaceAll(/\{\w+\}/g, '1');
  const lanes = { main: 'forwarded', search: 'forwarded, searches', associations: 'forwarded, associations' };
  const isQueued = parseContactRoute(method, path) !== undefined;
  expect(treatment).toBe(isQueued ? 'queued' : lanes[classifyRequest(method, path).lane]);
  const asserted = new Set((probes[endpoint] ?? []).flatMap(({ differs = [] }) => differs));
  expect([...asserted].sort()).toEqual([...given].sort());
});

/** The versions crossed: whoever asks speaks another one than the relay does. */
describe.each([
  { asked: 'v3', spoken: '2026-09' },
  { asked: '2026-09', spoken: 'v3', contactWarnings: 'empty' as const },
])('asked in $asked, a relay that speaks $spoken answers on /sync as HubSpot does', ({ asked, spoken, ...more }) => {
  let portals: readonly [HubSpotSimulator, HubSpotSimulator];
  let relay: RunningRelay;
  let direct: RecordingDoor;
  let relayed: RecordingDoor;
  let turn = 0;
  const statuses = new Map<string, Set<number>>();

  beforeAll(async () => {
    const settings = { token: TOKEN, ...unhurried, ...more };
    const own = await startHubSpotSimulator({ settings });
    portals = [own, await startHubSpotSimulator({ settings })];
    for (const { url } of portals) await provisionProperty({ property: UNIQUE, baseUrl: url, token: TOKEN });
    const overrides = { ...atOnce, hubspotApiVersion: spoken, definitionsFreshMinutes: '60', gdprDelete: 'on' };
    relay = await startRelay({ apiKey: testApiKey, overrides, hubspot: { baseUrl: own.url, token: TOKEN } });
    direct = await openRecordingDoor(portals[1].url, (path) => inVersion(path, asked));
    relayed = await openRecordingDoor(`${relay.url}/sync`, (path) => inVersion(path, asked));
  }, HOOK_TIMEOUT_MS);

  afterAll(async () => {
    await Promise.all([direct.close(), relayed.close()]);
    await relay.stop();
    await Promise.all(portals.map((portal) => portal.close()));
  }, HOOK_TIMEOUT_MS);

  const cases = endpoints.flatMap((endpoint) =>
    (probes[endpoint] ?? []).map((each) => [endpoint, each.title, each] as const),
  );

  test.each(cases)(
    '%s: %s',
    async (endpoint, _, probe) => {
      turn += 1;
      const [hubspot, ours] = await Promise.all([
        exchangesOf(probe, endpoint, direct, TOKEN),
        exchangesOf(probe, endpoint, relayed, testApiKey),
      ]);
      expect(hubspot.length).toBeGreaterThan(0);
      for (const { status } of ours) statuses.set(endpoint, (statuses.get(endpoint) ?? new Set()).add(status));
      expectTheSame(hubspot, ours, probe.differs ?? []);
      const isForwarded = rowOf(endpoint)?.treatment !== 'queued';
      for (const { headers } of ours) expect(headers.has('x-hubspot-correlation-id')).toBe(isForwarded);
    },
    TEST_TIMEOUT_MS,
  );

  test('with every status that the table has, and no other', () => {
    const seen = endpoints.map((endpoint) => [endpoint, [...(statuses.get(endpoint) ?? [])].sort()]);
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(rows.map((row) => [row.endpoint, row.statuses])));
  });

  /** What a case asked of the endpoint that it is about. */
  async function exchangesOf(probe: Case, endpoint: string, door: RecordingDoor, token: string) {
    await probe.run(callerAt(door, token, turn));
    return door.take().filter(({ method, path }) => endpointOf(endpoints, method, path) === endpoint);
  }
});

/** Equal under all remarks of the case, and not equal without any one of them: a remark that says nothing any more has to go. */
function expectTheSame(hubspot: readonly Exchange[], relay: readonly Exchange[], given: readonly Remark[]): void {
  const [expected, seen] = [seenOf(hubspot), seenOf(relay)];
  expect(seen).toHaveLength(expected.length);
  const compare = (applied: readonly Remark[]) => {
    const both = expected.flatMap((each, index) => {
      const ours = seen[index];
      return ours === undefined ? [] : [underRemarks(each, ours, applied)];
    });
    return { hubspot: both.map((each) => each.hubspot), relay: both.map((each) => each.relay) };
  };
  const common = compare(given);
  expect(common.relay).toEqual(common.hubspot);
  for (const remark of given) {
    const without = compare(given.filter((each) => each !== remark));
    expect(without.relay).not.toEqual(without.hubspot);
  }
}

/** The path of v3, or v4, in another version; v3's batches of associations have no dated form. */
function inVersion(path: string, version: string): string {
  if (version === 'v3') return path;
  return path
    .replace(/^\/crm\/v[34]\/objects\//, `/crm/objects/${version}/`)
    .replace(/^\/crm\/v4\/associations\//, `/crm/associations/${version}/`)
    .replace(/^\/crm\/v3\/properties\//, `/crm/properties/${version}/`);
}
