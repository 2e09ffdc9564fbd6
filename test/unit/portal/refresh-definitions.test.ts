import { beforeEach, describe, expect, test } from '@jest/globals';
import { createHubSpotCore, type HubSpotCore } from '../../../infra/local/hubspot/core/core.ts';
import type { HubSpotAnswer, HubSpotRequest } from '../../../lib/hubspot/hubspot-answer.ts';
import { type RefreshPorts, refreshDefinitions } from '../../../lib/portal/refresh-definitions.ts';
import { after, type EpochMs, minutes, seconds } from '../../../lib/runtime/units.ts';
import { NOON } from '../../support/a-contact-write.ts';
import { coreHubSpotClient } from '../../support/core-hubspot-client.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import {
  createInMemoryDefinitionsStore,
  type InMemoryDefinitionsStore,
} from '../../support/in-memory-definitions-store.ts';
import { thePortal } from '../../support/portal-definitions.ts';
import { createRecordingLog, type RecordingLog } from '../../support/recording-log.ts';

const LISTS = ['non_sensitive', 'sensitive', 'highly_sensitive'];

let core: HubSpotCore;
let store: InMemoryDefinitionsStore;
let clock: FakeClock;
let log: RecordingLog;
let asked: HubSpotRequest[];
let slots: EpochMs[];
/** What HubSpot answers in place of the simulator, by a part of the path. */
let instead: Record<string, HubSpotAnswer>;
let ports: RefreshPorts;

beforeEach(() => {
  clock = createFakeClock(NOON);
  core = createHubSpotCore({ now: () => clock.now(), random: () => 0.5 });
  store = createInMemoryDefinitionsStore();
  log = createRecordingLog();
  asked = [];
  slots = [];
  instead = {};
  const simulator = coreHubSpotClient(core);
  ports = {
    store,
    clock,
    log,
    apiVersion: 'v3',
    timeout: seconds(10),
    freshFor: minutes(5),
    pace: {
      take: async (deadline) => {
        slots.push(deadline);
        return true;
      },
    },
    hubspot: {
      call: async (request, timeout) => {
        asked.push(request);
        const [, other] = Object.entries(instead).find(([part]) => request.path.endsWith(part)) ?? [];
        return other ?? simulator.call(request, timeout);
      },
    },
  };
});

const answered = (status: number, body: unknown = {}): HubSpotAnswer => ({ kind: 'answered', status, body });

describe('refreshing the definitions', () => {
  test('stores what HubSpot says, each list for a slot of the pace', async () => {
    expect(await refreshDefinitions(ports)).toBe('refreshed');
    expect(await store.read()).toEqual(thePortal());
    expect(asked).toEqual(
      LISTS.map((kind) => ({
        method: 'GET',
        path: `/crm/v3/properties/contacts?archived=false&dataSensitivity=${kind}`,
      })),
    );
    expect(slots).toEqual(Array(3).fill(after(NOON, seconds(5))));
  });

  test('asks by the dated path where the relay speaks a dated version', async () => {
    expect(await refreshDefinitions({ ...ports, apiVersion: '2026-03' })).toBe('refreshed');
    expect(asked[0]?.path).toMatch(/^\/crm\/properties\/2026-03\/contacts\?/);
    expect(await store.read()).toEqual(thePortal());
  });

  test('adds sensitive properties, which HubSpot lists by themselves', async () => {
    instead['=sensitive'] = answered(200, { results: [{ name: 'passport_number', type: 'string' }] });
    expect(await refreshDefinitions(ports)).toBe('refreshed');
    expect((await store.read())?.properties.has('passport_number')).toBe(true);
    expect((await store.read())?.properties.has('email')).toBe(true);
  });

  test.each([400, 403, 404])('goes without sensitive properties that HubSpot does not show (%d)', async (status) => {
    instead['=highly_sensitive'] = answered(status);
    expect(await refreshDefinitions(ports)).toBe('refreshed');
    expect(await store.read()).toEqual(thePortal());
  });

  test.each<readonly [string, string, HubSpotAnswer]>([
    ['is down', '=non_sensitive', answered(503)],
    ['does not take the token', '=non_sensitive', answered(401)],
    ['does not give the scope', '=non_sensitive', answered(403)],
    ['answers something else', '=non_sensitive', answered(200, { results: 'none' })],
    ['answers half', '=sensitive', answered(500)],
    ['does not answer', '=non_sensitive', { kind: 'unanswered', cause: 'TimeoutError' }],
    ['cannot be reached', '=non_sensitive', { kind: 'unsent', cause: 'ECONNREFUSED' }],
  ])('keeps what there is when HubSpot %s, and tries again', async (_, part, answer) => {
    await refreshDefinitions(ports);
    clock.advance(minutes(4));
    instead[part] = answer;
    expect(await refreshDefinitions(ports)).toBe('failed');
    expect(await store.read()).toEqual(thePortal());
    expect(log.events.map(({ event }) => event)).toContain('definitions-unread');
    instead = {};
    clock.advance(minutes(1));
    expect(await refreshDefinitions(ports)).toBe('refreshed');
    expect(await store.read()).toEqual(thePortal({}, clock.now()));
  });

  test('F1: calls nobody without a slot of the pace', async () => {
    expect(await refreshDefinitions({ ...ports, pace: { take: async () => false } })).toBe('failed');
    expect(asked).toEqual([]);
  });

  test('calls nobody when the store cannot be reached, and says so without throwing', async () => {
    store.fault = new Error('the store is away');
    expect(await refreshDefinitions(ports)).toBe('failed');
    expect(asked).toEqual([]);
    expect(log.events).toMatchObject([{ event: 'definitions-refresh-failed' }]);
  });

  test('happens once in four minutes, with a tick a minute', async () => {
    const results: string[] = [];
    for (let minute = 0; minute <= 8; minute += 1) {
      results.push(await refreshDefinitions(ports));
      clock.advance(minutes(1));
    }
    expect(results.map((result) => result === 'refreshed')).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => n % 4 === 0),
    );
    expect(asked).toHaveLength(9);
  });

  test('happens at the next tick for a wish', async () => {
    await refreshDefinitions(ports);
    clock.advance(seconds(20));
    await store.wish(clock.now());
    clock.advance(seconds(40));
    expect(await refreshDefinitions(ports)).toBe('refreshed');
    clock.advance(minutes(1));
    expect(await refreshDefinitions(ports)).toBe('not-due');
  });

  test('is one’s work when two are at it', async () => {
    const results = await Promise.all([refreshDefinitions(ports), refreshDefinitions(ports)]);
    expect([...results].sort()).toEqual(['not-due', 'refreshed']);
    expect(asked).toHaveLength(3);
  });
});
